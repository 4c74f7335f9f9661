"""Parameter: a blob that is learned as it is."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, MyCaffeError
from mycaffe_py.weights import load_weights

from ...building import data, layer, make_net
from ...solving import make_solver

VALUE = layer("free", "Parameter", "", "p", "%s parameter_param { shape { dim: 2 dim: 3 } }")
LOSS = layer("loss", "EuclideanLoss", "p x0", "loss")
NET = VALUE % "" + data((2, 3)) + LOSS
TARGET = np.arange(6.0).reshape(2, 3)


def net_of(text=NET):
    net = make_net(text)
    net.blobs["x0"].data[...] = TARGET
    return net


def test_starts_at_zero_and_is_no_input():
    net = net_of()
    assert net.blobs["p"].data.tolist() == np.zeros((2, 3)).tolist()
    assert net.inputs == ["x0"]
    assert net.params["free"][0].shape == (2, 3)


def test_top_and_blob_share_their_data_in_the_parameter_buffer():
    net = net_of()
    net.forward()
    for _ in range(2):
        assert np.shares_memory(net.blobs["p"].data, net.params["free"][0].data)
        assert np.shares_memory(net.blobs["p"].data, net.parameters.data)
        net.forward_backward()
    net.parameters.data[...] = 5
    assert (net.blobs["p"].data == 5).all()


def test_gradient_descent_follows_the_closed_form():
    # loss = |p - t|^2 / (2 * 2), so dp = (p - t) / 2: at a rate of 0.1 the error falls by 5 % each time.
    net = net_of()
    solver = make_solver(net=net)
    for step in range(1, 6):
        solver.step(1)
        expected = TARGET * (1 - 0.95**step)
        np.testing.assert_allclose(net.params["free"][0].data, expected, 1e-12)
    assert solver.loss == pytest.approx((TARGET**2).sum() / 4 * 0.95 ** (2 * 4), rel=1e-12)


def test_gradients_of_several_passes_add_up():
    for size in (1, 3):
        net = net_of()
        inputs = iter([TARGET, 2 * TARGET, 6 * TARGET][-size:])
        net.before_forward(
            lambda index, net=net, inputs=inputs: (
                index or net.blobs["x0"].data.__setitem__(..., next(inputs))
            )
        )
        make_solver(f"iter_size: {size}", net=net).step(1)
        mean = TARGET * (6 if size == 1 else 3)
        np.testing.assert_allclose(net.params["free"][0].data, 0.1 * mean / 2, 1e-12)


def test_several_layers_read_it():
    scaled = layer("twice", "Power", "p", "q", "power_param { scale: 2 }")
    second = layer("loss2", "EuclideanLoss", "q x0", "loss2")
    net = net_of(VALUE % "" + data((2, 3)) + LOSS + scaled + second)
    net.forward_backward()
    # -(t / 2) from the one, -2 (t / 2) from the other.
    np.testing.assert_allclose(net.params["free"][0].diff, -TARGET / 2 - TARGET, 1e-12)


def test_two_layers_share_it_by_name():
    named = 'param { name: "w" }'
    other = layer(
        "more", "Parameter", "", "q", f"{named} parameter_param {{ shape {{ dim: 2 dim: 3 }} }}"
    )
    second = layer("loss2", "EuclideanLoss", "q x0", "loss2")
    net = net_of(VALUE % named + other + data((2, 3)) + LOSS + second)
    net.forward_backward()
    assert len(net.learnable_params) == 1
    np.testing.assert_allclose(net.params["free"][0].diff, -TARGET, 1e-12)
    net.params["free"][0].data[...] = 7
    assert (net.forward()["loss"] == net.blobs["loss2"].data).all()
    assert (net.blobs["q"].data == 7).all()


def test_it_does_not_learn_with_lr_mult_zero():
    net = net_of(VALUE % "param { lr_mult: 0 }" + data((2, 3)) + LOSS)
    assert not any(net.layer_need_backward)
    net.forward_backward()
    assert not net.params["free"][0].diff.any()


def test_saved_and_loaded(tmp_path):
    net = net_of()
    net.params["free"][0].data[...] = TARGET
    net.save(tmp_path / "it.caffemodel")
    other = net_of()
    load_weights(other, tmp_path / "it.caffemodel")
    assert other.forward()["loss"].item() == 0
    shared = net_of()
    shared.share_with(net)
    assert shared.forward()["loss"].item() == 0


def test_single_number(build):
    built = build('type: "Parameter" parameter_param { shape {} }')
    assert built.forward().shape == ()
    built.backward(3.0)
    assert built.layer.blobs[0].diff.item() == 3


def test_shape_must_be_given(build):
    message = r'layer "it" \(Parameter\): shape is missing'
    with pytest.raises(LayerError, match=message) as caught:
        build('type: "Parameter"')
    assert caught.value.field == "parameter_param"


def test_shape_without_sense():
    text = layer("free", "Parameter", "", "p", "parameter_param { shape { dim: -2 } }")
    with pytest.raises(MyCaffeError, match=r'"free" \(Parameter\): .*negative dimension: \(-2,\)'):
        make_net(text)


def test_takes_no_bottom(build):
    with pytest.raises(LayerError, match=r"\(Parameter\): needs exactly 0 bottom blobs, got 1"):
        build('type: "Parameter" parameter_param { shape { dim: 1 } }', [1.0])
