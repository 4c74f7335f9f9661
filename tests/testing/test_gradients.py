"""Gradients of whole nets and plugins: right ones pass, planted mistakes are found, kinks are told apart."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from mycaffe_py import Net
from mycaffe_py.plugins import default_registry, load_registry
from mycaffe_py.schema import load_net_text
from mycaffe_py.testing import net_gradients, plugin_gradients
from mycaffe_py.testing.gradients import GradientCheck

from .. import conformance_cases as cases

PLUGIN = '''
from mycaffe_py import Layer, hookimpl

class Base(Layer):
    exact_num_bottom_blobs = exact_num_top_blobs = 1
    def reshape(self, bottom, top):
        top[0].reshape_like(bottom[0])
    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data ** 2
    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = self.slope(bottom[0].data) * top[0].diff

class Right(Base):
    type = "Right"
    def slope(self, x):
        return 2 * x

class Slightly(Base):
    """Wrong by half a percent."""
    type = "Slightly"
    def slope(self, x):
        return 2.01 * x

class Nothing(Base):
    """Where there should be a gradient."""
    type = "Nothing"
    def slope(self, x):
        return 0 * x

class NotANumber(Base):
    type = "NotANumber"
    def slope(self, x):
        return x * float("nan")

class Broken(Base):
    type = "Broken"
    def slope(self, x):
        return x.nonsense

class Drifting(Base):
    """Gives something else each time."""
    type = "Drifting"
    calls = 0
    def forward(self, bottom, top):
        self.calls += 1
        top[0].data[...] = self.calls * bottom[0].data

class Needy(Base):
    type = "Needy"
    def setup(self, bottom, top):
        self.fail("depth must be given", field="needy_param.depth")

class Forward(Layer):
    type = "Forward"
    reshape, forward = Base.reshape, Base.forward

class Bent(Base):
    """|x| of a bottom that is always 0."""
    type = "Bent"
    def trial_values(self, index, shapes, rng):
        return 0
    def forward(self, bottom, top):
        top[0].data[...] = abs(bottom[0].data)
    def slope(self, x):
        return SLOPE + 0 * x

@hookimpl
def mycaffe_layers():
    return [Right, Slightly, Nothing, NotANumber, Broken, Drifting, Needy, Forward, Bent]
'''


def results(tmp_path, slope="1"):
    (tmp_path / "own.py").write_text(PLUGIN.replace("SLOPE", slope))
    registry = load_registry([str(tmp_path / "own.py")])
    return {row.type: row for row in plugin_gradients(registry, "own")}


def test_a_plugin(tmp_path):
    rows = results(tmp_path)
    assert {name: row.result for name, row in rows.items()} == {
        "Right": "ok",
        "Slightly": "wrong",
        "Nothing": "wrong",
        "NotANumber": "wrong",
        "Broken": "failed",
        "Drifting": "failed",
        "Needy": "needs settings",
        "Forward": "no gradient",
        "Bent": "at kinks only",
    }
    assert rows["Right"].difference < 1e-8 and rows["Right"].entries == 8
    assert rows["Slightly"].difference == pytest.approx(0.01 / 2.01, rel=1e-3)
    assert rows["Nothing"].difference == 1 and "backward" in rows["Nothing"].note
    assert rows["NotANumber"].difference == math.inf
    assert "nonsense" in rows["Broken"].note and "second time" in rows["Drifting"].note
    assert rows["Needy"].note == "depth must be given"
    assert rows["Bent"].note == "8 of 8 derivatives were at kinks"
    assert [name for name, row in rows.items() if row.bad] == [
        *("Broken", "Drifting", "NotANumber", "Nothing", "Slightly"),
    ]
    json.dumps([row.as_dict() for row in rows.values()], allow_nan=False)


def test_at_a_kink_backward_must_be_between_the_slopes(tmp_path):
    assert results(tmp_path, "-1")["Bent"].result == "at kinks only"
    assert results(tmp_path, "1.1")["Bent"].result == "wrong"


MODEL = """
name: "Small"
layer { name: "in" type: "Input" top: "x" top: "label"
        input_param { shape { dim: 64 dim: 3 dim: 8 dim: 8 } shape { dim: 64 } } }
layer { name: "conv" type: "Convolution" bottom: "x" top: "y" convolution_param {
        num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "y" top: "y" }
layer { name: "rows" type: "Reshape" bottom: "y" top: "z" reshape_param { shape { dim: 64 dim: -1 } } }
layer { name: "ip" type: "InnerProduct" bottom: "z" top: "scores" inner_product_param { num_output: 5 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "loss" }
layer { name: "good" type: "Accuracy" bottom: "scores" bottom: "label" top: "good" }
"""


def rows_of(entries=8, seed=0):
    net = Net(load_net_text(default_registry().schema, MODEL))
    return list(net_gradients(net, entries=entries, seed=seed))


def test_a_net():
    rows = {row.layer: row for row in rows_of()}
    assert list(rows) == ["in", "conv", "relu", "rows", "ip", "loss", "good"]  # no splits
    assert {row.result for row in rows.values()} == {"ok", "data", "no gradient"}
    assert rows["in"].result == "data" and rows["good"].result == "no gradient"
    assert rows["conv"].bottoms == [(2, 3, 8, 8)] and rows["conv"].parameters == 4 * 27 + 4
    assert rows["rows"].bottoms == [(64, 4, 6, 6)]  # a batch that its settings fix
    assert rows["loss"].bottoms == [(2, 5), (2,)] and rows["loss"].entries == 8
    assert rows["ip"].entries == 3 * 8 - 3  # the bias has 5
    assert all(row.difference < 1e-6 for row in rows.values() if row.result == "ok")


def test_the_seed_decides():
    first, again, other = rows_of(seed=3), rows_of(seed=3), rows_of(seed=4)
    assert [row.difference for row in first] == [row.difference for row in again]
    assert [row.difference for row in first] != [row.difference for row in other]


def cases_with_gradient():
    for type_name, listed in cases.LAYERS.items():
        for number, case in enumerate(listed):
            if not case[2].get("skip_backward") and type_name not in (
                "MemoryData",
                "MemoryLoss",
                "Python",
            ):
                slow = [pytest.mark.slow] * (number > 0)
                yield pytest.param(type_name, case, id=f"{type_name}-{number}", marks=slow)


@pytest.mark.parametrize(("type_name", "case"), list(cases_with_gradient()))
@pytest.mark.filterwarnings("ignore::mycaffe_py.errors.MyCaffeWarning")
def test_inputs_are_chosen_that_suit_every_type(type_name, case, tmp_path):
    _, bottoms, arguments = case
    settings = cases.settings_of(case, tmp_path)
    registry = default_registry()
    text = f'name: "layer" type: "{type_name}" {settings}'
    param = registry.schema.parse_text(text, "LayerParameter").message
    shapes = [one if isinstance(one, tuple) else np.shape(one) for one in bottoms]
    phase = arguments.get("phase", 0)
    result = GradientCheck(param, shapes, registry, phase, 0).measure(6)
    assert result.result in ("ok", "no gradient"), result
