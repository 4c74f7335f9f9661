"""SmoothL1Loss, SmoothL1LossOHEM, SoftmaxWithLossOHEM and BoxAnnotatorOHEM beyond stored values; PRE_FIXED."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError
from mycaffe_py.plugins.idle import unfulfilled


def test_where_the_square_becomes_a_line(build):
    d = np.array([[-2.0, -0.25, 0, 0.2, 0.5, 3]])
    built = build('type: "SmoothL1Loss" smooth_l1_loss_param { sigma: 2 }', d, np.zeros((1, 6)))
    expected = np.where(np.abs(d) < 0.25, 2 * d * d, np.abs(d) - 0.125)
    assert built.forward() == pytest.approx(expected.sum())
    da, db = built.backward(np.array(1.0))
    np.testing.assert_allclose(da, [[-1, -1, 0, 0.8, 1, 1]])
    np.testing.assert_array_equal(db, -da)


def test_weights_are_factors_of_the_gradient_and_get_none(build, rng):
    a, b, inside, outside = rng.standard_normal((4, 3, 2))
    built = build('type: "SmoothL1Loss"', a, b, inside, outside)
    built.forward()
    da, _, du, dv = built.backward(np.array(1.0))
    np.testing.assert_allclose(da, outside * inside * np.clip(inside * (a - b), -1, 1) / 3)
    assert not du.any() and not dv.any()
    assert [built.layer.allow_force_backward(index) for index in range(4)] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("sigma", ["0", "-1", "nan", "1e-30", "inf"])
def test_sigma_that_is_no_width(build, sigma):
    text = f'type: "SmoothL1Loss" smooth_l1_loss_param {{ sigma: {sigma} }}'
    with pytest.raises(LayerError, match="sigma is .*, but must be from 1e-6 to 1e6"):
        build(text, np.zeros((1, 2)), np.zeros((1, 2)))


def test_counts_and_shapes_of_bottoms(build):
    a = np.zeros((3, 4))
    with pytest.raises(LayerError, match="at least 2 bottom blobs"):
        build('type: "SmoothL1Loss"', a)
    with pytest.raises(LayerError, match="at most 4 bottom blobs"):
        build('type: "SmoothL1Loss"', a, a, a, a, a)
    for wrong in (np.zeros((2, 4)), np.zeros((3, 5))):
        with pytest.raises(LayerError, match="must have the same"):
            build('type: "SmoothL1Loss"', a, a, wrong)
        with pytest.raises(LayerError, match="must have the same shape"):
            build('type: "SmoothL1LossOHEM"', a, a, wrong)
    with pytest.raises(LayerError, match="at most 4 axes"):
        build('type: "SmoothL1LossOHEM"', np.zeros((1,) * 5), np.zeros((1,) * 5))


def test_no_items(build):
    for name in ("SmoothL1Loss", "SmoothL1LossOHEM"):
        built = build(f'type: "{name}"', np.zeros((0, 4)), np.zeros((0, 4)))
        assert built.forward() == 0


@pytest.mark.parametrize(
    ("layer", "bottoms"),
    [
        ('type: "SoftmaxWithLoss"', [np.eye(3), [0, 1, 0]]),
        ('type: "SigmoidCrossEntropyLoss"', [np.eye(3), np.ones((3, 3))]),
        ('type: "MEAN_ERROR_LOSS"', [np.eye(3), np.ones((3, 3))]),
        ('type: "InfogainLoss"', [np.eye(3), [0, 1, 0], np.eye(3)]),
        ('type: "SmoothL1LossOHEM"', [np.eye(3), np.ones((3, 3))]),
        ('type: "SoftmaxWithLossOHEM"', [np.eye(3), [0, 1, 0]]),
    ],
)
def test_a_divisor_that_the_file_gives(build, layer, bottoms):
    """PRE_FIXED is for all losses with a loss_param; as in the fork the divisor is at least 1."""

    def at(settings):
        built = build(f"{layer} loss_param {{ {settings} }}", *bottoms)
        y = built.forward().copy()
        flags = [True] + [False] * (len(bottoms) - 1)
        return y, built.backward(np.array(1.0), propagate_down=flags)[0]

    plain, gradient = at("normalization: NONE")
    for divisor in (8, 0.25):
        y, dx = at(f"normalization: PRE_FIXED pre_fixed_normalizer: {divisor}")
        np.testing.assert_allclose(y, plain / max(1, divisor))
        np.testing.assert_allclose(dx, gradient / max(1, divisor))
    idle = build(
        f"{layer} loss_param {{ normalization: NONE pre_fixed_normalizer: 3 }}", *bottoms
    ).layer
    (what,) = unfulfilled(type(idle), "layers", idle.param)
    assert what.message.endswith("has no effect with normalization: NONE")


def test_the_loss_of_each_item(build, rng):
    x, labels = rng.standard_normal((2, 3, 2, 2)), np.array([[[0, 2], [1, -1]], [[2, 2], [-1, 0]]])
    text = 'type: "SoftmaxWithLossOHEM" loss_weight: 1 loss_weight: 0 loss_weight: 0 loss_param { ignore_label: -1 }'
    built = build(text, x, labels, tops=3)
    y = built.forward()
    p, each = (blob.data for blob in built.top[1:])
    assert each.shape == labels.shape and not each[labels < 0].any()
    assert y == pytest.approx(each.sum() / (labels >= 0).sum())
    for n, h, w in np.argwhere(labels >= 0):
        assert each[n, h, w] == pytest.approx(-np.log(p[n, labels[n, h, w], h, w]))


def annotate(build, images, losses, labels, weights, most, settings="", shape=(1, 1)):
    regions = np.zeros((len(images), 5, *shape))
    regions[:, 0] = np.reshape(images, (-1, *shape))
    text = f'type: "BoxAnnotatorOHEM" box_annotator_ohem_param {{ roi_per_img: {most} {settings} }}'
    built = build(text, regions, losses, labels, weights, tops=2)
    built.forward()
    return [blob.data for blob in built.top]


def test_the_hardest_of_each_image_are_kept(build, rng):
    images = np.array([0, 1, 0, 0, 1, 0])
    losses = np.array([1.0, 5, 3, np.nan, 7, 3])
    labels = np.arange(6.0)
    weights = rng.uniform(1, 2, (6, 8))
    kept, out = annotate(build, images, losses, labels, weights, 2)
    assert kept.shape == (6, 1, 1, 1) and out.shape == (6, 8, 1, 1)
    assert kept.reshape(-1).tolist() == [-1, 1, 2, 3, 4, -1]
    np.testing.assert_array_equal(out[[1, 2, 3, 4], :, 0, 0], weights[[1, 2, 3, 4]])
    assert not out[[0, 5]].any()
    kept, _ = annotate(build, images, losses, labels, weights, 99, "ignore_label: 7")
    assert kept.reshape(-1).tolist() == labels.tolist()
    assert annotate(build, [], np.zeros(0), np.zeros(0), np.zeros((0, 8)), 2)[0].shape == (
        0,
        1,
        1,
        1,
    )


def test_hard_examples_are_places_of_maps(build, rng):
    shape = (2, 3)
    images = np.zeros((2, *shape))
    losses = rng.permutation(12).reshape(2, 1, *shape)
    labels = rng.integers(0, 5, (2, 1, *shape))
    kept, out = annotate(
        build, images, losses, labels, np.ones((2, 4, *shape)), 5, "ignore_label: -1", shape
    )
    np.testing.assert_array_equal(kept, np.where(losses >= 7, labels, -1))
    np.testing.assert_array_equal(out, np.broadcast_to(losses >= 7, out.shape))


def test_mistakes_of_the_annotator(build):
    text = 'type: "BoxAnnotatorOHEM" box_annotator_ohem_param { roi_per_img: 2 }'
    good = [np.zeros((3, 5)), np.zeros(3), np.zeros((3, 1)), np.zeros((3, 8))]
    with pytest.raises(LayerError, match="roi_per_img is 0, but must be at least 1"):
        build('type: "BoxAnnotatorOHEM"', *good, tops=2)
    with pytest.raises(LayerError, match=r'bottom "b0" \(3, 4\) must hold regions'):
        build(text, np.zeros((3, 4)), *good[1:], tops=2)
    with pytest.raises(LayerError, match=r'bottom "b2" \(3, 2\) must be \(3, 1, 1, 1\)'):
        build(text, *good[:2], np.zeros((3, 2)), good[3], tops=2)
    with pytest.raises(LayerError, match=r'bottom "b3" \(2, 8\) must be \(3, C, 1, 1\)'):
        build(text, *good[:3], np.zeros((2, 8)), tops=2)
    built = build(text, *good, tops=2)
    assert not any(built.layer.allow_force_backward(index) for index in range(4))
    assert not any(
        diff.any() for diff in built.backward(np.ones((3, 1, 1, 1)), np.ones((3, 8, 1, 1)))
    )
