"""Data that can no longer be read in the middle of a training: an error, a snapshot, and an exact continuation."""

from __future__ import annotations

import os
import shutil

import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.stores import Records

from ..storing import images, write_database, write_images
from .conftest import assert_explained

NET = """\
name: "n"
layer { name: "data" type: "Data" top: "x" top: "y" include { phase: TRAIN }
  data_param { source: "%s/db" batch_size: 3 prefetch: 1 } transform_param { mirror: true scale: 0.004 } }
layer { name: "data" type: "Data" top: "x" top: "y" include { phase: TEST }
  data_param { source: "%s/tests" batch_size: 3 prefetch: 1 } }
layer { name: "drop" type: "Dropout" bottom: "x" top: "kept" }
layer { name: "ip" type: "InnerProduct" bottom: "kept" top: "ip"
  inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "y" top: "loss" }
"""
SOLVER = (
    'net: "net.prototxt" base_lr: 0.01 momentum: 0.9 lr_policy: "fixed" max_iter: 30 random_seed: 3 '
    "test_iter: 2 test_interval: 4\n"
)
TRAIN = ("train", "--solver", "sgd.prototxt", "--device", "cpu")


@pytest.fixture
def folder(bench):
    values = images(60, (3, 12, 12))
    write_database(bench.folder / "db", values, [n % 6 for n in range(60)])
    write_database(bench.folder / "tests", values[:20], [n % 6 for n in range(20)])
    bench.write("net.prototxt", NET % (bench.folder, bench.folder))
    bench.write("sgd.prototxt", SOLVER)
    return bench


def weights(bench, run):
    return (bench.folder / "runs" / "n" / run / "last.caffemodel").read_bytes()


def at_record(monkeypatch, file, number, act):
    """Call ``act(file)`` just before a record of the database in ``file`` is read, once."""
    inner, done = Records.read, []

    def read(self, index):
        if not done and index == number and self._path == file.parent:
            done.append(act(file))
        return inner(self, index)

    monkeypatch.setattr(Records, "read", read)
    return done


def cut(file):
    os.truncate(file, 3 * 4096 + 7)


def damage(file):
    """Make every page from the third on one of noise."""
    size = os.path.getsize(file)
    with open(file, "r+b") as data:
        data.seek(3 * 4096)
        data.write(b"\xa5" * (size - 3 * 4096))


def rewrite(file):
    shutil.copyfile(file.parent.parent / "tests" / "data.mdb", file)


HARM = {"cut": (cut, "is cut short"), "damaged": (damage, "is damaged: page"),
        "rewritten": (rewrite, "LMDB database")}  # fmt: skip


@pytest.mark.parametrize("kind", HARM)
def test_a_training_goes_on_where_its_data_were_lost(folder, monkeypatch, kind):
    act, words = HARM[kind]
    assert folder.mycaffe(*TRAIN).exit_code == 0
    data = folder.folder / "db" / "data.mdb"
    whole = data.read_bytes()
    with monkeypatch.context() as patch:
        done = at_record(patch, data, 41, act)
        result = folder.mycaffe(*TRAIN)
    assert done and result.exit_code == 2
    assert_explained(result.stderr, 2, ['layer "data" (Data): record', words])
    assert "not a consistent state" not in result.stderr
    data.write_bytes(whole)
    assert len(list((folder.folder / "runs/n/002").glob("n_iter_*.solverstate"))) == 1
    assert resumed_exactly(folder)


def resumed_exactly(folder):
    """Whether a second run that failed, and its continuation, give what the first run gave."""
    result = folder.mycaffe("train", "--resume", "runs/n/002", "--device", "cpu")
    assert result.exit_code == 0, result.output
    return weights(folder, "003") == weights(folder, "001")


def test_data_of_a_test_that_were_lost(folder, monkeypatch):
    assert folder.mycaffe(*TRAIN).exit_code == 0
    data = folder.folder / "tests" / "data.mdb"
    whole = data.read_bytes()
    with monkeypatch.context() as patch:
        done = at_record(patch, data, 14, cut)
        result = folder.mycaffe(*TRAIN)
    assert done and result.exit_code == 2
    assert_explained(result.stderr, 2, ['layer "data" (Data): record', "is cut short"])
    data.write_bytes(whole)
    assert resumed_exactly(folder)


def test_an_image_of_a_second_layer(folder):
    """The first layer has its batch already, and keeps it for the continuation."""
    write_images(folder.folder, images(60, (3, 12, 12), seed=1))
    source = f'source: "{folder.folder}/list.txt" root_folder: "{folder.folder}/" batch_size: 2'
    more = (
        f'layer {{ name: "more" type: "ImageData" top: "z" top: "w" image_data_param {{ {source} }} }} '
        'layer { name: "s" type: "Silence" bottom: "z" bottom: "w" }'
    )
    folder.write("net.prototxt", NET % (folder.folder, folder.folder) + more)
    assert folder.mycaffe(*TRAIN).exit_code == 0
    image = folder.folder / "37.png"
    whole = image.read_bytes()
    image.write_bytes(whole[:40])
    result = folder.mycaffe(*TRAIN)
    assert result.exit_code == 2
    assert_explained(result.stderr, 2, ['layer "more" (ImageData): line 38 of', "37.png"])
    image.write_bytes(whole)
    assert resumed_exactly(folder)


def test_several_passes_an_update(folder, monkeypatch):
    """A later pass of an update cannot be undone: the error says which snapshot there is."""
    folder.write("sgd.prototxt", SOLVER + "iter_size: 2 snapshot: 5")

    def lose(file):
        raise DataError("lost")

    at_record(monkeypatch, folder.folder / "db" / "data.mdb", 45, lose)
    result = folder.mycaffe(*TRAIN)
    assert result.exit_code == 2
    assert_explained(result.stderr, 2, ["record 45: lost", "the latest snapshot is iteration 5"])
