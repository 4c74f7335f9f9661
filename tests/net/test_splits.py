"""insert_splits: Caffe's names, counts and loss weights."""

from __future__ import annotations

import numpy as np

from mycaffe_py.net.splits import insert_splits, split_name
from mycaffe_py.plugins import default_registry

from ..building import data, document, fill, layer, make_net, product


def inserted(text):
    """Return each layer after insertion as (name, bottoms, tops, loss weights)."""
    new_layer = default_registry().schema.message_class("LayerParameter")
    layers = list(document(text).message.layer)
    result = insert_splits(layers, new_layer)
    assert [param for param, index in result if index is not None] == layers
    assert [index for _, index in result if index is not None] == list(range(len(layers)))
    assert all((param.type == "Split") == (index is None) for param, index in result)
    return [(p.name, list(p.bottom), list(p.top), list(p.loss_weight)) for p, _ in result]


def test_name():
    assert split_name("blob", "producer", 2) == "blob_producer_2_split"


def test_nothing_to_split():
    text = data((2,)) + layer("a", "ReLU", "x0", "y") + layer("b", "ReLU", "y", "z")
    assert inserted(text) == [
        ("data", [], ["x0"], []), ("a", ["x0"], ["y"], []), ("b", ["y"], ["z"], []),
    ]  # fmt: skip


def test_consumers_are_counted_in_order():
    text = data((2,), (2,)) + layer("a", "ReLU", "x1", "y") + layer("b", "Concat", "x1 y x1", "z")
    assert inserted(text) == [
        ("data", [], ["x0", "x1"], []),
        (
            "x1_data_1_split", ["x1"],
            ["x1_data_1_split_0", "x1_data_1_split_1", "x1_data_1_split_2"], [],
        ),
        ("a", ["x1_data_1_split_0"], ["y"], []),
        ("b", ["x1_data_1_split_1", "y", "x1_data_1_split_2"], ["z"], []),
    ]  # fmt: skip


def test_an_in_place_layer_makes_its_blob_anew():
    text = (
        data((2, 3)) + product("ip", "x0", "y") + layer("relu", "ReLU", "y", "y")
        + layer("a", "TanH", "y", "a") + layer("b", "TanH", "y", "b")
    )  # fmt: skip
    assert inserted(text)[2:] == [
        ("relu", ["y"], ["y"], []),
        ("y_relu_0_split", ["y"], ["y_relu_0_split_0", "y_relu_0_split_1"], []),
        ("a", ["y_relu_0_split_0"], ["a"], []),
        ("b", ["y_relu_0_split_1"], ["b"], []),
    ]


def test_the_split_takes_the_loss_weight():
    text = (
        data((2, 3))
        + product("ip", "x0", "y", settings="loss_weight: 0.25")
        + layer("a", "TanH", "y", "a")
        + layer("b", "TanH", "y", "b")
    )
    assert inserted(text)[1:] == [
        ("ip", ["x0"], ["y"], [0]),
        ("y_ip_0_split", ["y"], [f"y_ip_0_split_{k}" for k in range(3)], [0.25, 0, 0]),
        ("a", ["y_ip_0_split_1"], ["a"], []),
        ("b", ["y_ip_0_split_2"], ["b"], []),
    ]


def test_one_consumer_and_a_loss_weight_are_two_uses():
    text = (
        data((2,)) + layer("a", "TanH", "x0", "y", "loss_weight: 2") + layer("b", "TanH", "y", "z")
    )
    assert inserted(text)[1:] == [
        ("a", ["x0"], ["y"], [0]),
        ("y_a_0_split", ["y"], ["y_a_0_split_0", "y_a_0_split_1"], [2, 0]),
        ("b", ["y_a_0_split_1"], ["z"], []),
    ]


def test_a_loss_weight_without_consumers_stays():
    text = data((2,)) + layer("a", "TanH", "x0", "y", "loss_weight: 2")
    assert inserted(text)[1:] == [("a", ["x0"], ["y"], [2])]


def test_a_loss_that_is_consumed_counts_once():
    text = (
        data((2, 1), (2, 1)) + product("ip", "x0", "y", 1)
        + layer("loss", "EuclideanLoss", "y x1", "l", "loss_weight: 3")
        + layer("quiet", "Silence", "l")
    )  # fmt: skip
    net = fill(make_net(text))
    net.forward()
    wanted = 3 * float(((net.blobs["y"].data - net.blobs["x1"].data) ** 2).sum()) / 4
    assert np.isclose(net.forward_layers(), wanted, rtol=1e-12)
    assert net.blob_loss_weights["l"] == 0
    assert net.blob_loss_weights["l_loss_0_split_0"] == 3
    net.backward()
    difference = net.blobs["y"].data - net.blobs["x1"].data
    np.testing.assert_allclose(net.blobs["y"].diff, 3 * difference / 2, rtol=1e-12)


def test_gradients_of_a_split_add_up():
    text = (
        data((2, 1)) + product("ip", "x0", "y", 1)
        + layer("a", "ReLU", "y", "a", "relu_param { negative_slope: 2 } loss_weight: 1")
        + layer("b", "ReLU", "y", "b", "relu_param { negative_slope: 5 } loss_weight: 10")
    )  # fmt: skip
    net = make_net(text)
    net.params["ip"][0].data[...] = -1
    net.params["ip"][1].data[...] = 0
    net.forward(x0=[[1.0], [2.0]])
    net.backward()
    assert (net.blobs["y"].diff == 2 * 1 + 5 * 10).all()
