"""Python layers that cannot be found, or that fail: the class, the traceback and the note."""

from __future__ import annotations

import traceback

import numpy as np
import pytest

from mycaffe_py.errors import MissingFileError, MyCaffeError, PythonModuleError
from mycaffe_py.plugin_code import users_place

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


class Evaluates(Good):
    def setup(self, bottom, top):
        self.factor = eval(self.param_str)


class OnlySetup(caffe.Layer):
    def setup(self, bottom, top):
        raise RuntimeError("no setup today")


class BoundInSetup(caffe.Layer):
    def setup(self, bottom, top):
        self.reshape = lambda bottom, top: top[0].reshape(1)
        self.forward = lambda bottom, top: None


class NoSuperInit(Good):
    def __init__(self, param):
        self.factor = 3


class FailsInInit(Good):
    def __init__(self, param):
        super().__init__(param)
        raise RuntimeError("no object today")


class TwoArguments(Good):
    def __init__(self, param, more):
        super().__init__(param)


def function():
    pass
"""


@pytest.fixture(autouse=True)
def module(tmp_path):
    (tmp_path / "user_bad.py").write_text(MODULE)
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
    "a fork's": (
        model("Good", "rpn.proposal_layer"),
        ["part of py-faster-rcnn (github.com/rbgirshick/py-faster-rcnn)", "sys.path (PYTHONPATH)"],
    ),
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
    "no call of caffe.Layer's": (model("NoSuperInit"), ["does not call the one of caffe.Layer"]),
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


# source of a module: (class of what it raises, line, words of the message)
CANNOT_BE_IMPORTED = {
    "import user_gone\n": (ModuleNotFoundError, 1, ["user_gone", 'the package "user_gone" is not installed']),
    "import os\n\ndef f(:\n": (SyntaxError, 3, ["SyntaxError: ", "def f(:"]),
    "1 / 0\n": (ZeroDivisionError, 1, ["ZeroDivisionError: division by zero"]),
    "\nprint 'loading'\n": (SyntaxError, 2, ["print 'loading'", "print(...)"]),
    "if True:\n        a = 1\n\tb = 2\n": (TabError, 3, ["tabs and spaces are mixed"]),
    "def f():\nreturn 3\n": (IndentationError, 2, ["indented"]),
    "try:\n    pass\nexcept ValueError, e:\n    raise e, 'x'\n": (SyntaxError, 3, ["ValueError, e"]),
    "import cPickle\n": (ModuleNotFoundError, 1, ["cPickle is pickle now"]),
    "for i in xrange(3): pass\n": (NameError, 1, ["write range for xrange"]),
    "import time\nx = time.clock()\n": (AttributeError, 2, ["x = time.clock()", "time.perf_counter()"]),
    "import sys\nsys.exit('go away')\n": (SystemExit, 2, ["SystemExit: go away"]),
    "import ctypes\nctypes.CDLL('user_gone.so')\n": (OSError, 2, ["user_gone.so"]),
    "import json\njson.loads('{')\n": (ValueError, 2, ["json.loads('{')"]),
    "raise type('Odd', (Exception,), {})()\n": (Exception, 1, ["Odd"]),
    "import user_zero\n": (ZeroDivisionError, 1, ["user_zero.py:1: ZeroDivisionError"]),
}  # fmt: skip


@pytest.mark.parametrize("source", CANNOT_BE_IMPORTED)
def test_a_module_that_cannot_be_imported(desk, tmp_path, source):
    cause, line, words = CANNOT_BE_IMPORTED[source]
    (tmp_path / "user_broken.py").write_text(source)
    with pytest.raises(MyCaffeError) as caught:
        desk.net(model("Good", "user_broken"))
    error = caught.value
    assert error.exit_code == 2 and "E222" in error.render()
    chain = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    assert isinstance(chain[-1], cause) and isinstance(chain[-2], PythonModuleError | ImportError)
    place = f".py:{line}: "
    for word in ["net.prototxt:", 'layer "p" (Python): module "user_broken"', place, *words]:
        assert word in str(error)


def test_a_module_beside_it_in_its_package(desk, tmp_path):
    package = tmp_path / "user_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "settings.py").write_text("")
    (package / "layers.py").write_text("import settings\n")
    with pytest.raises(MyCaffeError, match=r"from \. import settings"):
        desk.net(model("Good", "user_package.layers"))


def test_a_mistake_of_ours_that_the_module_makes(desk, tmp_path):
    """It keeps its own class and exit code."""
    (tmp_path / "user_broken.py").write_text("import caffe\ncaffe.Net('user_gone.prototxt', 1)\n")
    with pytest.raises(MissingFileError, match="user_gone") as caught:
        desk.net(model("Good", "user_broken"))
    assert 'raised by the module "user_broken" of layer "p"' in caught.value.__notes__


def test_a_module_is_imported_again_once_it_is_mended(desk, tmp_path):
    (tmp_path / "user_broken.py").write_text("print 'x'\n")
    with pytest.raises(MyCaffeError):
        desk.net(model("Good", "user_broken"))
    (tmp_path / "user_broken.py").write_text("# mended\nfrom user_bad import Good\n")
    desk.net(model("Good", "user_broken"))


def test_what_param_str_does_in_setup(desk):
    settings = "param_str: \"{'factor': \""
    with pytest.raises(SyntaxError) as caught:
        desk.net(
            model("Good", "user_bad").replace('layer: "Good"', f'layer: "Evaluates" {settings}')
        )
    assert caught.value.from_users_code
    assert "its param_str: {'factor': " in caught.value.__notes__
    assert users_place(caught.value)[2] == "self.factor = eval(self.param_str)"


def test_methods_are_asked_for_once_it_is_set_up(desks):
    with pytest.raises(RuntimeError, match="no setup today"):
        desks.net(model("OnlySetup"))
    desks.net(model("BoundInSetup")).forward()


def test_an_exception_in_init(desks):
    with pytest.raises(RuntimeError, match="no object today") as caught:
        desks.net(model("FailsInInit"))
    assert caught.value.from_users_code
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'more'"):
        desks.net(model("TwoArguments"))


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
