"""A model or solver file that names a place outside the current folder for what is written."""

from __future__ import annotations

import os

import pytest

from mycaffe_py import get_solver

from .conftest import TRAIN

MODEL = """\
name: "Out"
layer {{
  name: "d" type: "DummyData" top: "x" top: "y"
  dummy_data_param {{ shape {{ dim: 2 dim: 3 }} shape {{ dim: 2 dim: 1 }} }}
}}
layer {{ name: "ip" type: "InnerProduct" bottom: "x" top: "z" inner_product_param {{ num_output: 1 }} }}
layer {{ name: "out" type: "HDF5Output" bottom: "z" bottom: "y" hdf5_output_param {{ file_name: "{output}" }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "z" bottom: "y" top: "loss" }}
"""
SOLVER = """\
net: "model.prototxt"
type: "SGD"
base_lr: 0.1
lr_policy: "fixed"
max_iter: 2
snapshot: 1
snapshot_prefix: "{prefix}"
"""
TYPED = {
    "output": ("out.hdf5_output_param.file_name", "{there}/o.h5"),
    "prefix": ("solver.snapshot_prefix", "{there}/lenet_train"),
}


@pytest.fixture
def named(bench, tmp_path):
    """Write both files with names below the folder, but for those given; return what is outside."""
    there = tmp_path / "there"
    there.mkdir()
    here = tmp_path / "here"
    here.mkdir()
    os.chdir(here)

    def write(output="o.h5", prefix="lenet_train"):
        for name, text in (("model", MODEL), ("solver", SOLVER)):
            text = text.format(output=output.format(there=there), prefix=prefix.format(there=there))
            (here / f"{name}.prototxt").write_text(text)
        return there

    return write


TRUST = "if you trust this file, add --allow-outside"
SAID = {
    "output": [
        *("error[E220] model.prototxt:7:", 'layer "out" (HDF5Output): "'),
        *('/o.h5" leads out of the current folder', TRUST),
    ],
    "prefix": [
        *("error[E250] solver.prototxt:7:18:", 'snapshot_prefix "'),
        *('" leads out of the current folder', "write --set snapshot_prefix=lenet_train", TRUST),
    ],
}


@pytest.mark.parametrize("what", TYPED)
@pytest.mark.parametrize("verb", ["train", "check"])
def test_a_file_does_not_choose_a_place_outside(bench, named, what, verb):
    there = named(**{what: TYPED[what][1]})
    arguments = TRAIN if verb == "train" else ("check", "solver.prototxt")
    bench.refuses(arguments, 2, SAID[what])
    assert os.listdir(there) == [] and not os.path.exists("runs")


@pytest.mark.parametrize("what", TYPED)
@pytest.mark.parametrize("how", ["option", "variable", "typed"])
def test_the_user_does(bench, named, monkeypatch, what, how):
    key, value = TYPED[what]
    there = named(**({} if how == "typed" else {what: value}))
    more = []
    if how == "option":
        more = ["--allow-outside"]
    elif how == "variable":
        monkeypatch.setenv("MYCAFFE_ALLOW_OUTSIDE", "1")
    else:
        more = ["--set", f'{key}="{value.format(there=there)}"']
    result = bench.mycaffe(*TRAIN, *more)
    assert result.exit_code == 0, result.stderr
    assert len(os.listdir(there)) == (1 if what == "output" else 4)


def test_a_script_does(bench, named):
    there = named(output="{there}/o.h5", prefix="{there}/s")
    get_solver("solver.prototxt").solve()
    assert len(os.listdir(there)) == 5


def test_what_only_reads_does_not_mind_where_snapshots_go(bench, named):
    there = named()
    assert bench.mycaffe(*TRAIN).exit_code == 0
    text = SOLVER.format(prefix=f"{there}/s")
    (bench.folder / "here" / "runs" / "Out" / "001" / "solver.prototxt").write_text(text)
    for verb in (["test", "--weights", "runs/Out/001"], ["draw", "model.prototxt"], ["runs"]):
        result = bench.mycaffe(*verb)
        assert result.exit_code == 0, result.stderr


@pytest.mark.posix
def test_a_link_that_lies_ready_is_not_followed(bench, named):
    """A verb chooses a free name itself; one that leads nowhere is not free."""
    there = named()
    os.symlink(there / "precious", "model.svg")
    result = bench.mycaffe("draw", "model.prototxt")
    assert result.exit_code == 0 and result.stdout == "model-2.svg\n"
    assert os.listdir(there) == []


def test_the_run_folder_that_the_user_names_is_no_place_outside(bench, named):
    there = named(output="{there}/run/o.h5")
    (there / "run").mkdir()
    result = bench.mycaffe(*TRAIN, "--run-dir", there / "run")
    assert result.exit_code == 0, result.stderr
    assert (there / "run" / "o.h5").exists()
