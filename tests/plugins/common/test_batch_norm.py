"""BatchNorm and MVN."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, PrototxtError
from mycaffe_py.layer import TEST, TRAIN

from ...building import data, fill, layer, make_net, product
from ...solving import make_solver

EPS = float(np.float32(1e-5))
DECAY = float(np.float32(0.999))


def batch_norm(settings="", layer_settings=""):
    return f'name: "bn" type: "BatchNorm" batch_norm_param {{ {settings} }} {layer_settings}'


def mvn(settings=""):
    return f'name: "mvn" type: "MVN" mvn_param {{ {settings} }}'


@pytest.fixture
def images(rng):
    return 3 * rng.standard_normal((4, 3, 2, 5)) + 2


def statistics(x):
    """Return (mean, variance, mean and unbiased variance of torch's kind) over all but axis 1."""
    axes = (0, *range(2, x.ndim))
    return x.mean(axes), x.var(axes), x.var(axes, ddof=1)


@pytest.mark.parametrize("in_place", ["", 'bottom: "in_place"'])
def test_a_batch_gets_mean_0_and_variance_1(build, images, in_place):
    built = build(batch_norm(layer_settings=in_place), images)
    y = built.forward()
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-14)
    np.testing.assert_allclose(y.var((0, 2, 3)), 1, atol=1e-4)
    assert (built.top[0] is built.bottom[0]) == bool(in_place)


def test_each_forward_adds_to_the_statistics(build, images):
    built = build(batch_norm(), images)
    assert [blob.shape for blob in built.layer.blobs] == [(3,), (3,), (1,)]
    mean, variance, factor = np.zeros(3), np.zeros(3), 0.0
    for scale in (1, 2, 5):
        built.bottom[0].data[...] = images * scale
        built.forward()
        batch_mean, _, unbiased = statistics(images * scale)
        mean, variance = mean * DECAY + batch_mean, variance * DECAY + unbiased
        factor = factor * DECAY + 1
        for blob, expected in zip(built.layer.blobs, (mean, variance, factor), strict=True):
            np.testing.assert_allclose(blob.data, expected, rtol=1e-12)


def test_testing_uses_the_stored_statistics_and_leaves_them(build, images):
    built = build(batch_norm("eps: 0.25"), images, phase=TEST)
    for blob, values in zip(built.layer.blobs, ([2, 4, 6], [8, 10, 30], [2]), strict=True):
        blob.data[...] = values
    mean, variance = np.array([1, 2, 3]), np.array([4, 5, 15])
    slope = (1 / np.sqrt(variance + 0.25)).reshape(3, 1, 1)
    expected = (images - mean.reshape(3, 1, 1)) * slope
    np.testing.assert_allclose(built.forward(), expected, rtol=1e-12, atol=1e-12)
    (dx,) = built.backward(images)
    np.testing.assert_allclose(dx, images * slope, rtol=1e-12)
    assert built.layer.blobs[2].data == 2


def test_without_statistics_testing_divides_by_the_root_of_eps(build, images):
    y = build(batch_norm(), images, phase=TEST).forward()
    np.testing.assert_allclose(y, images / np.sqrt(EPS), rtol=1e-12)


@pytest.mark.parametrize("phase", [TRAIN, TEST])
@pytest.mark.parametrize("use", ["true", "false"])
def test_use_global_stats_overrides_the_phase(build, images, phase, use):
    built = build(batch_norm(f"use_global_stats: {use}"), images, phase=phase)
    built.forward()
    assert built.layer.blobs[2].data.item() == (use == "false")


@pytest.mark.parametrize("shape", [(6, 3), (2, 3, 4), (2, 3, 2, 2, 2)])
def test_any_number_of_axes(build, rng, shape):
    x = rng.standard_normal(shape)
    mean, variance, _ = (value.reshape(3, *[1] * (len(shape) - 2)) for value in statistics(x))
    y = build(batch_norm(), x).forward()
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(variance + EPS), rtol=1e-10, atol=1e-10)


def test_a_blob_of_one_axis_is_one_channel(build):
    built = build(batch_norm(), [1.0, 2.0, 3.0, 6.0])
    np.testing.assert_allclose(built.forward(), np.array([-2, -1, 0, 3]) / np.sqrt(3.5 + EPS))
    mean, variance, _ = built.layer.blobs
    assert mean.data == 3
    np.testing.assert_allclose(variance.data, 14 / 3)


def test_one_value_a_channel(build):
    built = build(batch_norm(), [[4.0, -1.0]])
    assert built.forward().tolist() == [[0, 0]]
    assert [blob.data.tolist() for blob in built.layer.blobs] == [[4, -1], [0, 0], [1]]
    assert built.backward([[1, 1]])[0].tolist() == [[0, 0]]


def test_scale_bias_learns_two_more_blobs(build, images):
    built = build(batch_norm("scale_bias: true"), images)
    assert [blob.name for blob in built.layer.blobs][3:] == ["scale", "bias"]
    plain = build(batch_norm(), images).forward()
    np.testing.assert_allclose(built.forward(), plain, rtol=1e-12)
    built.layer.blobs[3].data[...], built.layer.blobs[4].data[...] = 2, [1, 0, -1]
    np.testing.assert_allclose(
        built.forward(), 2 * plain + np.array([1, 0, -1]).reshape(3, 1, 1), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize(
    ("settings", "blobs"),
    [
        ("scale_filler { value: 2 }", 5),
        ("bias_filler { value: 3 }", 5),
        ("scale_bias: true bias_filler { value: 3 }", 5),
        ("scale_bias: false scale_filler { value: 2 }", 3),
    ],
)
def test_a_filler_alone_asks_for_scale_and_bias_as_nvidias_caffe_does(
    build, images, settings, blobs
):
    built = build(batch_norm(settings), images)
    assert len(built.layer.blobs) == blobs
    if blobs == 5:
        assert set(built.layer.blobs[3].data) == {2.0 if "value: 2" in settings else 1.0}
        assert set(built.layer.blobs[4].data) == {3.0 if "value: 3" in settings else 0.0}


def test_a_frozen_scale_gets_no_gradient(build, images):
    built = build(batch_norm("scale_bias: true"), images)
    built.layer.param_propagate_down[3] = False
    built.forward()
    built.backward(images)
    assert not built.layer.blobs[3].diff.any()
    np.testing.assert_allclose(built.layer.blobs[4].diff, images.sum((0, 2, 3)), rtol=1e-12)


def test_batch_norm_errors(build, images):
    built = build(batch_norm(), images)
    built.bottom[0].reshape(4, 2, 5)
    message = r'\(BatchNorm\): bottom "b0" \(4, 2, 5\) has 2 channels, .* blob "mean" \(3,\) was made for 3'
    with pytest.raises(LayerError, match=message):
        built.forward()
    with pytest.raises(LayerError, match=r'bottom "b0" \(\) must have at least one axis'):
        build(batch_norm(), 1.0)
    with pytest.raises(LayerError, match="eps is -1, but must not be negative"):
        build(batch_norm("eps: -1"), images)


NET = (
    data((4, 3), (4, 2))
    + product("ip1", "x0", "h", 3)
    + layer("bn", "BatchNorm", "h", "h", "SPECS")
    + layer("scale", "Scale", "h", "h", "scale_param { bias_term: true }")
    + layer("relu", "ReLU", "h", "h")
    + product("ip2", "h", "y")
    + layer("loss", "EuclideanLoss", "y x1", "loss")
)


@pytest.mark.parametrize(
    "specs", ["", "param { lr_mult: 0 decay_mult: 1 } " * 3, "param { } phase: TRAIN"]
)
def test_no_solver_changes_the_statistics(specs):
    net = fill(make_net(NET.replace("SPECS", specs)))
    solver = make_solver("weight_decay: 0.1 momentum: 0.9", net=net)
    solver.step(3)
    assert net.layer_dict["bn"].param_propagate_down == [False] * 3
    factor = 1 + DECAY + DECAY**2
    np.testing.assert_allclose(net.params["bn"][2].data, factor, rtol=1e-12)
    assert not any(blob.diff.any() for blob in net.params["bn"])
    assert net.params["scale"][0].diff.any()


def test_the_model_keeps_its_own_words():
    net = make_net(NET.replace("SPECS", "phase: TRAIN"))
    assert not net.document.message.layer[2].param
    assert net.layer_params[2] is net.layers[2].param
    assert len(net.layer_dict["bn"].param.param) == 3


def test_a_test_net_uses_the_statistics_of_the_train_net():
    train, test = (fill(make_net(NET.replace("SPECS", ""), phase=phase)) for phase in (TRAIN, TEST))
    solver = make_solver("test_iter: 1 test_interval: 100", net=train, test_nets=[test])
    solver.step(1)
    solver.test()
    assert np.shares_memory(test.params["bn"][0].data, train.params["bn"][0].data)
    assert test.params["bn"][2].data == 1


def test_the_statistics_are_not_learned():
    with pytest.raises(PrototxtError) as caught:
        make_net(NET.replace("SPECS", "param { lr_mult: 0 } param { lr_mult: 1 }"))
    assert 'layer "bn" (BatchNorm): lr_mult of the blob variance is 1, but must be 0' in str(
        caught.value
    )
    assert caught.value.problems[0].location.line == 3


def test_mvn_of_each_channel_and_of_each_item(build, images):
    for settings, axes in (("", (2, 3)), ("across_channels: true", (1, 2, 3))):
        built = build(mvn(settings), images)
        mean, deviation = images.mean(axes, keepdims=True), images.std(axes, keepdims=True)
        np.testing.assert_allclose(built.forward(), (images - mean) / (deviation + 1e-9), rtol=1e-9)
        y = build(mvn(f"{settings} normalize_variance: false"), images).forward()
        np.testing.assert_allclose(y, images - mean, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("settings", ["", "eps: 0", "eps: 100"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mvn_of_equal_values(build, settings, dtype):
    built = build(mvn(settings), np.full((2, 3, 4), 5), dtype=dtype)
    assert not built.forward().any()
    (dx,) = built.backward(np.full((2, 3, 4), 2))
    assert np.isfinite(dx).all() and not dx.any()


def test_mvn_errors(build):
    with pytest.raises(LayerError, match=r'bottom "b0" \(\) must have at least one axis'):
        build(mvn(), 1.0)
    with pytest.raises(LayerError, match="eps is -1, but must not be negative"):
        build(mvn("eps: -1"), np.zeros((2, 3)))
