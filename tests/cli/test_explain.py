from __future__ import annotations

import shutil
import sys

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app

from .conftest import SMALL

PICTURES = ["cfc1_states.png", "cfc1_time_constants.png"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    run = ("--iterations", "2", "--seed", "1", "--run-dir", str(folder), "--device", "cpu")
    result = CliRunner().invoke(app, ["train", *SMALL, *run])
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def run_folder(trained, tmp_path):
    """Put a run folder into the current one."""
    return shutil.copytree(trained, tmp_path / "run")


def is_picture(path):
    return path.read_bytes().startswith(b"\x89PNG")


def test_a_run_folder_is_enough(mycaffe, run_folder, painted):
    result = mycaffe("explain", "--weights", "run")
    said = "weights run/best.caffemodel  seed 1 (the run's)\n"
    assert (result.exit_code, result.stderr) == (0, said)
    assert result.stdout.splitlines() == [f"run/{name}" for name in PICTURES]
    assert all(is_picture(run_folder / name) for name in PICTURES)


def test_a_layer_a_file_and_a_folder(mycaffe, run_folder, tmp_path):
    weights = ("--weights", "run/last.caffemodel")
    result = mycaffe("explain", "cfc1", *weights, "-out", "a/b", "--iterations", 3, "--seed", 1)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [f"a/b/{name}" for name in PICTURES]
    assert all(is_picture(tmp_path / "a" / "b" / name) for name in PICTURES)


def test_model_and_solver_from_elsewhere(mycaffe, run_folder, tmp_path):
    shutil.copy(run_folder / "last.caffemodel", tmp_path / "w.caffemodel")
    result = mycaffe("explain", *SMALL, "--weights", "w.caffemodel", "--dtype", "float64")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == PICTURES


def test_weights_alone_are_not_enough(mycaffe, run_folder, tmp_path):
    shutil.copy(run_folder / "last.caffemodel", tmp_path / "w.caffemodel")
    result = mycaffe("explain", "--weights", "w.caffemodel")
    assert result.exit_code == 2
    assert "no model.prototxt or solver.prototxt beside the weights" in result.stderr
    (tmp_path / "model.prototxt").write_bytes((run_folder / "model.prototxt").read_bytes())
    result = mycaffe("explain", "--weights", "w.caffemodel")
    assert result.exit_code == 2
    assert "nothing fills the inputs x, tt, mask, target" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "needs trained weights"),
        (("run",), 2, "write --weights run"),
        (("--weights", "empty"), 3, "no weights in empty"),
        (("--weights", "gone.caffemodel", "--model", "run/model.prototxt"), 3, "gone.caffemodel"),
        (("cfc2", "--weights", "run"), 2, 'no layer "cfc2"'),
        (("cfc2", "--weights", "run"), 2, 'did you mean "cfc1"?'),
        (("x" * 20, "--weights", "run"), 2, "layers that can be explained: cfc1"),
        (("loss", "--weights", "run"), 2, 'layer "loss" (MEAN_ERROR_LOSS) has nothing to explain'),
        (("--weights", "run", "--out", "run/run.json"), 2, "run.json"),
    ],
)
def test_mistakes(mycaffe, run_folder, tmp_path, arguments, code, words):
    (tmp_path / "empty").mkdir()
    result = mycaffe("explain", *arguments)
    assert result.exit_code == code
    assert words in result.stderr


TWO = """
name: "Two"
layer { name: "data" type: "Counting" top: "x" top: "y" }
layer { name: "tt" type: "DummyData" top: "tt" dummy_data_param { shape { dim: 4 dim: 1 } } }
layer { name: "first" type: "CFC" bottom: "x" bottom: "tt" top: "a" cfc_param { hidden_size: 3 output_features: 1 } }
layer { name: "on/off" type: "CFC" bottom: "x" bottom: "tt" top: "b" cfc_param { hidden_size: 9 output_features: 2 } }
layer { name: "end" type: "Silence" bottom: "a" bottom: "b" bottom: "y" }
"""


@pytest.fixture
def two(data_net, tmp_path, registry):
    """A net of two liquid layers with a data layer, and its weights."""
    from mycaffe_py.net import Net
    from mycaffe_py.plugins import load_registry

    (tmp_path / "two.prototxt").write_text(TWO)
    net = Net(
        str(tmp_path / "two.prototxt"), registry=load_registry([str(tmp_path / "counting.py")])
    )
    net.save(tmp_path / "two.caffemodel")
    return "--model", "two.prototxt", "--weights", "two.caffemodel", "--plugin", "counting.py"


def test_of_several_layers_one_must_be_named(mycaffe, two):
    result = mycaffe("explain", *two)
    assert result.exit_code == 2
    assert "name one of them: first, on/off" in result.stderr


def test_data_layers_give_the_input(mycaffe, two, tmp_path):
    result = mycaffe("explain", "on/off", *two)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == ["on_off_states.png", "on_off_time_constants.png"]


def test_a_net_without_such_a_layer(mycaffe, data_net, tmp_path):
    from mycaffe_py.net import Net
    from mycaffe_py.plugins import load_registry

    net = Net(
        str(tmp_path / "line.prototxt"), registry=load_registry([str(tmp_path / "counting.py")])
    )
    net.save(tmp_path / "line.caffemodel")
    given = ("--model", "line.prototxt", "--weights", "line.caffemodel", "--plugin", "counting.py")
    result = mycaffe("explain", *given)
    assert result.exit_code == 2
    assert 'net "Line" has no layer that can be explained' in result.stderr


def test_without_matplotlib(mycaffe, run_folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = mycaffe("explain", "--weights", "run")
    assert result.exit_code == 3
    assert 'pip install "mycaffe-py[plot]"' in result.stderr
