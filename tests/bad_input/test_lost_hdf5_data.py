"""HDF5 files that are damaged in the middle of a training: an error, a snapshot, and an exact continuation."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from mycaffe_plugins.data import HDF5Data

from .conftest import assert_explained

NET = """\
name: "n"
layer { name: "data" type: "HDF5Data" top: "x" top: "y" include { phase: TRAIN }
  hdf5_data_param { source: "%s/files.txt" batch_size: 3 shuffle: true } data_param { prefetch: 1 } }
layer { name: "drop" type: "Dropout" bottom: "x" top: "kept" }
layer { name: "ip" type: "InnerProduct" bottom: "kept" top: "ip"
  inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "y" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" base_lr: 0.01 momentum: 0.9 lr_policy: "fixed" max_iter: 30 random_seed: 3\n'
TRAIN = ("train", "--solver", "sgd.prototxt", "--device", "cpu")


@pytest.fixture
def folder(bench):
    rng = np.random.default_rng(1)
    for name in ("a.h5", "b.h5"):
        with h5py.File(bench.folder / name, "w") as file:
            file.create_dataset(
                "x", data=rng.normal(size=(20, 4)), compression="gzip", fletcher32=True
            )
            file["y"] = np.arange(20) % 6
    bench.write("files.txt", "a.h5\nb.h5\n")
    bench.write("net.prototxt", NET % bench.folder)
    bench.write("sgd.prototxt", SOLVER)
    return bench


def cut(path, whole):
    path.write_bytes(whole[: len(whole) // 2])


def damage(path, whole):
    with h5py.File(path) as file:
        at = file["x"].id.get_chunk_info(0).byte_offset
    path.write_bytes(whole[: at + 9] + bytes([whole[at + 9] ^ 4]) + whole[at + 10 :])


def vanish(path, whole):
    path.unlink()


@pytest.mark.parametrize(
    ("act", "words"),
    [(cut, "cannot be read as an HDF5 file"), (damage, 'b.h5: dataset "/x" '), (vanish, "b.h5")],
)
def test_a_training_goes_on_where_its_file_was_lost(folder, monkeypatch, act, words):
    assert folder.mycaffe(*TRAIN).exit_code == 0
    path = folder.folder / "b.h5"
    whole = path.read_bytes()
    inner, read = HDF5Data._read, []

    def reading(self, file):
        read.append(file)
        if read.count(1) == 2 and path.exists() and path.read_bytes() == whole:
            act(path, whole)
        return inner(self, file)

    with monkeypatch.context() as patch:
        patch.setattr(HDF5Data, "_read", reading)
        result = folder.mycaffe(*TRAIN)
    assert result.exit_code == 2
    assert_explained(result.stderr, 2, ['layer "data" (HDF5Data): ', words])
    path.write_bytes(whole)
    result = folder.mycaffe("train", "--resume", "runs/n/002", "--device", "cpu")
    assert result.exit_code == 0, result.output
    last = [
        (folder.folder / f"runs/n/{run}/last.caffemodel").read_bytes() for run in ("001", "003")
    ]
    assert last[0] == last[1]
