"""What layers warn of reaches people: on the terminal, in the log of a run, and from Python."""

from __future__ import annotations

import warnings

import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.cli.shown_warnings import showing_warnings
from mycaffe_py.errors import MyCaffeWarning
from mycaffe_py.plugins import load_registry

PLUGIN = '''
"""A layer for tests."""

from mycaffe_py import Layer, hookimpl


class Wary(Layer):
    """Takes the mean over x, takes tt to be time spans, and warns at each forward pass."""

    type = "Wary"
    exact_num_bottom_blobs = 2

    def setup(self, bottom, top):
        self.add_blob((1,), None, "weight")

    def reshape(self, bottom, top):
        top[0].reshape(bottom[0].shape[0], 1)

    def forward(self, bottom, top):
        self.warn(f'bottom "{bottom[0].name}" is odd')
        top[0].data[...] = bottom[0].data.mean() + self.blobs[0].data

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[...] += top[0].diff.sum()

    def time_form(self, bottom_index):
        return "spans" if bottom_index == 1 else None


@hookimpl
def mycaffe_layers():
    return [Wary]
'''
NET = """
name: "Wary"
layer {
  name: "data" type: "Input" top: "x" top: "tt" top: "target"
  input_param { shape { dim: 1 dim: 3 dim: 1 } shape { dim: 1 dim: 3 } shape { dim: 1 dim: 1 } }
}
layer { name: "one" type: "Wary" bottom: "x" bottom: "tt" top: "xhat" }
layer { name: "two" type: "Wary" bottom: "x" bottom: "tt" top: "unused" }
layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }
layer { name: "end" type: "Silence" bottom: "unused" }
"""
SOLVER = """
net: "wary.prototxt" type: "SGD" base_lr: 0.01 lr_policy: "fixed" max_iter: 2
trainer { type: "RNN.SUPER_SIMPLE" gym { type: "Curve" curve_param { time: TIME } } }
"""
ODD = 'layer "one" (Wary): bottom "x" is odd'
MISMATCH = (
    'layer "one" (Wary): bottom "tt" should be time spans, each since the previous step, but gym Curve '
    "fills it with absolute times; change the time setting of the layer or of the gym"
)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write plugin, net and solver; ``files("DELTA")`` sets the gym's time."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wary.py").write_text(PLUGIN)
    (tmp_path / "wary.prototxt").write_text(NET)

    def write(time):
        (tmp_path / "solver.prototxt").write_text(SOLVER.replace("TIME", time))
        return tmp_path / "solver.prototxt"

    return write


@pytest.fixture
def wary(start, files):
    """Run a verb with the plugin in a process, as warnings are shown by the command as a whole."""

    def run(verb, *arguments, time="DELTA"):
        files(time)
        process = start(verb, *arguments, "--plugin", "wary.py")
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    return run


def test_a_run_logs_them(wary):
    code, _, err = wary("train", "--solver", "solver.prototxt", "--seed", "1")
    assert code == 0, err
    assert err.count(f"mycaffe] warning: {ODD}") == 2
    assert "MyCaffeWarning" not in err and "should be" not in err


def test_other_verbs_print_them(wary):
    code, out, err = wary("check", "solver.prototxt", time="ABSOLUTE")
    assert code == 0 and out.startswith("ok solver.prototxt")
    assert err.splitlines()[:2] == [
        f"warning: {MISMATCH}",
        f"warning: {MISMATCH.replace('one', 'two')}",
    ]


@pytest.mark.parametrize("time", ["DELTA", pytest.param("UNIT", marks=pytest.mark.slow)])
def test_a_gym_that_fits_is_fine(wary, time):
    assert "warning" not in wary("check", "solver.prototxt", time=time)[2]


def test_from_python_they_are_warnings(files):
    registry = load_registry(["wary.py"])
    training = build_training(solver=files("DELTA"), registry=registry, seed=1)
    with pytest.warns(MyCaffeWarning) as caught:
        training.solver.step(1)
    assert [str(one.message) for one in caught] == [ODD, ODD.replace("one", "two")]


def test_what_others_warn_of_stays(capsys):
    with pytest.warns(UserWarning, match="other"), showing_warnings():
        warnings.simplefilter("always")
        warnings.warn("other", UserWarning, stacklevel=1)
        warnings.warn("ours", MyCaffeWarning, stacklevel=1)
    assert capsys.readouterr().err == "warning: ours\n"
