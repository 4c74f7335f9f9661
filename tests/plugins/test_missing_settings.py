"""A plugin that reads a setting which its message does not have is told which one it has."""

from __future__ import annotations

import pytest

from mycaffe_py import Net
from mycaffe_py.plugin_code import plugin_error
from mycaffe_py.plugins import load_registry
from mycaffe_py.testing import check_layer, check_lr_policy

from ..plugging import writer

SNAKE = """
class Snake(Layer):
    type = "Snake"
    schema = '''message SnakeParameter { optional bool share = 1; }
      extend LayerParameter { optional SnakeParameter snake_param = 42011; }'''

    def setup(self, bottom, top):
        self.shared = self.param.snake_param.shared

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data

@hookimpl
def mycaffe_layers():
    return [Snake]
"""
POLICY = """
from mycaffe_py import LrPolicy

class Own(LrPolicy):
    type = "own"

    def rate(self, iteration):
        return self.settings.base_rate

@hookimpl
def mycaffe_lr_policies():
    return [Own]
"""
MODEL = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "own" type: "Snake" bottom: "x" top: "y" }"""
SHARED = 'SnakeParameter has no field "shared"; did you mean "share"?'


def test_of_a_layer(tmp_path):
    registry = load_registry([writer(tmp_path)(SNAKE)])
    with pytest.raises(AttributeError) as caught:
        Net(MODEL, registry=registry)
    assert any(note.endswith(SHARED) for note in caught.value.__notes__)
    shown = plugin_error(caught.value)
    assert SHARED in shown.message and "mycaffe-py's code" not in shown.hint
    with pytest.raises(AssertionError) as checked:
        check_layer("Snake", [(2, 3)], registry=registry)
    assert SHARED in str(checked.value)


def test_of_a_policy(tmp_path):
    registry = load_registry([writer(tmp_path)(POLICY)])
    with pytest.raises(AssertionError) as checked:
        check_lr_policy('lr_policy: "own"', registry=registry)
    assert 'SolverParameter has no field "base_rate"; did you mean "base_lr"?' in str(checked.value)
    assert "mycaffe-py's code" not in str(checked.value)
    with pytest.raises(AttributeError) as caught:
        registry.lr_policy(
            registry.schema.parse_text('lr_policy: "own"', "SolverParameter").message
        ).rate(0)
    assert "has no field" in plugin_error(caught.value).message


def test_other_attributes_are_no_settings():
    with pytest.raises(AttributeError) as caught:
        "text".nothing  # noqa: B018
    assert plugin_error(caught.value) is None
