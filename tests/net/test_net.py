"""Net: running forward and backward, reshaping, sharing, exceptions, gradients of a whole net."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from mycaffe_py.device import Device
from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net
from mycaffe_py.net.engine import NetEngine
from mycaffe_py.plugins import default_registry
from mycaffe_py.testing import strict_device

from ..building import data, document, fill, layer, make_net, product

TWO = (
    "name: 'two'" + data((4, 3), (4, 2)) + product("a", "x0", "h", 5) + layer("t", "TanH", "h", "h")
    + product("b", "h", "y") + layer("loss", "EuclideanLoss", "y x1", "loss")
)  # fmt: skip


def by_hand(net):
    """Return (h, y, loss) of the net TWO by plain formulas."""
    (w1, b1), (w2, b2) = ([blob.data for blob in net.params[name]] for name in "ab")
    h = np.tanh(net.blobs["x0"].data @ w1.T + b1)
    y = h @ w2.T + b2
    return h, y, ((y - net.blobs["x1"].data) ** 2).sum() / (2 * len(y))


def test_forward_and_backward_by_hand():
    net = fill(make_net(TWO))
    out = net.forward()
    h, y, loss = by_hand(net)
    np.testing.assert_allclose(net.blobs["h"].data, h, rtol=1e-12)
    assert list(out) == ["loss"] and out["loss"] == pytest.approx(loss, rel=1e-12)
    assert net.forward_backward() == pytest.approx(loss, rel=1e-12)
    dy = (y - net.blobs["x1"].data) / 4
    np.testing.assert_allclose(net.params["b"][0].diff, dy.T @ h, rtol=1e-10)
    np.testing.assert_allclose(net.params["b"][1].diff, dy.sum(axis=0), rtol=1e-10)
    dh = dy @ net.params["b"][0].data * (1 - h * h)
    np.testing.assert_allclose(net.params["a"][0].diff, dh.T @ net.blobs["x0"].data, rtol=1e-10)


def test_looking_in():
    net = make_net(TWO, phase=TEST)
    assert repr(net) == "Net('two', TEST, 5 layers)"
    assert net.layer_names == ["data", "a", "t", "b", "loss"]
    assert list(net.params) == ["a", "b"]
    assert net.layer_dict["t"] is net.layers[2]
    assert net.bottom_names["loss"] == ["y", "x1"] and net.top_names["data"] == ["x0", "x1"]
    assert net.blob_loss_weights == {"x0": 0, "x1": 0, "h": 0, "y": 0, "loss": 1}
    assert net.layer_index("b") == 3
    with pytest.raises(
        ConfigError, match=r'net "two" has no layer "los" \(did you mean "loss"\?\)'
    ):
        net.layer_index("los")


def test_output_values_are_plain_numbers_by_name():
    net = make_net(data((2, 2), ()) + layer("t", "TanH", "x0", "y"))
    net.forward(x0=np.zeros((2, 2)), x1=3)
    assert net.output_values() == {"x1": 3, "y[0]": 0, "y[1]": 0, "y[2]": 0, "y[3]": 0}
    assert all(type(value) is float for value in net.output_values().values())


# Parts of a net, arguments.


def test_forward_from_and_to_a_layer():
    net = fill(make_net(TWO))
    net.forward()
    out = net.forward(start="b", end="b")
    assert list(out) == ["y"]
    net.blobs["h"].data[...] = 0
    out = net.forward(start="b", end="loss", blobs=["y", "h"])
    assert list(out) == ["loss", "y", "h"]
    np.testing.assert_allclose(out["y"], np.tile(net.params["b"][1].data, (4, 1)))
    assert (net.blobs["h"].data == 0).all()
    assert list(net.forward(end="a")) == ["h"]
    assert list(net.forward(end="data")) == ["x0", "x1"]


def test_backward_from_and_to_a_layer():
    net = fill(make_net("force_backward: true " + TWO))
    net.forward()
    net.blobs["y"].diff[...] = 1
    out = net.backward(start="b", end="b", diffs=["y"])
    assert list(out) == ["h", "y"]
    np.testing.assert_allclose(out["h"], np.tile(net.params["b"][0].data.sum(axis=0), (4, 1)))
    assert not net.params["a"][0].diff.any()
    assert list(net.backward()) == ["x0", "x1"]


def test_arguments_fill_inputs_and_diffs_of_outputs():
    net = make_net("force_backward: true " + data((2, 3)) + product("ip", "x0", "y"))
    net.forward(x0=np.ones((2, 3)))
    out = net.backward(y=[[1, 0], [0, 2]])
    weight = net.params["ip"][0].data
    np.testing.assert_allclose(out["x0"], [weight[0], 2 * weight[1]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: net.forward(x0=1), ConfigError, "Input blob arguments do not match net inputs"),
        (lambda net: net.forward(x0=1, x1=1, x2=1), ConfigError, r"\['x0', 'x1', 'x2'\]"),
        (lambda net: net.backward(y=1), ConfigError, r"Top diff arguments do not match .*\['y'\].*\['loss'\]"),
        (lambda net: net.forward(start="q"), ConfigError, 'no layer "q"'),
        (lambda net: net.backward(end="q"), ConfigError, 'no layer "q"'),
        (lambda net: net.forward(blobs=["z"]), ConfigError, 'no blob "z"'),
        (lambda net: net.backward(diffs=["z"]), ConfigError, 'no blob "z"'),
        (
            lambda net: net.forward(x0=np.zeros((3, 3)), x1=np.zeros((4, 2))), ShapeError,
            r'input "x0" \(3, 3\) is not batch sized \(4, 3\)',
        ),
        (
            lambda net: net.forward(x0=np.zeros((4, 7)), x1=np.zeros((4, 2))), ShapeError,
            r'input "x0": got \(4, 7\), the blob is \(4, 3\)',
        ),
        (lambda net: net.forward(x0=1, x1=np.zeros((4, 2))), ShapeError, "not batch sized"),
    ],
)  # fmt: skip
def test_wrong_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call(make_net(TWO))


def test_callbacks_run_around_each_layer():
    net, calls = fill(make_net(TWO)), []
    for name in ("before_forward", "after_forward", "before_backward", "after_backward"):
        getattr(net, name)(lambda index, name=name: calls.append((name, index)))
    net.forward(start="b")
    net.backward(end="b")
    assert calls == [
        ("before_forward", 3), ("after_forward", 3), ("before_forward", 4), ("after_forward", 4),
        ("before_backward", 4), ("after_backward", 4), ("before_backward", 3), ("after_backward", 3),
    ]  # fmt: skip


# Another batch size.


def test_another_batch_size_and_back():
    net = fill(make_net(TWO))
    first = {name: array.copy() for name, array in net.forward(blobs=["y"]).items()}
    kept = {name: net.blobs[name].data.copy() for name in net.inputs}
    for name in net.inputs:
        net.blobs[name].reshape(9, net.blobs[name].shape[1])
    net.reshape()
    assert net.blobs["y"].shape == (9, 2) and net.blobs["loss"].shape == ()
    fill(net, 5).forward_backward()
    assert net.blobs["loss"].data == pytest.approx(by_hand(net)[2], rel=1e-12)
    for name, values in kept.items():
        net.blobs[name].reshape(values.shape)
    again = net.forward(blobs=["y"], **kept)
    for name, values in first.items():
        np.testing.assert_array_equal(again[name], values)


def test_loss_weights_follow_a_larger_batch():
    net = make_net(data((2, 3)) + product("ip", "x0", "y", 1, "loss_weight: 0.5"))
    for batch in (2, 5, 3):
        net.blobs["x0"].reshape(batch, 3)
        net.clear_param_diffs()
        fill(net).forward_backward()
        assert (net.blobs["y"].diff == 0.5).all()
        np.testing.assert_allclose(net.params["ip"][1].diff, [0.5 * batch])


def test_loss_is_the_weighted_sum():
    net = make_net(
        data((2, 3), (2, 2))
        + product("ip", "x0", "y", 2, "loss_weight: 0.5")
        + layer("loss", "EuclideanLoss", "y x1", "loss", "loss_weight: 3")
    )
    loss = fill(net).forward_layers()
    y = net.blobs["y"].data
    wanted = 0.5 * y.sum() + 3 * ((y - net.blobs["x1"].data) ** 2).sum() / 4
    assert loss == pytest.approx(wanted, rel=1e-12)


# Gradients of a whole net.

WIDE = (
    data((3, 4), (3, 2), (3, 4))
    + product("a", "x0", "a", 4, 'param { name: "w" } param { name: "b" }')
    + layer("relu", "ReLU", "a", "a", "relu_param { negative_slope: 0.2 }")
    + product("s", "a", "s", 4, 'param { name: "w" } param { name: "b" }')
    + layer("gate", "Sigmoid", "s", "gate")
    + layer("join", "Concat", "a gate x2", "join")
    + layer("cut", "Slice", "join", "left right", "slice_param { slice_point: 5 }")
    + layer("soft", "SoftPlus", "left", "left")
    + product("c", "left", "c", 2, "param { } param { lr_mult: 0 }")
    + product("d", "right", "d", 2, "loss_weight: 0.3")
    + layer("loss1", "EuclideanLoss", "c d", "loss1", "loss_weight: 2")
    + layer("loss2", "MEAN_ERROR_LOSS", "c x1", "loss2", "mean_error_loss_param { mean_error_type: MSE }")
)  # fmt: skip


def test_numeric_gradient_of_a_whole_net():
    net = fill(make_net("force_backward: true " + WIDE), 3)
    net.clear_param_diffs()
    net.forward_backward()
    arrays = [(blob.data, blob.diff.copy()) for blob in net.learnable_params]
    arrays += [(net.blobs[name].data, net.blobs[name].diff.copy()) for name in net.inputs]
    for values, gradient in arrays:
        for index in np.ndindex(values.shape):
            kept = values[index]
            values[index] = kept + 1e-5
            above = net.forward_layers()
            values[index] = kept - 1e-5
            below = net.forward_layers()
            values[index] = kept
            assert gradient[index] == pytest.approx((above - below) / 2e-5, rel=1e-6, abs=1e-8)


def test_the_same_seed_gives_the_same_bits():
    def run():
        net = make_net(TWO, dtype=np.float32, device=Device(seed=7))
        fill(net).forward_backward()
        return net

    first, second = run(), run()
    assert first.parameters.data.tobytes() == second.parameters.data.tobytes()
    assert first.parameters.diff.tobytes() == second.parameters.diff.tobytes()


@pytest.mark.parametrize("model", [TWO, WIDE])
def test_runs_on_the_strict_device(model):
    device = strict_device()
    net = Net(document(model), registry=default_registry(), device=device, dtype=np.float64)
    plain = fill(make_net(model))
    for mine, other in zip(net.learnable_params, plain.learnable_params, strict=True):
        mine.data[...] = device.asarray(other.data)
    lines = []
    net.debug_info, net.log = True, lines.append
    out = net.forward(**{name: plain.blobs[name].data for name in net.inputs})
    net.backward()
    plain.forward_backward()
    for name, values in out.items():
        np.testing.assert_allclose(device.to_host(values), plain.blobs[name].data, rtol=1e-12)
    np.testing.assert_allclose(
        device.to_host(net.parameters.diff), plain.parameters.diff, rtol=1e-10, atol=1e-14
    )
    assert net.first_non_finite() == "every blob is finite"
    assert list(net.output_values()) == list(plain.output_values()) and lines


# Sharing weights with another net.


def test_the_strict_device_takes_host_arrays_as_arguments():
    device = strict_device(seed=3)
    net = make_net(TWO, device=device)
    rng = np.random.default_rng(1)
    arrays = {name: rng.standard_normal(net.blobs[name].shape) for name in net.inputs}
    loss = net.forward(**arrays)["loss"]
    assert device.to_host(net.blobs["x0"].data).tolist() == arrays["x0"].tolist()
    net.backward(loss=np.ones(()))
    assert loss.item() > 0 and device.to_host(net.blobs["loss"].diff).tolist() == 1


def test_attributes_are_declared():
    declared = inspect.getsource(NetEngine)
    for name in vars(make_net(TWO)):
        assert f"self.{name}" in declared


def test_share_with():
    train = make_net(TWO)
    test = make_net(TWO.replace('layer { name: "loss"', 'layer { name: "other"'), phase=TEST)
    test.share_with(train)
    train.parameters.data[...] = 0.25
    for name, blobs in test.params.items():
        for blob, source in zip(blobs, train.params[name], strict=True):
            assert np.shares_memory(blob.data, source.data)
            assert not np.shares_memory(blob.diff, source.diff)
    np.testing.assert_array_equal(fill(test).forward()["loss"], fill(train).forward()["loss"])


def test_share_with_leaves_other_layers_alone():
    other = make_net(TWO.replace('name: "b"', 'name: "c"'))
    net = make_net(TWO)
    kept = net.params["b"][0].data.copy()
    net.share_trained_layers_with(other)
    np.testing.assert_array_equal(net.params["b"][0].data, kept)
    assert np.shares_memory(net.params["a"][0].data, other.params["a"][0].data)


def test_share_with_other_shapes():
    with pytest.raises(
        ShapeError, match=r'layer "a" cannot share weights: \[\(5, 3\), \(5,\)\] here'
    ):
        make_net(TWO).share_with(make_net(TWO.replace("num_output: 5", "num_output: 6")))


# Numbers that are not finite.


def test_first_non_finite():
    net = fill(make_net(TWO))
    net.forward()
    assert net.first_non_finite() == "every blob is finite"
    net.params["b"][1].data[0] = np.nan
    net.blobs["loss"].data[...] = np.nan
    assert net.first_non_finite() == (
        'the first bad blob is param bias of layer "b" (InnerProduct)'
    )
    net.blobs["h"].data[0, 0] = np.inf
    assert net.first_non_finite() == 'the first bad blob is top "h" of layer "a" (InnerProduct)'
    net.blobs["x0"].data[0, 0] = -np.inf
    assert net.first_non_finite() == 'the first bad blob is top "x0" of layer "data" (Input)'


def test_large_numbers_are_finite():
    net = make_net(TWO, dtype=np.float32)
    net.blobs["x0"].data[...] = 3e38  # their sum is infinite
    assert net.first_non_finite() == "every blob is finite"
