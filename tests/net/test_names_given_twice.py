"""Layers of one name in a net, as Caffe's own autoencoder has: fine unless both have weights of their own."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import PrototxtError

from ..building import data, fill, layer, make_net, product

# Two losses, and a layer with weights between two without any.
NET = (
    data((3, 2))
    + layer("fc", "ReLU", "x0", "a")
    + product("fc", "a", "b")
    + layer("fc", "TanH", "b", "b")
    + layer("loss", "EuclideanLoss", "b x0", "first", "loss_weight: 1")
    + layer("act", "Sigmoid", "b", "c")
    + layer("loss", "EuclideanLoss", "c x0", "second", "loss_weight: 0")
)
SHARED = 'param { name: "w" } param { name: "b" }'


def test_the_net_runs():
    net = fill(make_net(NET))
    assert net._layer_names.count("loss") == 2 and net.outputs == ["first", "second"]
    assert net.forward_backward() == pytest.approx(float(net.blobs["first"].data))
    assert net.params["fc"][0].diff.any()
    assert net.layer_dict["loss"].param.top[0] == "second"  # the last one, as in pycaffe
    assert set(net.forward(end="loss")) == {"first"}


@pytest.mark.parametrize("save", ["save", "save_hdf5"])
def test_weights_find_their_layer(tmp_path, save):
    net, other = make_net(NET), make_net(NET)
    net.params["fc"][0].data[...] = 7
    getattr(net, save)(tmp_path / "w")
    other.copy_from(tmp_path / "w")
    np.testing.assert_array_equal(other.parameters.data, net.parameters.data)
    third = make_net(NET)
    third.share_with(net)
    net.params["fc"][0].data[...] = 8
    assert (third.params["fc"][0].data == 8).all()


def test_each_keeps_its_own_state():
    net, other = make_net(NET), make_net(NET)
    taken = []
    for number, index in enumerate((2, 4)):  # behind the data and its Split
        net.layers[index].state = lambda number=number: {"position": number}
        other.layers[index].load_state = taken.append
    states = net.layer_states()
    assert states == {"fc": {"position": 0}, "fc (3)": {"position": 1}}
    other.load_layer_states(states)
    assert taken == [{"position": 0}, {"position": 1}]


def test_weights_of_their_own_under_one_name():
    text = data((3, 2)) + product("fc", "x0", "a") + product("fc", "a", "b")
    with pytest.raises(PrototxtError) as caught:
        make_net(text)
    (problem,) = caught.value.problems
    assert problem.code == "E204" and problem.location.line == 3
    assert problem.message == 'two layers with weights are named "fc"'
    assert problem.hint.startswith("the first one is at ") and problem.hint.endswith(":2:15")


def test_weights_that_are_shared_may_have_one_name(tmp_path):
    text = data((3, 2)) + product("fc", "x0", "a", 2, SHARED) + product("fc", "a", "b", 2, SHARED)
    net, other = make_net(text), make_net(text)
    net.params["fc"][0].data[...] = 3
    net.save(tmp_path / "w")
    other.copy_from(tmp_path / "w")
    np.testing.assert_array_equal(other.parameters.data, net.parameters.data)
    assert (other.layers[1].blobs[0].data == 3).all()


def test_a_mistake_is_located_in_its_own_layer():
    text = data((3, 2)) + layer("a", "ReLU", "x0", "y") + layer("a", "Slice", "y", "p q r")
    with pytest.raises(PrototxtError) as caught:
        make_net(text)
    assert caught.value.problems[0].location.line == 3
