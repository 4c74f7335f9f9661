"""Exceptions that come out of a layer: they stay what they are and gain a line that names the layer."""

from __future__ import annotations

import traceback

import pytest

from mycaffe_py.errors import LayerError, PrototxtError, ShapeError, add_note
from mycaffe_py.layer import TEST
from mycaffe_py.plugins import default_registry

from ..building import data, fill, layer, make_net, product

TWO = (
    "name: 'two'" + data((4, 3), (4, 2)) + product("a", "x0", "h", 5) + layer("t", "TanH", "h", "h")
    + product("b", "h", "y") + layer("loss", "EuclideanLoss", "y x1", "loss")
)  # fmt: skip


def broken(error, method="forward"):
    net = fill(make_net(TWO))

    def explode(*arguments):
        raise error

    setattr(net.layer_dict["t"], method, explode)
    return net


@pytest.mark.parametrize("method", ["forward", "backward", "reshape"])
def test_exceptions_keep_their_class_and_gain_a_note(method):
    class Odd(Exception):
        pass

    error = Odd("boom")
    net = broken(error, method)
    with pytest.raises(Odd, match="boom") as caught:
        net.forward_backward()
    assert caught.value is error
    action = "backward" if method == "backward" else "forward"
    assert error.__notes__ == [f'in layer "t" (TanH), {action}, phase TRAIN']
    assert traceback.extract_tb(error.__traceback__)[-1].name == "explode"
    assert error.__cause__ is None and not error.__suppress_context__


def test_an_implicit_context_stays_visible():
    net = fill(make_net(TWO))

    def implicit(*arguments):
        try:
            {}["key"]
        except KeyError:
            int("x")

    net.layer_dict["t"].forward = implicit
    with pytest.raises(ValueError, match="invalid literal") as caught:
        net.forward()
    assert isinstance(caught.value.__context__, KeyError)
    assert not caught.value.__suppress_context__


def test_reshape_alone_notes_too():
    net = broken(ValueError("no"), "reshape")
    with pytest.raises(ValueError, match="no") as caught:
        net.reshape()
    assert caught.value.__notes__ == ['in layer "t" (TanH), reshape, phase TRAIN']


@pytest.mark.parametrize(
    "error", [LayerError('layer "t" (TanH): is tired'), ShapeError("a blob that fits nothing")]
)
def test_errors_of_layers_gain_a_note_that_is_not_rendered(error):
    with pytest.raises(type(error)):
        broken(error).forward()
    assert error.__notes__ == ['in layer "t" (TanH), forward, phase TRAIN']
    assert "phase" not in error.render()


def test_exceptions_in_setup_gain_a_note(monkeypatch):
    cls = default_registry().layers.find("TanH")
    monkeypatch.setattr(cls, "setup", lambda self, bottom, top: {}["key"])
    with pytest.raises(KeyError) as caught:
        make_net(TWO)
    assert caught.value.__notes__ == ['in layer "t" (TanH), setup, phase TRAIN']
    assert caught.value.__cause__ is None
    monkeypatch.setattr(cls, "__init__", lambda self, param, context: 1 // 0)
    with pytest.raises(ZeroDivisionError) as caught:
        make_net(TWO)
    assert caught.value.__notes__ == ['in layer "t" (TanH), setup, phase TRAIN']


def test_notes_before_python_3_11():
    class Old(Exception):
        @property
        def add_note(self):
            raise AttributeError("add_note")

    error = Old("boom")
    add_note(error, "first")
    net = broken(error)
    with pytest.raises(Old):
        net.forward()
    assert error.__notes__ == ["first", 'in layer "t" (TanH), forward, phase TRAIN']


def test_errors_of_setup_name_the_phase_too():
    text = TWO.replace("num_output: 5", "num_output: 0")
    with pytest.raises(PrototxtError) as caught:
        make_net(text, phase=TEST)
    note = 'in layer "a" (InnerProduct), setup, phase TEST'
    assert caught.value.__notes__ == caught.value.__cause__.__notes__ == [note]
