"""Python layers that cannot be found, or that fail: the class, the traceback and the note."""

from __future__ import annotations

import traceback

import numpy as np
import pytest

from mycaffe_py.errors import MyCaffeError

from ..building import data, layer

MODULE = """
import numpy as np
import caffe

number = 3


class Good(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data


class FailsInSetup(Good):
    def setup(self, bottom, top):
        raise RuntimeError("no setup today")


class FailsInForward(Good):
    def forward(self, bottom, top):
        return {}["key"]


class FailsInBackward(Good):
    def backward(self, top, propagate_down, bottom):
        raise NotImplementedError


class OneBottom(Good):
    exact_num_bottom_blobs = 1


class NoReshape(caffe.Layer):
    def forward(self, bottom, top):
        pass


class NoForward(caffe.Layer):
    def reshape(self, bottom, top):
        pass


class ForgetsTheShape(Good):
    def reshape(self, bottom, top):
        pass


class NotALayer:
    pass


def function():
    pass
"""


@pytest.fixture(autouse=True)
def module(tmp_path):
    (tmp_path / "user_bad.py").write_text(MODULE)
    (tmp_path / "user_import.py").write_text("import user_gone\n")
    (tmp_path / "user_syntax.py").write_text("def f(:\n")
    (tmp_path / "user_zero.py").write_text("1 / 0\n")


def model(cls, module="user_bad", bottoms="x0", more=""):
    settings = f'python_param {{ module: "{module}" layer: "{cls}" }} {more}'
    return (
        "force_backward: true "
        + data((2, 3), (2, 3))
        + layer("p", "Python", bottoms, "y", settings)
    )


# kind: (text of the model, words of the message)
CANNOT_BE_FOUND = {
    "module": (model("Good", "user_bda"), ['no module named "user_bda"', 'did you mean "user_bad"?']),
    "other module": (model("Good", "zzz"), ['no module named "zzz"', "sys.path (PYTHONPATH)"]),
    "package": (model("Good", "zzz.inner"), ['no module named "zzz.inner"']),
    "odd name": (model("Good", "user_bad..x"), ['no module named "user_bad..x"']),
    "path": (model("Good", "./user_bad.py"), ['no module named "./user_bad.py"']),
    "class": (model("God"), ['has no class "God"', "user_bad.py", 'did you mean "Good"?']),
    "other class": (model("Zebra"), ['has no class "Zebra"', "its layers: Good, FailsInSetup"]),
    "not a class": (model("number"), ['"number" of module "user_bad"', "is not a class"]),
    "a function": (model("function"), ["is not a class"]),
    "no layer": (model("NotALayer"), ["does not derive from caffe.Layer"]),
    "no reshape": (model("NoReshape"), ["does not define reshape(bottom, top)"]),
    "no forward": (model("NoForward"), ["does not define forward(bottom, top)"]),
    "no module given": (model("Good").replace('module: "user_bad"', ""), ["python_param.module must be given"]),
    "no class given": (model("Good").replace('layer: "Good"', ""), ["python_param.layer must be given"]),
    "nothing given": (data((2, 3)) + layer("p", "Python", "x0", "y"), ["python_param.module must be given"]),
    "bottoms": (model("OneBottom", bottoms="x0 x1"), ["needs exactly 1 bottom blob, got 2"]),
    "param": (model("Good", more="param { lr_mult: 1 }"), ["1 param specs are given, but it has 0"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", CANNOT_BE_FOUND)
def test_what_cannot_be_found(desk, kind):
    text, words = CANNOT_BE_FOUND[kind]
    with pytest.raises(MyCaffeError) as caught:
        desk.net(text)
    for word in ['layer "p" (Python)', "net.prototxt:", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("user_import", ModuleNotFoundError, "user_gone"),
        ("user_syntax", SyntaxError, "user_syntax.py"),
        ("user_zero", ZeroDivisionError, "user_zero.py"),
    ],
)
def test_what_the_module_raises_comes_out(desk, name, error, words):
    with pytest.raises(error) as caught:
        desk.net(model("Good", name))
    shown = "".join(traceback.format_exception(caught.value))
    assert words in shown and 'in layer "p" (Python), setup, phase TRAIN' in shown


def test_an_exception_in_setup(desks):
    with pytest.raises(RuntimeError, match="no setup today") as caught:
        desks.net(model("FailsInSetup"))
    shown = "".join(traceback.format_exception(caught.value))
    assert "user_bad.py" in shown and "raise RuntimeError" in shown
    assert 'in layer "p" (Python), setup, phase TRAIN' in shown


def test_an_exception_in_forward_and_backward(desks):
    net = desks.net(model("FailsInForward"), phase=1)
    with pytest.raises(KeyError) as caught:
        net.forward()
    assert caught.value.__notes__ == ['in layer "p" (Python), forward, phase TEST']
    net = desks.net(model("FailsInBackward"))
    net.forward()
    with pytest.raises(NotImplementedError) as caught:
        net.backward()
    assert caught.value.__notes__ == ['in layer "p" (Python), backward, phase TRAIN']


def test_a_gradient_that_the_class_does_not_have(desks):
    net = desks.net(model("Good"))
    net.forward()
    with pytest.raises(MyCaffeError, match=r'layer "p" \(Python\): .* has no gradient'):
        net.backward()


def test_a_top_without_a_shape(desks):
    net = desks.net(model("ForgetsTheShape"))
    with pytest.raises(ValueError, match="broadcast") as caught:
        net.forward(x0=np.ones((2, 3)), x1=np.ones((2, 3)))
    assert 'top "y" has no axes: did reshape() give it a shape?' in caught.value.__notes__


def test_a_real_caffe_is_left_alone(desk, tmp_path, monkeypatch):
    (tmp_path / "caffe").mkdir()
    (tmp_path / "caffe" / "__init__.py").write_text("class Layer:\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(MyCaffeError, match=r"another caffe: call mycaffe_py\.install_as_caffe\(\)"):
        desk.net(model("Good"))


def test_a_folder_named_caffe_is_no_caffe(desk, tmp_path, monkeypatch):
    (tmp_path / "caffe" / "examples").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    desk.net(model("Good"))
