"""Where gradients flow: the layers and bottoms that need backward."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import MyCaffeWarning

from ..building import data, fill, layer, make_net, product

LOSS = layer("loss", "EuclideanLoss", "y x1", "loss")


def flow(text, **options):
    net = make_net(text, **options)
    return {
        name: (net.layer_need_backward[i], net.bottom_need_backward[i])
        for i, name in enumerate(net.layer_names)
    }


CHAIN = data((2, 3), (2, 2)) + product("a", "x0", "h") + product("b", "h", "y") + LOSS


def test_gradients_flow_down_to_the_lowest_weights():
    assert flow(CHAIN) == {
        "data": (False, []),
        "a": (True, [False]),
        "b": (True, [True]),
        "loss": (True, [True, False]),
    }


def test_lr_mult_0_stops_them():
    frozen = CHAIN.replace('top: "h"', 'top: "h" param { lr_mult: 0 } param { lr_mult: 0 }')
    assert flow(frozen)["a"] == (False, [False])
    assert flow(frozen)["b"] == (True, [False])
    half = CHAIN.replace('top: "h"', 'top: "h" param { lr_mult: 0 }')
    net = fill(make_net(half))
    assert net.layers[1].param_propagate_down == [False, True]
    net.forward()
    net.backward()
    assert not net.params["a"][0].diff.any() and net.params["a"][1].diff.any()


def test_no_loss_no_gradient():
    net = flow(data((2, 3)) + product("a", "x0", "h") + product("b", "h", "y"))
    assert net["a"] == net["b"] == (False, [False])


def test_a_branch_without_a_loss_is_left_out():
    text = CHAIN + product("c", "h", "side") + layer("quiet", "Silence", "side")
    net = flow(text)
    assert net["c"] == net["quiet"] == (False, [False])
    assert net["a"] == (True, [False]) and net["b"] == (True, [True])


def test_any_top_may_be_a_loss():
    text = data((2, 3)) + product("a", "x0", "h", settings="loss_weight: 2")
    assert flow(text)["a"] == (True, [False])


def test_propagate_down_false_stops_gradients():
    stopped = CHAIN.replace('top: "y"', 'top: "y" propagate_down: false')
    assert flow(stopped)["b"] == (True, [False])
    assert flow(stopped)["a"] == (False, [False])


def test_propagate_down_false_in_a_layer_without_weights():
    text = data((2, 3), (2, 2)) + product("a", "x0", "h")
    text += layer("t", "TanH", "h", "y", "propagate_down: false") + LOSS
    net = flow(text)
    assert net["a"] == (False, [False])
    assert net["t"][1] == [False]
    assert net["loss"] == (True, [True, False])  # the gradient of y is still there to look at


def test_propagate_down_true_reaches_the_inputs():
    text = CHAIN.replace('top: "h"', 'top: "h" propagate_down: true')
    assert flow(text)["a"] == (True, [True])
    net = fill(make_net(text))
    net.forward()
    assert net.backward()["x0"].all()
    text = CHAIN.replace('top: "loss"', 'top: "loss" propagate_down: true propagate_down: true')
    assert flow(text)["loss"] == (True, [True, True])


def test_propagate_down_true_without_any_weights():
    text = data((2, 3), (2, 3)) + layer("t", "TanH", "x0", "y", "propagate_down: true") + LOSS
    net = fill(make_net(text))
    net.forward()
    net.backward()
    y = np.tanh(net.blobs["x0"].data)
    wanted = (y - net.blobs["x1"].data) / 2 * (1 - y * y)
    np.testing.assert_allclose(net.blobs["x0"].diff, wanted, rtol=1e-10)


def test_force_backward():
    text = CHAIN.replace('top: "h"', 'top: "h" param { lr_mult: 0 } param { lr_mult: 0 }')
    net = flow("force_backward: true " + text)
    assert net == {
        "data": (True, []),
        "a": (True, [True]),
        "b": (True, [True]),
        "loss": (True, [True, True]),  # EuclideanLoss allows both
    }
    built = make_net("force_backward: true " + text)
    assert built.layers[1].param_propagate_down == [True, True]


def test_need_backward_through_splits_and_in_place_layers():
    text = (
        data((2, 3), (2, 2)) + product("a", "x0", "h") + layer("r", "ReLU", "h", "h")
        + layer("t", "TanH", "h", "t") + layer("s", "Sigmoid", "h", "s", "propagate_down: false")
        + layer("loss", "EuclideanLoss", "t s", "loss")
    )  # fmt: skip
    net = flow(text)
    assert net["h_r_0_split"] == net["r"] == (True, [True])
    assert net["t"] == (True, [True])
    assert net["s"][1] == [False]


def test_gradients_of_outputs_that_reach_nothing_are_warned_of():
    """As in a generator whose loss is in another net: Caffe does nothing, silently."""
    text = data((2, 3)) + product("ip", "x0", "y")
    with pytest.warns(MyCaffeWarning, match="backward.. does nothing, .* force_backward: true"):
        make_net(text).backward(y=np.ones((2, 2)))
    net = make_net("force_backward: true " + text)
    net.backward(y=np.ones((2, 2)))
    assert net.params["ip"][1].diff.tolist() == [2, 2]
