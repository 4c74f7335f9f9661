"""Results that a plugin returns, or makes of nothing, are named with what to write."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import Filler, Layer, Net
from mycaffe_py.errors import ConfigError, PluginCodeError, PrototxtError
from mycaffe_py.plugins import load_registry
from mycaffe_py.testing import check_filler, check_layer, plugin_gradients


class Twice(Layer):
    """y = 2 x."""

    type = "Twice"

    def reshape(self, bottom, top):
        top[0].reshape_like(bottom[0])

    def forward(self, bottom, top):
        top[0].data[...] = 2 * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = 2 * top[0].diff


def forward(self, bottom, top):
    return 2 * bottom[0].data


def backward(self, top, propagate_down, bottom):
    return 2 * top[0].diff


def reshape(self, bottom, top):
    Twice.reshape(self, bottom, top)
    return [bottom[0].shape]


MODEL = """force_backward: true
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "own" type: "Twice" bottom: "x" top: "y" loss_weight: 1 }"""


@pytest.mark.parametrize(
    ("method", "what", "hint"),
    [
        (forward, "an array", "top[0].data[...] = ..."),
        (backward, "an array", "bottom[0].diff[...] = ..."),
        (reshape, "a list", "top[0].reshape(...)"),
    ],
)
def test_a_layers_methods_return_nothing(method, what, hint):
    own = type("Own", (Twice,), {method.__name__: method})
    words = f"{method.__name__}() returned {what}, but must return nothing"
    with pytest.raises(AssertionError) as caught:
        check_layer(own, [(2, 3)])
    assert words in str(caught.value) and hint in str(caught.value)
    registry = load_registry()
    registry.layers.add([own], "test")
    with pytest.raises((PluginCodeError, PrototxtError)) as raised:
        Net(MODEL, registry=registry).forward_backward()
    assert words in raised.value.message and 'layer "own" (Twice)' in raised.value.message
    assert hint in str(raised.value.problems[0].hint)


def test_numbers_that_are_not_finite_are_named():
    def roots(self, bottom, top):
        with np.errstate(all="ignore"):
            top[0].data[...] = bottom[0].data ** 0.5

    with pytest.raises(
        AssertionError, match=r'forward makes nan of finite numbers, in top "\w+" at \(0, 1\)'
    ):
        check_layer(type("Own", (Twice,), {"forward": roots}), [np.array([[1.0, -1.0]])])


class Own(Filler):
    """What a test makes of it."""

    type = "own"

    def values(self, shape, rng):
        return 1.0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (None, 'values() returned None for blob "weight" (4, 3)'),
        (np.ones(2), 'an array of shape (2,) for blob "weight" (4, 3)'),
        (np.full((4, 3), np.nan), 'values() returned nan for blob "weight" (4, 3)'),
        (1e300, 'values() returned inf for blob "weight" (4, 3)'),
    ],
)
def test_values_of_a_filler_that_cannot_be(values, words):
    own = type("Other", (Own,), {"values": lambda self, shape, rng: values})
    text = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y"
        inner_product_param { num_output: 4 weight_filler { type: "own" } } }"""
    with pytest.raises(ConfigError) as caught:
        Net(text, plugins=own)
    assert words in caught.value.message and "filler own" in caught.value.message
    assert caught.value.problems[0].location.line == 3
    assert caught.value.problems[0].layer == "fc"
    if values is None or np.ndim(values):
        with pytest.raises(
            AssertionError, match=r"values\(\) returned|returns values that are not finite"
        ):
            check_filler(own, "", (4, 3))


LOSSES = """
from mycaffe_py import LossLayer, hookimpl

class Square(LossLayer):
    type = "Square"
    def forward(self, bottom, top):
        top[0].data[...] = ((bottom[0].data - bottom[1].data) ** 2).sum() / 2
    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = %s * (bottom[0].data - bottom[1].data)

@hookimpl
def mycaffe_layers():
    return [Square]
"""


@pytest.mark.parametrize(
    ("factor", "result"),
    [("top[0].diff", "ok"), ("top[0].diff.item()", "ok"), ("1", "wrong"), ("top[0].dif", "failed")],
)
def test_a_loss_must_read_its_diff(tmp_path, factor, result):
    (tmp_path / "square.py").write_text(LOSSES % factor)
    registry = load_registry([str(tmp_path / "square.py")])
    (row,) = plugin_gradients(registry, "square")
    assert row.result == result, row
    if result == "failed":
        assert "AttributeError" in row.note and "square.py:9: bottom[0].diff[...] =" in row.note


def blob_of(filler):
    def setup(self, bottom, top):
        self.add_blob((2, 3), filler, "a")

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff[...] = 2 * top[0].diff

    own = type("Own", (Twice,), {"setup": setup, "backward": backward})
    return Net(MODEL, plugins=own).params["own"][0].data


@pytest.mark.parametrize(("filler", "value"), [(0.5, 0.5), (3, 3), (None, 0), (np.float32(2), 2)])
def test_a_blob_may_start_at_a_number(filler, value):
    np.testing.assert_array_equal(blob_of(filler), np.full((2, 3), value, np.float32))


def test_a_blob_does_not_start_at_a_text():
    with pytest.raises(TypeError, match="takes a FillerParameter message or a number, not str"):
        blob_of("xavier")
