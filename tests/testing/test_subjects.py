"""What checkers take, and what they say of code that fails."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from mycaffe_py import Net, load_registry
from mycaffe_py.errors import PluginError
from mycaffe_py.layer import Filler, Layer
from mycaffe_py.plugins import default_registry, registry as plugins, use_plugins, with_plugins
from mycaffe_py.solver import LrPolicy, Solver
from mycaffe_py.testing import (
    check_filler,
    check_gym,
    check_layer,
    check_lr_policy,
    check_solver,
    check_trainer,
)

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"
SAMPLE = (
    Path(__file__).parents[1] / "data" / "plugins" / "mycaffe_sample" / "src" / "mycaffe_sample"
)


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def gate():
    yield load(EXAMPLES / "gate.py", "an_author_s_gate")
    sys.modules.pop("an_author_s_gate")


@pytest.fixture(autouse=True)
def _default_registry_as_it_was(monkeypatch):
    monkeypatch.setattr(plugins, "_default", default_registry())


class Twice(Layer):
    """y = factor * x, in a class that no hook offers."""

    type = "TwiceInTests"
    schema = """
      message TwiceParameter { optional float factor = 1 [default = 2]; }
      extend LayerParameter { optional TwiceParameter twice_param = 30417; }
    """

    def reshape(self, bottom, top):
        top[0].reshape_like(bottom[0])

    def forward(self, bottom, top):
        top[0].data[...] = self.factor() * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff[...] = self.factor() * top[0].diff

    def factor(self):
        return self.param.twice_param.factor


def test_a_layer_class_with_its_settings():
    check_layer(Twice, "twice_param { factor: 3 }", [(3, 4)])
    check_layer(Twice, [(3, 4)])
    check_layer(Twice, bottoms=[(3, 4)])


def test_text_names_the_classes_of_the_calling_module():
    check_layer('type: "TwiceInTests" twice_param { factor: 3 }', [(3, 4)])


def test_text_names_plugins_in_use():
    use_plugins(EXAMPLES / "gate.py")
    check_layer('type: "Gate" gate_param { scale: 2 }', [(3, 4)])


def test_a_module_and_its_classes(gate):
    check_layer(gate.Gate, "gate_param { scale: 2 }", [(3, 4)])
    registry = load_registry([gate])
    assert "Gate" in registry.layers and "Gate" not in default_registry().layers
    assert use_plugins(gate.Gate, Twice) is default_registry()
    assert {"Gate", "TwiceInTests"} <= set(default_registry().layers.types())


def test_a_net_with_plugins_of_its_own(tmp_path):
    text = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 } } }
              layer { name: "t" type: "TwiceInTests" bottom: "x" top: "y" }"""
    registry = with_plugins(Twice)
    (tmp_path / "net.prototxt").write_text(text)
    net = Net(tmp_path / "net.prototxt", plugins=Twice)
    net.blobs["x"].data[...] = 4
    assert net.forward()["y"] == 8
    assert with_plugins(Twice, registry) is registry


def test_a_class_defined_again_takes_the_place_of_the_former():
    again = type("Twice", (Twice,), {"type": "TwiceInTests", "factor": lambda self: 5})
    registry = with_plugins(again, with_plugins(Twice))
    assert registry.layers.find("TwiceInTests") is again


@pytest.mark.parametrize("source", [3, int, None])
def test_what_is_no_plugin(source):
    with pytest.raises(PluginError, match="is not a"):
        load_registry([source])


def test_the_other_kinds_as_classes():
    parts = load(SAMPLE / "parts.py", "an_author_s_parts")
    check_filler(parts.HalfFiller, (2, 3))
    check_filler(parts.HalfFiller, "", (2, 3))
    square = load(EXAMPLES / "square_gym.py", "an_author_s_square")
    check_gym(square.SquareGym, "square_param { period: 7 }", steps=5)
    check_lr_policy(Falling, "gamma: 0.5")
    check_solver(Plain)
    check_solver(Plain, "base_lr: 0.02")
    check_trainer(parts.RampTrainer, SOLVER, NET, steps=2)


class Plain(Solver):
    """w -= rate * gradient."""

    type = "PlainInTests"
    history_slots = 0

    def compute_update(self, group, rate):
        group.diff *= rate


class Falling(LrPolicy):
    """base_lr * gamma ^ i."""

    type = "falling_in_tests"
    parameters = ("gamma",)

    def rate(self, iteration):
        return self.settings.base_lr * self.settings.gamma**iteration


SOLVER = 'type: "SGD" base_lr: 0.001 lr_policy: "fixed"'
NET = """
layer { name: "data" type: "Input" top: "x" top: "target"
  input_param { shape { dim: 1 dim: 1 } shape { dim: 1 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "xhat" inner_product_param { num_output: 1 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }
"""


def test_a_class_of_another_kind():
    with pytest.raises(
        AssertionError, match="Twice does not derive from the base class of solvers"
    ):
        check_solver(Twice)


class Broken(Filler):
    """Fails in values()."""

    type = "broken_in_tests"

    def values(self, shape, rng):
        return 1 / 0


def test_an_exception_becomes_an_assertion_that_says_where():
    with pytest.raises(AssertionError) as caught:
        check_filler(Broken, (2,))
    said = str(caught.value)
    assert 'filler "broken_in_tests": values() raised ZeroDivisionError: division by zero' in said
    assert "test_subjects.py:" in said and said.endswith("return 1 / 0")


REFUSED = """
import math
import numpy as np
from mycaffe_py import Layer


class Refused(Layer):
    type = "Refused{number}"

    def reshape(self, bottom, top):
        top[0].reshape_like(bottom[0])

    def forward(self, bottom, top):
        x = bottom[0].data
        top[0].data[...] = {code}
"""


@pytest.mark.parametrize(
    ("number", "code", "advice"),
    [
        (0, "np.exp(x)", "write self.xp.exp(...) instead of np.exp(...)"),
        (1, "np.maximum(x, 0)", "write self.xp.maximum(...) instead of np.maximum(...)"),
        (2, "x * float(x[0, 0])", "use array.item()"),
        (3, "x @ np.eye(4)", "write self.xp.eye(...) instead of np.eye(...)"),
        (4, "x * math.exp(x[0, 0])", "write self.xp.exp(...) instead of math.exp(...)"),
        (5, "x + 0 * np.random.random(x.shape)", "self.device.fill_uniform(array)"),
        (6, "x + [1, 2, 3, 4]", "self.device.asarray(values)"),
    ],
)
def test_what_to_write_instead(tmp_path, number, code, advice):
    path = tmp_path / f"refused{number}.py"
    path.write_text(REFUSED.format(number=number, code=code))
    module = load(path, f"an_author_s_refused{number}")
    with pytest.raises(AssertionError) as caught:
        check_layer(module.Refused, [(4, 4)], skip_backward=True, batch_axis=None)
    assert advice in str(caught.value) and f"refused{number}.py:15: " in str(caught.value)


@pytest.mark.slow
def test_a_plugin_s_file_checks_itself(tmp_path):
    text = (EXAMPLES / "gate.py").read_text()
    text += """
from mycaffe_py.testing import check_layer

check_layer('type: "Gate" gate_param { scale: 2 }', [(3, 4)])
check_layer(Gate, "gate_param { scale: 2 }", [(3, 4)])
print("fine")
"""
    (tmp_path / "own.py").write_text(text)
    done = subprocess.run([sys.executable, "own.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "fine\n", done.stderr
