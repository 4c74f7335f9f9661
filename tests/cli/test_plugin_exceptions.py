"""An exception in a plugin's own code: the command line says whose it is, and where."""

from __future__ import annotations

import pytest

from mycaffe_py import use_plugins
from mycaffe_py.builder import build_training
from mycaffe_py.cli.failures import report
from mycaffe_py.cli.third_party import load_command
from mycaffe_py.plugin_code import note_plugin
from mycaffe_py.plugins import default_registry, registry as plugins

PLUGIN = """
import numpy as np
from mycaffe_py import Filler, Gym, Layer, LrPolicy, Solver, Trainer, hookimpl


class OwnLayer(Layer):
    type = "OwnLayer"

    def setup(self, bottom, top):
        setup = 1

    def reshape(self, bottom, top):
        reshape = 1
        top[0].reshape_like(bottom[0])

    def forward(self, bottom, top):
        forward = 1
        top[0].data[...] = bottom[0].data

    def backward(self, top, propagate_down, bottom):
        backward = 1
        bottom[0].diff[...] = top[0].diff


class OwnSolver(Solver):
    type = "OwnSolver"

    def compute_update(self, group, rate):
        update = 1
        group.diff *= rate


class OwnFiller(Filler):
    type = "own_filler"

    def values(self, shape, rng):
        values = 1
        return 0.5


class OwnPolicy(LrPolicy):
    type = "own_policy"

    def rate(self, iteration):
        rate = 1
        return 0.1


class OwnGym(Gym):
    type = "OwnGym"
    index = 0

    def reset(self, *, seed=None, options=None):
        reset = 1
        return self._seen(), {}

    def step(self, action=None):
        step = 1
        self.index += 1
        return self._seen(), 0.0, False, False, {}

    def _seen(self):
        ones = np.ones((1, 1))
        return {"x": ones, "tt": ones[0], "mask": ones, "target": ones * self.index}

    def state(self):
        return {}

    def load_state(self, state):
        pass


class OwnTrainer(Trainer):
    type = "OwnTrainer"

    def prepare(self):
        prepare = 1
        self.solver.net.device_blobs["x"].data[...] = 1

    def metrics(self):
        return {}


@hookimpl
def mycaffe_layers():
    return [OwnLayer]


@hookimpl
def mycaffe_solvers():
    return [OwnSolver]


@hookimpl
def mycaffe_fillers():
    return [OwnFiller]


@hookimpl
def mycaffe_lr_policies():
    return [OwnPolicy]


@hookimpl
def mycaffe_gyms():
    return [OwnGym]


@hookimpl
def mycaffe_trainers():
    return [OwnTrainer]
"""
NET = """
layer { name: "data" type: "Input" top: "x" top: "tt" top: "mask" top: "target"
  input_param { shape { dim: 1 dim: 1 dim: 1 } shape { dim: 1 dim: 1 } shape { dim: 1 dim: 1 dim: 1 }
    shape { dim: 1 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "h"
  inner_product_param { num_output: 1 weight_filler { type: "own_filler" } } }
layer { name: "own" type: "OwnLayer" bottom: "h" top: "xhat" }
layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }
layer { name: "end" type: "Silence" bottom: "tt" bottom: "mask" }
"""
SOLVER = 'type: "OwnSolver" base_lr: 0.1 lr_policy: "own_policy" max_iter: 3 net: "net.prototxt" '
GYM = 'trainer { type: "RNN.SUPER_SIMPLE" gym { type: "OwnGym" } }'
TRAIN = ("train", "--solver", "solver.prototxt", "--device", "cpu", "--plugin", "plug.py")
PLACES = [
    ("setup", 'layer "own" (OwnLayer)', GYM),
    ("reshape", 'layer "own" (OwnLayer)', GYM),
    ("forward", 'layer "own" (OwnLayer)', GYM),
    ("backward", 'layer "own" (OwnLayer)', GYM),
    ("update", "solver OwnSolver", GYM),
    ("values", "filler own_filler", GYM),
    ("rate", "lr_policy own_policy", GYM),
    ("reset", "gym OwnGym", GYM),
    ("step", "gym OwnGym", GYM),
    ("prepare", "trainer OwnTrainer", 'trainer { type: "OwnTrainer" }'),
]


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plugins, "_default", default_registry())

    def written(place, trainer, mistake="1 / 0"):
        (tmp_path / "plug.py").write_text(PLUGIN.replace(f"{place} = 1", f"{place} = {mistake}"))
        (tmp_path / "net.prototxt").write_text(NET)
        (tmp_path / "solver.prototxt").write_text(SOLVER + trainer)
        return PLUGIN[: PLUGIN.index(f" {place} = 1")].count("\n") + 1

    return written


@pytest.mark.parametrize(("place", "owner", "trainer"), PLACES)
def test_the_command_line_names_the_plugin(mycaffe, write, place, owner, trainer):
    line = write(place, trainer)
    result = mycaffe(*TRAIN)
    assert result.exit_code == 1, result.output
    said = result.stderr[result.stderr.index("error[") :]
    assert said.startswith(f'error[E121]: {owner} of plugin "plug", ')
    assert "ZeroDivisionError: division by zero" in said
    assert f"plug.py:{line}: {place} = 1 / 0" in said and "--debug shows" in said
    assert "bug in mycaffe-py" not in said and "Traceback" not in said


@pytest.mark.parametrize(("place", "owner", "trainer"), PLACES)
def test_in_python_the_exception_comes_through_with_a_note(write, place, owner, trainer):
    line = write(place, trainer)
    use_plugins("plug.py")
    with pytest.raises(ZeroDivisionError) as caught:
        build_training(solver="solver.prototxt", seed=0).solver.step(2)
    (note,) = [note for note in caught.value.__notes__ if note.startswith("raised in ")]
    assert note.startswith(f"raised in {owner}: ") and f"plug.py:{line}, " in note


def test_our_code_called_with_bad_arguments(mycaffe, write):
    line = write("forward", GYM, "top[0].reshape_like(None)")
    said = mycaffe(*TRAIN).stderr
    assert 'error[E121]: layer "own" (OwnLayer) of plugin "plug", forward(): AttributeError' in said
    assert f"plug.py:{line}: " in said and "raised in mycaffe-py's code, " in said


def test_debug_shows_the_traceback(mycaffe, write):
    write("forward", GYM)
    said = mycaffe(*TRAIN, "--debug").stderr
    assert "Traceback" in said and "E121" in said and "--debug shows" not in said


def test_a_hook_that_fails(mycaffe, write, tmp_path):
    write("forward", GYM)
    path = tmp_path / "plug.py"
    path.write_text(PLUGIN.replace("return [OwnLayer]", "return [1 / 0]"))
    result = mycaffe("layers", "--plugin", "plug.py")
    assert result.exit_code == 2
    assert "mycaffe_layers() raised ZeroDivisionError: division by zero" in result.stderr
    assert "plug.py:" in result.stderr and "return [1 / 0]" in result.stderr


def test_checking_finds_it_too(mycaffe, write):
    write("setup", GYM)
    result = mycaffe("check", "net.prototxt", "--plugin", "plug.py")
    assert result.exit_code == 1 and "error[E121]" in result.stderr


def test_a_verb_of_a_plugin(tmp_path, monkeypatch, capsys):
    code = "import click\n\n\n@click.command()\ndef hello():\n    1 / 0\n"
    (tmp_path / "a_verb_of_somebody.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    command = load_command("hello", "a_verb_of_somebody:hello")
    try:
        command.main([], standalone_mode=False)
    except ZeroDivisionError as error:
        assert report(error) == 1
    said = capsys.readouterr().err
    assert said.startswith('error[E121]: plugin "hello", hello(): ZeroDivisionError: ')
    assert "a_verb_of_somebody.py:6: 1 / 0" in said and "bug in mycaffe-py" not in said


def test_an_exception_of_ours_stays_a_bug_of_ours(capsys):
    """A plugin is loaded, but none of its code was met."""
    note_plugin("a_plugin_of_somebody", "somebody")
    try:
        default_registry().catalog("nothing")
    except AttributeError as error:
        assert report(error) == 1
    said = capsys.readouterr().err
    assert said.startswith("error[E000]: ") and "this is a bug in mycaffe-py" in said
