"""Eltwise and Reduction."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

A, B, C = [1.0, 4.0, 2.0, 3.0], [1.0, 2.0, 5.0, 3.0], [1.0, 4.0, 5.0, 9.0]


def eltwise(settings=""):
    return f'name: "join" type: "Eltwise" eltwise_param {{ {settings} }}'


def reduction(settings=""):
    return f'name: "fold" type: "Reduction" reduction_param {{ {settings} }}'


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", [3, 10, 12, 15]),
        ("operation: SUM coeff: [2, -1, 0.5]", [1.5, 8, 1.5, 7.5]),
        ("operation: SUM coeff: [1, 1, -1]", [1, 2, 2, -3]),
        ("operation: PROD", [1, 32, 50, 81]),
        ("operation: MAX", [1, 4, 5, 9]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_eltwise_values(build, settings, expected, dtype):
    y = build(eltwise(settings), A, B, C, dtype=dtype).forward()
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, expected)


def test_the_gradient_of_a_maximum_goes_to_one_winner(build):
    # ties: 0 and 1 -> 1; all three -> 1; 1 and 2 -> 1; 0 and 2 -> 0
    built = build(eltwise("operation: MAX"), [3, 5, 1, 6], [3, 5, 4, 2], [0, 5, 4, 6])
    built.forward()
    diffs = built.backward([10, 20, 30, 40])
    assert [diff.tolist() for diff in diffs] == [[0, 0, 0, 40], [10, 20, 30, 0], [0, 0, 0, 0]]


def test_a_later_bottom_wins_when_it_is_larger(build):
    built = build(eltwise("operation: MAX"), [0, 9], [1, 1], [5, 2], [7, 3])
    built.forward()
    assert [diff.tolist() for diff in built.backward([1, 1])] == [[0, 1], [0, 0], [0, 0], [1, 0]]


def test_a_stable_product_has_a_gradient_at_0(build):
    built = build(eltwise("operation: PROD"), [0, 2], [3, 0], [4, 5])
    built.forward()
    assert [diff.tolist() for diff in built.backward([1, 1])] == [[12, 0], [0, 10], [0, 0]]


def test_the_other_gradient_of_a_product_is_undefined_at_0(build):
    built = build(eltwise("operation: PROD stable_prod_grad: false"), [0, 2], [3, 4])
    built.forward()
    with np.errstate(invalid="ignore"):
        diffs = built.backward([1, 1])
    np.testing.assert_array_equal(diffs, [[np.nan, 4], [0, 2]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("coeff: 1 coeff: 2", "once for each bottom or not at all: 2 given, 3 bottoms"),
        ("operation: PROD coeff: [1, 2, 3]", "coeff is for operation SUM, not for PROD"),
    ],
)
def test_eltwise_settings_that_make_no_sense(build, settings, message):
    with pytest.raises(LayerError, match=r'layer "join" \(Eltwise\): .*' + message) as caught:
        build(eltwise(settings), A, B, C)
    assert caught.value.field == "eltwise_param.coeff"


def test_eltwise_needs_equal_shapes(build):
    with pytest.raises(LayerError) as caught:
        build(eltwise(), np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 3, 1)))
    assert str(caught.value) == (
        'layer "join" (Eltwise): bottom "b0" (2, 3) and bottom "b2" (2, 3, 1) must have the same shape'
    )
    with pytest.raises(LayerError, match="needs at least 2 bottom blobs, got 1"):
        build(eltwise(), A)


X = np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, 6.0]])


@pytest.mark.parametrize(
    ("operation", "rows", "total"),
    [
        ("SUM", [2, 7], 9),
        ("ASUM", [6, 15], 21),
        ("SUMSQ", [14, 77], 91),
        ("MEAN", [2 / 3, 7 / 3], 1.5),
    ],
)
def test_reduction_values(build, operation, rows, total):
    y = build(reduction(f"operation: {operation}"), X).forward()
    assert y.shape == () and y == total
    y = build(reduction(f"operation: {operation} axis: 1 coeff: -2"), X).forward()
    np.testing.assert_allclose(y, -2 * np.array(rows), rtol=1e-15)


@pytest.mark.parametrize(
    ("operation", "slope"),
    [
        ("SUM", np.ones((2, 3))),
        ("ASUM", np.sign(X)),
        ("SUMSQ", 2 * X),
        ("MEAN", np.full((2, 3), 1 / 3)),
    ],
)
def test_reduction_gradients(build, operation, slope):
    built = build(reduction(f"operation: {operation} axis: -1 coeff: 3"), X)
    built.forward()
    (dx,) = built.backward([10, -1])
    np.testing.assert_allclose(dx, 3 * slope * [[10], [-1]], rtol=1e-15)


def test_a_reduction_as_a_loss(build):
    built = build(reduction("operation: MEAN") + " loss_weight: 4", X)
    built.forward()
    np.testing.assert_allclose(built.layer.loss_weights, [4])
    built.layer.backward(built.top, [True], built.bottom)
    np.testing.assert_allclose(built.bottom[0].diff, 4 / 6)


def test_reduction_of_nothing(build):
    for operation in ("SUM", "ASUM", "SUMSQ", "MEAN"):
        assert build(reduction(f"operation: {operation}"), np.zeros((0, 3))).forward() == 0
        built = build(reduction(f"operation: {operation} axis: 1"), np.zeros((0, 3)))
        assert built.forward().shape == (0,)


def test_reduction_axis_out_of_range(build):
    message = r'layer "fold" \(Reduction\): axis 2 is out of range for bottom "b0" \(2, 3\)'
    with pytest.raises(LayerError, match=message):
        build(reduction("axis: 2"), X)
