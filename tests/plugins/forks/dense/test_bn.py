"""BN: which fork's form a file means, and what each form stores."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError
from mycaffe_py.layer import TEST, TRAIN
from mycaffe_py.net import Net

from ....building import data, document, layer, make_net

X = np.random.default_rng(1).standard_normal((3, 2, 4, 5)) * 2 + 1
MEAN, VARIANCE = X.mean(axis=(0, 2, 3)), X.var(axis=(0, 2, 3))
ONES = 'scale_filler { type: "constant" value: 1 } shift_filler { }'
NEW_ONES = 'slope_filler { type: "constant" value: 1 } bias_filler { }'
FOUR = "param { } param { } param { lr_mult: 0 } param { lr_mult: 0 }"


def text(settings, extra=""):
    return f'type: "BN" {extra} bn_param {{ {settings} }}'


def normalised(x, mean=MEAN, variance=VARIANCE, eps=0.0):
    column = (slice(None), None, None)
    return (x - mean[column]) / np.sqrt(variance[column] + eps)


@pytest.mark.parametrize(
    ("settings", "extra", "form", "blobs"),
    [
        (ONES, "", "SegNet's", 2),
        (f"{ONES} bn_mode: LEARN", FOUR, "SegNet's", 2),
        ("bn_mode: INFERENCE", "", "SegNet's", 2),
        (NEW_ONES, "", "PSPNet's", 4),
        ("frozen: true", "", "PSPNet's", 4),
        (f"{ONES} momentum: 0.9", "", "PSPNet's", 4),
        ("", "", "PSPNet's", 4),
        (f"{ONES} decay: 0.1", "", "the oldest", 4),
        ("moving_average: true", "", "the oldest", 4),
        (ONES, FOUR, "the oldest", 4),
    ],
)
def test_the_form_follows_from_the_fields(build, settings, extra, form, blobs):
    built = build(text(settings, extra), [X])
    assert built.layer.form.name == form
    assert [blob.shape for blob in built.layer.blobs] == [(1, 2, 1, 1)] * blobs


def test_segnet_uses_the_statistics_of_the_batch_in_testing_too(build):
    for phase in (TRAIN, TEST):
        built = build(text(ONES), [X], phase=phase)
        np.testing.assert_allclose(built.forward(), normalised(X), atol=1e-7)


def test_segnet_shows_mean_and_variance_in_further_tops(build):
    built = build(f'top: "y" top: "mean" top: "variance" {text(ONES)}', [X])
    built.forward()
    assert [blob.shape for blob in built.top[1:]] == [(1, 2, 1, 1)] * 2
    np.testing.assert_allclose(built.top[1].data.reshape(-1), MEAN)
    np.testing.assert_allclose(built.top[2].data.reshape(-1), VARIANCE)


def test_inference_is_scale_and_shift(build):
    built = build(text("bn_mode: INFERENCE"), [X], phase=TEST)
    built.layer.blobs[0].data[...] = 2
    built.layer.blobs[1].data[...] = -1
    np.testing.assert_allclose(built.forward(), 2 * X - 1)


def test_pspnet_stores_what_its_momentum_leaves(build):
    built = build(text(f"{NEW_ONES} momentum: 0.75"), [X])
    np.testing.assert_allclose(built.forward(), normalised(X, eps=1e-5))
    built.forward()
    mean, variance = (blob.data.reshape(-1) for blob in built.layer.blobs[2:])
    share = 1 - 0.75**2
    np.testing.assert_allclose(mean, share * MEAN)
    np.testing.assert_allclose(variance, share * VARIANCE)


@pytest.mark.parametrize("phase", [TRAIN, TEST])
def test_frozen_uses_the_stored_ones_and_learns_nothing(build, phase):
    built = build(text(f"{NEW_ONES} frozen: true", "param { lr_mult: 1 }"), [X], phase=phase)
    assert [spec.lr_mult for spec in built.layer.param.param] == [0] * 4
    assert np.all(built.layer.blobs[3].data == 1)
    before = [blob.data.copy() for blob in built.layer.blobs]
    np.testing.assert_allclose(built.forward(), X / np.sqrt(1 + 1e-5))
    built.backward(X)
    for blob, values in zip(built.layer.blobs, before, strict=True):
        np.testing.assert_array_equal(blob.data, values)
        assert not blob.diff.any()


def test_statistics_are_not_changed_by_the_solver(build):
    specs = build(text(NEW_ONES), [X]).layer.param.param
    assert [spec.lr_mult for spec in specs] == [1, 1, 0, 0]
    assert [spec.decay_mult for spec in specs] == [1, 1, 0, 0]


@pytest.mark.parametrize("moving", [False, True])
def test_the_oldest_form_stores_by_decay_and_uses_it_on_request(build, moving):
    settings = f"{ONES} decay: 0.25 moving_average: {str(moving).lower()}"
    trained = build(text(settings), [X])
    trained.forward()
    tested = build(text(settings), [X], phase=TEST)
    for blob, source in zip(tested.layer.blobs, trained.layer.blobs, strict=True):
        blob.data[...] = source.data
    stored = normalised(X, 0.25 * MEAN, 0.25 * VARIANCE)
    np.testing.assert_allclose(tested.forward(), stored if moving else normalised(X), atol=1e-7)
    np.testing.assert_allclose(tested.layer.blobs[2].data.reshape(-1), 0.25 * MEAN)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("bn_mode: LEARN momentum: 0.5", "bn_mode is of SegNet's form of BN, momentum of PSPNet's"),
        ("eps: 0.1 decay: 0.5", "eps is of PSPNet's form of BN, decay of the oldest form"),
        (f"{ONES} {NEW_ONES}", "scale_filler is another name of slope_filler"),
        ("eps: -1", "eps is -1, but must not be negative"),
        ("momentum: 1.5", "momentum is 1.5, but must be from 0 to 1"),
        ("decay: -0.5", "decay is -0.5, but must be from 0 to 1"),
        ("axis: 3", "axis is 3, but must be 1 or 2"),
    ],
)
def test_bad_settings_are_refused(build, settings, message):
    with pytest.raises(LayerError) as caught:
        build(text(settings), [X])
    assert message in str(caught.value)
    assert caught.value.field.startswith("bn_param.")


def test_further_tops_are_for_statistics_of_the_batch(build):
    for settings in ("bn_mode: INFERENCE", NEW_ONES):
        with pytest.raises(LayerError, match="further tops"):
            build(f'top: "y" top: "m" {text(settings)}', [X])


def test_a_bottom_without_channels_is_refused(build):
    with pytest.raises(LayerError, match="must have 2 to 4 axes"):
        build(text(ONES), [X[0, 0, 0]])


def net_of(settings):
    return make_net(data((2, 2, 3, 3)) + layer("bn", "BN", "x0", "y", f"bn_param {{ {settings} }}"))


@pytest.mark.parametrize(
    ("saved", "here", "hint"),
    [
        (ONES, NEW_ONES, "bn_mode: INFERENCE"),
        (NEW_ONES, ONES, "momentum: 0.9"),
    ],
)
def test_weights_of_another_form_are_refused_with_what_to_write(tmp_path, saved, here, hint):
    path = tmp_path / "w.caffemodel"
    net_of(saved).save(path)
    with pytest.raises(LayerError) as caught:
        net_of(here).copy_from(path)
    assert hint in caught.value.hint


def test_weights_of_four_dimensions_load(tmp_path):
    net, path = net_of(NEW_ONES), tmp_path / "w.caffemodel"
    net.layers[1].blobs[3].data[...] = 7
    net.save(path)
    other = net_of(NEW_ONES)
    other.copy_from(path)
    assert np.all(other.layers[1].blobs[3].data == 7)


def test_a_published_form_of_the_text_checks():
    settings = """
        param { lr_mult: 1 decay_mult: 0 } param { lr_mult: 1 decay_mult: 0 }
        param { lr_mult: 0 decay_mult: 0 } param { lr_mult: 0 decay_mult: 0 }
        bn_param { slope_filler { type: "constant" value: 1 } bias_filler { type: "constant" value: 0 }
                   frozen: false momentum: 0.95 }"""
    net = Net(document(data((1, 3, 4, 4)) + layer("conv1_bn", "BN", "x0", "x0", settings)))
    assert net.forward()["x0"].shape == (1, 3, 4, 4)
