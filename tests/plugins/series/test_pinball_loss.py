"""PINBALL_LOSS against scikit-learn's, closed forms, and what it is for: predictions become quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from mycaffe_py.errors import LayerError

QUANTILES = (0.1, 0.5, 0.9)
NAN = float("nan")


def text(settings="quantile: [0.1, 0.5, 0.9]", more=""):
    return f'type: "PINBALL_LOSS" {more} pinball_loss_param {{ {settings} }}'


@pytest.fixture
def data():
    """Return predictions (6, 2, 3) and targets (6, 2)."""
    rng = np.random.default_rng(4)
    return rng.standard_normal((6, 2, 3)), rng.standard_normal((6, 2))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_the_mean_over_values_and_quantiles(build, data, dtype, tolerance):
    y, target = data
    loss = build(text(), y.reshape(6, 6), target, dtype=dtype).forward()
    expected = [mean_pinball_loss(target, y[..., i], alpha=q) for i, q in enumerate(QUANTILES)]
    assert loss.shape == () and loss.dtype == dtype
    np.testing.assert_allclose(loss, np.mean(expected), rtol=tolerance)


def test_quantiles_lie_side_by_side_for_each_value(build):
    # Values 0 and 10; errors 1 and -1 of the first, 0 and 2 of the second.
    built = build(text("quantile: [0.25, 0.75]"), [[-1.0, 1.0, 10.0, 8.0]], [[0.0, 10.0]])
    assert built.forward() == (0.25 + 0.25 + 0 + 1.5) / 4
    dy, dt = built.backward(2.0)
    assert dy.tolist() == [[-0.125, 0.125, 0, -0.375]]
    assert dt.tolist() == [[0, 0.375]]


def test_the_median_is_half_the_mean_absolute_error(build, data):
    y, target = data[0][..., 0], data[1]
    loss = build(text("quantile: 0.5"), y, target).forward()
    error = build('type: "MEAN_ERROR_LOSS"', y, target).forward()
    np.testing.assert_allclose(loss, error / 2, rtol=1e-14)


def test_descent_ends_at_the_quantiles_of_the_targets(build):
    target = np.random.default_rng(2).exponential(size=(1001, 1))
    built = build(text(), np.ones((1001, 3)), target)
    y = np.ones(3)
    for step in range(2000):
        built.bottom[0].data[...] = y
        built.forward()
        y -= 20 / (10 + step) * built.backward(propagate_down=[True, False])[0].sum(axis=0)
    np.testing.assert_allclose(y, np.quantile(target, QUANTILES), atol=0.02)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_missing_targets_are_not_counted(build, data, dtype):
    y, target = data
    target[[0, 2, 2], [1, 0, 1]] = NAN
    built = build(text("quantile: [0.1, 0.5, 0.9] skip_missing: true"), y, target, dtype=dtype)
    seen = ~np.isnan(target)
    expected = [
        mean_pinball_loss(target[seen], y[seen, i], alpha=q) for i, q in enumerate(QUANTILES)
    ]
    np.testing.assert_allclose(built.forward(), np.mean(expected), rtol=1e-6)
    dy, dt = built.backward()
    assert not dy[~seen].any() and not dt[~seen].any()
    right = np.where(target[seen][:, None] > y[seen], [-0.1, -0.5, -0.9], [0.9, 0.5, 0.1]) / 27
    np.testing.assert_allclose(dy[seen], right, rtol=1e-6)
    np.testing.assert_allclose(dt[seen], -right.sum(axis=1), rtol=1e-5, atol=1e-7)


def test_nothing_observed_is_no_loss_and_no_gradient(build):
    built = build(text("quantile: 0.2 skip_missing: true"), [[1.0, 2.0]], [[NAN, NAN]])
    assert built.forward() == 0
    assert not any(diff.any() for diff in built.backward())
    built.bottom[1].data[...] = [[2, 1]]
    assert built.forward() == pytest.approx((0.2 + 0.8) / 2)


def test_what_is_nan_makes_the_loss_nan(build):
    assert np.isnan(build(text("quantile: 0.2"), [[1.0, 2.0]], [[NAN, 1.0]]).forward())
    for y in ([[NAN, 2.0]], [[1.0, NAN]]):
        built = build(text("quantile: 0.2 skip_missing: true"), y, [[NAN, 1.0]])
        assert np.isnan(built.forward())


def test_another_batch(build):
    built = build(text("quantile: [0.1, 0.9]"), np.zeros((3, 2)), np.ones((3, 1)))
    assert built.forward() == pytest.approx(0.5)
    built.bottom[0].reshape(1, 2)
    built.bottom[1].reshape(1, 1)
    built.bottom[0].data[...], built.bottom[1].data[...] = 0, -4
    assert built.forward() == pytest.approx(2)
    assert build(text("quantile: 0.1"), np.zeros((0, 2)), np.zeros((0, 2))).forward() == 0


@pytest.mark.parametrize(
    ("settings", "y", "target", "words", "field"),
    [
        ("", (2, 1), (2, 1), "no quantile is given", "quantile"),
        ("quantile: [0.1, 0]", (2, 2), (2, 1), "quantile is 0, but must be above 0 and below 1", "quantile.1"),
        ("quantile: 1", (2, 1), (2, 1), "quantile is 1, but must be", "quantile.0"),
        ("quantile: -0.1", (2, 1), (2, 1), "quantile is -0.1, but must be", "quantile.0"),
        ("quantile: nan", (2, 1), (2, 1), "quantile is nan, but must be", "quantile.0"),
        ("quantile: [0.5, 0.1]", (2, 2), (2, 1), "quantile 0.1 follows 0.5, but they must rise", "quantile.1"),
        ("quantile: [0.5, 0.5]", (2, 2), (2, 1), "quantile 0.5 follows 0.5", "quantile.1"),
        ("quantile: [0.1, 0.9]", (2, 3), (2, 2),
         'bottom "b0" (2, 3) has 3 numbers for each item, expected 4: 2 quantiles of 2 values in bottom "b1" (2, 2)',
         "quantile"),
        ("quantile: 0.5", (2, 2), (2, 1), "expected 1: 1 quantile of 1 value in", "quantile"),
        ("quantile: 0.5", (2, 3), (3, 3), "must have the same first dimension", None),
    ],
)  # fmt: skip
def test_mistakes(build, settings, y, target, words, field):
    with pytest.raises(LayerError) as caught:
        build(text(settings), np.zeros(y), np.zeros(target))
    assert 'layer "it" (PINBALL_LOSS)' in caught.value.message
    assert words in caught.value.message
    assert caught.value.field == (f"pinball_loss_param.{field}" if field else "")


def test_gradient_only_where_asked(build, data):
    built = build(text(), *data)
    built.forward()
    built.backward(propagate_down=[False, True])
    assert not built.bottom[0].diff.any() and built.bottom[1].diff.any()
