"""Layers written in Python as for pycaffe, on the host and on the stand-in for a GPU."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import mycaffe_py as caffe
from mycaffe_py.builder import build_training

from ..building import data, layer, product

MODULE = '''
import json
import numpy as np
import caffe
from caffe.errors import ConfigError


class SimpleLayer(caffe.Layer):
    """Multiplies by ten."""

    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        top[0].data[...] = 10 * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = 10 * top[0].diff


class ParameterLayer(caffe.Layer):
    def setup(self, bottom, top):
        self.blobs.add_blob(1)
        self.blobs[0].data[0] = 0

    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = self.blobs[0].data

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[0] = 1


class PhaseLayer(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape()

    def forward(self, bottom, top):
        top[0].data[()] = self.phase == caffe.TEST


class ParamStr(SimpleLayer):
    def setup(self, bottom, top):
        self.factor = eval(self.param_str)["factor"]

    def forward(self, bottom, top):
        top[0].data[...] = self.factor * bottom[0].data


class Noise(caffe.Layer):
    def setup(self, bottom, top):
        self.blobs.add_blob(2, 3)
        assert self.blobs[0].data.shape == (2, 3) and len(self.blobs) == 1
        self.count = 0

    def reshape(self, bottom, top):
        self.count += 1
        top[0].reshape_like(bottom[0])
        top[1].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data
        top[0].data[...] += self.blobs[0].data
        top[1].data[0] = np.abs(bottom[0].data).sum()

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[...] += top[0].diff
        self.flags = list(propagate_down)
        if propagate_down[0]:
            bottom[0].diff[...] = top[0].diff + top[1].diff[0] * np.sign(bottom[0].data)

    def state(self):
        return {"count": self.count}


class OwnNames(SimpleLayer):
    """Calls attributes as it likes, some as methods of the base are called."""

    def setup(self, bottom, top):
        self.state, self.close, self.label = {"seen": 0}, None, "mine"


class WithArguments(SimpleLayer):
    def __init__(self, p_object, *args, **kwargs):
        super().__init__(p_object, *args, **kwargs)
        self.ready = True


class OneArgument(SimpleLayer):
    def __init__(self, param):
        super(OneArgument, self).__init__(param)
        self.name_in_file = param.name


class OldStyleInit(SimpleLayer):
    def __init__(self, *args):
        caffe.Layer.__init__(self, *args)
        self.arguments = len(args)


class OfEarlyForks(SimpleLayer):
    """As in py-faster-rcnn: settings in param_str_, the phase as a text."""

    def setup(self, bottom, top):
        self.factor = int(self.param_str_.split(":")[1])
        self.key = str(self.phase)

    def forward(self, bottom, top):
        top[0].data[...] = self.factor * bottom[0].data


class OurStyle(caffe.Layer):
    """Uses xp and add_blob as registered layers do."""

    def setup(self, bottom, top):
        self.add_blob((3,), name="shift")
        self.noise = self.xp.empty(bottom[0].shape, dtype=self.dtype)
        self.device.fill_uniform(self.noise)

    def reshape(self, bottom, top):
        top[0].reshape_like(bottom[0])

    def forward(self, bottom, top):
        self.xp.add(bottom[0].data, self.noise, out=top[0].data)

    def backward(self, top, propagate_down, bottom):
        pass
'''


@pytest.fixture(autouse=True)
def module(tmp_path):
    (tmp_path / "user_layers.py").write_text(MODULE)


def python(name, bottoms, tops, cls, param="", settings=""):
    named = f'python_param {{ module: "user_layers" layer: "{cls}" {param} }}'
    return layer(name, "Python", bottoms, tops, f"{named} {settings}")


INPUT = "force_backward: true input: 'data' input_shape { dim: 10 dim: 9 dim: 8 }\n"
CHAIN = INPUT + "".join(
    python(name, bottom, name, "SimpleLayer")
    for name, bottom in (("one", "data"), ("two", "one"), ("three", "two"))
)


def test_forward_backward_and_reshape(desks):
    net = desks.net(CHAIN)
    net.blobs["data"].data[...] = 8
    net.forward()
    assert (net.blobs["three"].data == 8000).all()
    net.blobs["three"].diff[...] = 7
    net.backward()
    assert (net.blobs["data"].diff == 7000).all()
    net.blobs["data"].reshape(4, 4, 4, 4)
    net.forward()
    assert {tuple(blob.shape) for blob in net.blobs.values()} == {(4, 4, 4, 4)}


def test_a_layer_with_a_parameter(desks):
    text = "force_backward: true " + python("layer", "", "data", "ParameterLayer")
    net = desks.net(text)
    net.forward()
    net.backward()
    own = net.layers[list(net._layer_names).index("layer")]
    assert type(own).__name__ == "ParameterLayer" and own.type == "Python"
    assert own.blobs[0].data[0] == 0 and own.blobs[0].diff[0] == 1
    own.blobs[0].data[0] += own.blobs[0].diff[0]
    assert own.blobs[0].data[0] == net.params["layer"][0].data[0] == 1
    net.save(desks.folder / "w.caffemodel")
    own.blobs[0].data[0] = -1
    net.copy_from(desks.folder / "w.caffemodel")
    assert own.blobs[0].data[0] == 1
    other = desks.net(text)
    other.share_with(net)
    own.blobs[0].data[0] = 6
    assert other.forward()["data"][0] == other.layers[0].blobs[0].data[0] == 6


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
def test_the_phase(desks, phase):
    assert desks.net(python("p", "", "phase", "PhaseLayer"), phase).forward()["phase"] == phase


def test_param_str(desks):
    settings = "param_str: '{\"factor\": 3}' share_in_parallel: true"
    net = desks.net(data((2, 2)) + python("p", "x0", "y", "ParamStr", settings))
    assert net.layers[1].param_str == '{"factor": 3}'
    out = net.forward(x0=np.ones((2, 2)))
    assert (out["y"] == 3).all()


def test_two_tops_a_loss_parameters_and_layers_around_it(desks):
    weights = "loss_weight: 0 loss_weight: 0.5 param { lr_mult: 2 }"
    text = (
        data((2, 3), (2, 2))
        + product("ip", "x0", "h", 3)
        + python("noise", "h", "y size", "Noise", settings=weights)
        + product("out", "y", "out")
        + layer("loss", "EuclideanLoss", "out x1", "loss")
    )
    net = desks.net(text)
    x = np.array([[1.0, -2, 3], [0.5, 1, -1]])
    net.params["noise"][0].data[...] = 0.25
    net.forward(x0=x, x1=np.zeros((2, 2)))
    net.clear_param_diffs()
    net.backward()
    h, y, out = (net.blobs[name].data for name in ("h", "y", "out"))
    np.testing.assert_allclose(y, h + 0.25)
    total = net.forward_layers()
    assert total == pytest.approx((out**2).sum() / 4 + 0.5 * np.abs(h).sum())
    dy = out / 2 @ net.params["out"][0].data
    np.testing.assert_allclose(net.params["noise"][0].diff, dy, rtol=1e-10)
    np.testing.assert_allclose(net.blobs["h"].diff, dy + 0.5 * np.sign(h), rtol=1e-10)
    assert net.layer_dict["noise"].flags == [True]
    assert net.layer_states() == {"noise": {"count": 3}}


def test_it_trains(desks):
    text = (
        data((2, 3), (2, 3))
        + product("ip", "x0", "h", 3)
        + python("noise", "h", "y size", "Noise")
        + layer("loss", "EuclideanLoss", "y x1", "loss")
    )
    desks.write("net.prototxt", text)
    settings = 'net: "net.prototxt" type: "SGD" lr_policy: "fixed" base_lr: 0.1'
    path = desks.write("solver.prototxt", settings)
    solver = build_training(solver=path, device=desks.device, seed=1, allow_python=True).solver
    solver.net.blobs["x0"].data[...] = 1
    solver.net.blobs["x1"].data[...] = 2
    solver.step(1)
    first = solver.loss
    solver.step(20)
    assert solver.loss < first / 2
    assert solver.net.params["noise"][0].data.all()


def test_in_place(desks):
    net = desks.net(data((2, 2)) + python("p", "x0", "x0", "SimpleLayer"))
    assert (net.forward(x0=np.ones((2, 2)))["x0"] == 10).all()


def test_a_class_with_its_own_init(desks):
    net = desks.net(data((2, 2)) + python("p", "x0", "y", "WithArguments"))
    assert net.layers[1].ready and (net.forward(x0=np.ones((2, 2)))["y"] == 10).all()


def test_a_class_in_the_style_of_registered_layers(desks):
    net = desks.net(data((2, 3)) + python("p", "x0", "y", "OurStyle"))
    own = net.layers[1]
    assert own.xp is np and own.blob_names == ["shift"]
    np.testing.assert_allclose(net.forward(x0=np.ones((2, 3)))["y"], 1 + own.noise)


def test_attributes_named_as_methods_of_the_base(desks):
    net = desks.net(data((2, 2)) + python("p", "x0", "y", "OwnNames"))
    assert (net.forward(x0=np.ones((2, 2)))["y"] == 10).all()
    assert net.layer_states() == {} and net.layer_dict["p"].state == {"seen": 0}
    net.close()


def test_attributes_of_the_users_object(desks):
    net = desks.net(
        data((2, 2)) + python("p", "x0", "y", "ParamStr", "param_str: '{\"factor\": 3}'")
    )
    net.layer_dict["p"].factor = 5
    assert (net.forward(x0=np.ones((2, 2)))["y"] == 5).all()


# Finding the module.


def test_the_module_may_lie_in_the_current_folder(desk, tmp_path, monkeypatch):
    elsewhere = tmp_path / "work"
    elsewhere.mkdir()
    (elsewhere / "user_here.py").write_text(MODULE)
    monkeypatch.chdir(elsewhere)
    text = data((2, 2)) + python("p", "x0", "y", "SimpleLayer").replace("user_layers", "user_here")
    desk.net(text)
    assert sys.modules["user_here"].__file__ == str(elsewhere / "user_here.py")


def test_a_package_with_a_dot_in_its_name(desk, tmp_path):
    (tmp_path / "user_package").mkdir()
    (tmp_path / "user_package" / "inner.py").write_text(MODULE)
    desk.net(
        data((2, 2))
        + python("p", "x0", "y", "SimpleLayer").replace("user_layers", "user_package.inner")
    )


def test_caffe_is_this_package_in_the_users_module(desk):
    desk.net(data((2, 2)) + python("p", "x0", "y", "SimpleLayer"))
    assert sys.modules["user_layers"].caffe is caffe
    assert sys.modules["user_layers"].ConfigError is caffe.errors.ConfigError


@pytest.mark.parametrize("cls", ["OneArgument", "OldStyleInit"])
def test_init_gets_the_param_alone(desks, cls):
    net = desks.net(data((2, 2)) + python("p", "x0", "y", cls))
    assert (net.forward(x0=np.ones((2, 2)))["y"] == 10).all()
    found = {"OneArgument": "name_in_file", "OldStyleInit": "arguments"}[cls]
    assert getattr(net.layers[1], found) == {"OneArgument": "p", "OldStyleInit": 1}[cls]


@pytest.mark.parametrize(("phase", "text"), [(caffe.TRAIN, "TRAIN"), (caffe.TEST, "TEST")])
def test_names_of_early_forks(desks, phase, text):
    layers = data((2, 2)) + python("p", "x0", "y", "OfEarlyForks", "param_str: 'factor: 7'")
    net = desks.net(layers, phase)
    own = net.layers[1]
    assert own.key == text == own.phase.name == f"{own.phase}"
    assert own.phase == phase and isinstance(own.phase, int) and repr(own.phase) == repr(phase)
    assert {0: "a", 1: "b"}[own.phase] == "ab"[phase] and f"{own.phase:d}" == str(phase)
    assert (net.forward(x0=np.ones((2, 2)))["y"] == 7).all()
