"""Softmax, SigmoidCrossEntropyLoss and ContrastiveLoss."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

# Softmax


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("in_place", ["", 'top: "in_place"'])
def test_softmax(build, dtype, in_place):
    built = build(f'type: "Softmax" {in_place}', [[0.0, np.log(3)], [1000.0, -1000.0]], dtype=dtype)
    y = built.forward()
    np.testing.assert_allclose(y, [[0.25, 0.75], [1, 0]], rtol=1e-6)
    dx = built.backward([[1.0, 2.0], [3.0, 4.0]])[0]
    np.testing.assert_allclose(dx, [[-0.1875, 0.1875], [0, 0]], rtol=1e-5)
    assert y.dtype == dx.dtype == dtype


def test_softmax_sums_to_one_along_its_axis(build, rng):
    x = rng.standard_normal((2, 3, 4, 5))
    for axis in (0, 1, 2, -1):
        y = build(f'type: "Softmax" softmax_param {{ axis: {axis} engine: CAFFE }}', x).forward()
        np.testing.assert_allclose(y.sum(axis), 1)


# SigmoidCrossEntropyLoss

SCORES = np.array([[2.0, -1.0, 0.0], [30.0, -40.0, 1.0]])
TARGETS = np.array([[1.0, 0.25, 9.0], [0.0, 1.0, 9.9]])


def sigmoid_loss(settings=""):
    return f'type: "SigmoidCrossEntropyLoss" loss_param {{ {settings} }}'


def costs(x, t):
    return np.logaddexp(0, x) - x * t


@pytest.mark.parametrize(
    ("settings", "divisor"),
    [
        ("", 2),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: VALID", 4),
        ("normalization: FULL", 6),
        ("normalization: NONE", 1),
        ("normalize: true", 4),
        ("normalize: false", 2),
    ],
)
def test_sigmoid_loss_normalization_and_ignored_targets(build, settings, divisor):
    """Targets are cut to whole numbers to be compared: 9.9 is ignored with 9."""
    built = build(sigmoid_loss(f"ignore_label: 9 {settings}"), SCORES, TARGETS)
    counted = TARGETS < 9
    assert built.forward() == pytest.approx(costs(SCORES, TARGETS)[counted].sum() / divisor)
    dx, _ = built.backward(3.0, propagate_down=[True, False])
    expected = np.where(counted, 1 / (1 + np.exp(-SCORES)) - TARGETS, 0) * 3 / divisor
    np.testing.assert_allclose(dx, expected, atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_loss_of_huge_scores(build, dtype):
    built = build(sigmoid_loss(), [[1e4, -1e4]], [[0.0, 1.0]], dtype=dtype)
    assert built.forward() == 2e4
    assert build(sigmoid_loss(), [[1e4, -1e4]], [[1.0, 0.0]], dtype=dtype).forward() == 0


def test_sigmoid_loss_valid_is_full_without_ignored_targets(build):
    full = build(sigmoid_loss("normalization: FULL"), SCORES, TARGETS).forward()
    assert build(sigmoid_loss("normalization: VALID"), SCORES, TARGETS).forward() == full


def test_sigmoid_loss_shapes(build):
    assert build(sigmoid_loss(), SCORES, TARGETS.reshape(2, 3, 1)).forward() > 0
    with pytest.raises(LayerError, match=r'"b0" \(2, 3\) and bottom "b1" \(2, 2\).*same number'):
        build(sigmoid_loss(), SCORES, np.zeros((2, 2)))
    built = build(
        sigmoid_loss("ignore_label: 1 normalization: VALID"), np.zeros((0, 3)), np.zeros((0, 3))
    )
    assert built.forward() == 0
    assert built.backward(propagate_down=[True, False])[0].shape == (0, 3)


# ContrastiveLoss

A = np.array([[0.0, 0.0], [3.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
B = np.array([[0.0, 2.0], [0.0, 4.0], [1.0, 1.0], [0.0, 7.0]])
# distances 2, 5, 0, 7


def contrastive(settings=""):
    return f'type: "ContrastiveLoss" contrastive_loss_param {{ {settings} }}'


def test_contrastive_loss(build):
    built = build(contrastive("margin: 6"), A, B, [1, 0, 0, 0])
    assert built.forward() == (4 + 1 + 36 + 0) / 8
    da, db, _ = built.backward(2.0, propagate_down=[True, True, False])
    expected = np.zeros((4, 2))
    expected[0] = 2 / 4 * (A - B)[0]
    expected[1] = -2 / 4 * 1 / 5.0001 * (A - B)[1]
    np.testing.assert_allclose(da, expected)
    np.testing.assert_array_equal(db, -da)


def test_contrastive_loss_of_the_first_version(build):
    built = build(contrastive("margin: 26 legacy_version: true"), A, B, [1, 0, 0, 0])
    assert built.forward() == (4 + 1 + 26 + 0) / 8
    da, _, _ = built.backward(propagate_down=[True, False, False])
    np.testing.assert_allclose(da, np.array([[0, -2], [-3, 4], [0, 0], [0, 0]]) / 4)
    assert not built.bottom[1].diff.any()


def test_contrastive_default_margin_and_labels_cut_to_whole_numbers(build):
    near = np.array([[0.25], [0.25]])
    built = build(contrastive(), near, np.zeros((2, 1)), [0.9, -1.0])
    assert built.forward() == (0.75**2 + 0.25**2) / 4


def test_contrastive_shapes(build):
    whole = build(contrastive(), A.reshape(4, 2, 1, 1), B, np.zeros((4, 1, 1, 1)))
    assert whole.forward() == build(contrastive(), A, B, np.zeros(4)).forward()
    with pytest.raises(LayerError, match=r'"b0" is \(4, 1, 2\), expected one row of features'):
        build(contrastive(), A.reshape(4, 1, 2), B.reshape(4, 1, 2), np.zeros(4))
    with pytest.raises(LayerError, match=r'"b0" \(4, 2\) and bottom "b1" \(4, 1\).*same number'):
        build(contrastive(), A, np.zeros((4, 1)), np.zeros(4))
    with pytest.raises(LayerError, match=r'"b0" \(4, 2\) and bottom "b1" \(3, 2\).*same first'):
        build(contrastive(), A, np.zeros((3, 2)), np.zeros(4))
    for shape in ((3,), (4, 2), (2, 2)):
        with pytest.raises(
            LayerError, match=r'"b2" is .* one label for each .*"b0" \(4, 2\): \(4,\)'
        ):
            build(contrastive(), A, B, np.zeros(shape))
    with pytest.raises(LayerError, match="needs exactly 3 bottom blobs, got 2"):
        build(contrastive(), A, B)
    assert build(contrastive(), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0)).forward() == 0


def test_contrastive_labels_get_no_gradient(build):
    built = build(contrastive(), A, B, np.zeros(4))
    built.forward()
    with pytest.raises(LayerError, match=r'bottom "b2" \(4,\) has no gradient'):
        built.backward()
    assert [built.layer.allow_force_backward(i) for i in range(3)] == [True, True, False]
