"""EuclideanLoss and MEAN_ERROR_LOSS."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

P = [[1.0, 2.0, 4.0], [0.0, 0.0, 5.0]]
T = [[1.0, 0.0, 5.0], [2.0, 0.0, 1.0]]
# differences p - t: 0 2 -1 / -2 0 4; squares add up to 25, magnitudes to 9


def mean_error(settings="", loss=""):
    return f'type: "MEAN_ERROR_LOSS" mean_error_loss_param {{ {settings} }} loss_param {{ {loss} }}'


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_euclidean_loss_divides_by_the_batch_alone(build, dtype):
    built = build('type: "EuclideanLoss"', P, T, dtype=dtype)
    assert built.top[0].shape == () and built.top[0].diff == 1
    assert built.forward() == 25 / 4
    da, db = built.backward()
    np.testing.assert_array_equal(da, [[0, 1, -0.5], [-1, 0, 2]])
    np.testing.assert_array_equal(db, -da)


def test_loss_weight_scales_the_gradient(build):
    built = build('type: "EuclideanLoss" loss_weight: 3', P, T)
    built.forward()
    assert built.backward(propagate_down=[True, False])[0].tolist() == [[0, 3, -1.5], [-3, 0, 6]]
    assert not built.bottom[1].diff.any()
    assert built.layer.allow_force_backward(0) and built.layer.allow_force_backward(1)


@pytest.mark.parametrize("name", ["EuclideanLoss", "MEAN_ERROR_LOSS", "MeanErrorLoss"])
def test_shapes_that_do_not_fit(build, name):
    with pytest.raises(LayerError, match=r'"b0" \(2, 3\) and bottom "b1" \(3, 3\) .*same first'):
        build(f'type: "{name}"', np.zeros((2, 3)), np.zeros((3, 3)))
    with pytest.raises(LayerError, match=r'"b0" \(2, 3\) and bottom "b1" \(2, 4\) .*same number'):
        build(f'type: "{name}"', np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(LayerError, match="needs exactly 2 bottom blobs, got 1"):
        build(f'type: "{name}"', np.zeros((2, 3)))


@pytest.mark.parametrize("name", ["EuclideanLoss", "MeanErrorLoss"])
def test_equal_counts_of_other_shapes_fit(build, name):
    built = build(f'type: "{name}"', P, np.array(T).reshape(2, 3, 1))
    assert built.forward() > 0
    dp, dt = built.backward()
    assert dt.shape == (2, 3, 1)
    np.testing.assert_array_equal(dt.reshape(2, 3), -dp)


@pytest.mark.parametrize(
    ("settings", "loss", "divisor"),
    [
        ("", "", 6),
        ("", "normalization: VALID", 6),
        ("", "normalization: FULL", 6),
        ("", "normalization: BATCH_SIZE", 2),
        ("axis: 0", "normalization: BATCH_SIZE", 1),
        ("axis: 2", "normalization: BATCH_SIZE", 6),
        ("axis: -1", "normalization: BATCH_SIZE", 2),
        ("", "normalization: NONE", 1),
        ("", "normalize: false", 2),
        ("", "normalize: true", 6),
        ("", "normalize: false normalization: NONE", 1),
    ],
)
def test_mean_error_normalization(build, settings, loss, divisor):
    absolute = build(mean_error(settings, loss), P, T)
    assert absolute.forward() == pytest.approx(9 / divisor)
    dp, dt = absolute.backward()
    np.testing.assert_allclose(dp, np.array([[0, 1, -1], [-1, 0, 1]]) / divisor)
    np.testing.assert_array_equal(dt, -dp)
    squared = build(mean_error(settings + " mean_error_type: MSE", loss), P, T)
    assert squared.forward() == pytest.approx(25 / divisor)
    dp, dt = squared.backward(2.0)
    np.testing.assert_allclose(dp, 2 * 2 * np.array([[0, 2, -1], [-2, 0, 4]]) / divisor)
    np.testing.assert_array_equal(dt, -dp)


def test_mean_error_of_one_axis_and_of_another_batch(build):
    built = build(mean_error(), [1.0, 2.0], [0.0, 0.0])
    assert built.forward() == 1.5
    for blob, values in zip(built.bottom, ([3.0, 3.0, 6.0], [0.0, 0.0, 0.0]), strict=True):
        blob.reshape(3)
        blob.data[...] = values
    assert built.forward() == 4


def test_mean_error_axis_is_checked(build):
    with pytest.raises(
        LayerError, match=r'axis 3 is out of range for bottom "b0" \(2, 3\)'
    ) as error:
        build(mean_error("axis: 3"), P, T)
    assert error.value.field == "mean_error_loss_param.axis"


def test_gradient_only_where_asked(build):
    built = build(mean_error(), P, T)
    built.forward()
    built.backward(propagate_down=[False, True])
    assert not built.bottom[0].diff.any() and built.bottom[1].diff.any()


NAN = float("nan")
GAPS = [[1.0, NAN, 5.0], [NAN, NAN, 1.0]]
# differences p - t: 0 . -1 / . . 4; squares add up to 17, magnitudes to 5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("loss", "divisor"),
    [
        ("", 3),
        ("normalization: VALID", 3),
        ("normalization: FULL", 6),
        ("normalization: BATCH_SIZE", 2),
        ("normalization: NONE", 1),
    ],
)
def test_missing_targets_are_not_counted(build, loss, divisor, dtype):
    absolute = build(mean_error("skip_missing: true", loss), P, GAPS, dtype=dtype)
    assert absolute.forward() == pytest.approx(5 / divisor)
    dp, dt = absolute.backward()
    np.testing.assert_allclose(dp, np.array([[0, 0, -1], [0, 0, 1]]) / divisor, rtol=1e-6)
    np.testing.assert_array_equal(dt, -dp)
    squared = build(mean_error("skip_missing: true mean_error_type: MSE", loss), P, GAPS)
    assert squared.forward() == pytest.approx(17 / divisor)
    np.testing.assert_allclose(
        squared.backward()[0], 2 * np.array([[0, 0, -1], [0, 0, 4]]) / divisor
    )


@pytest.mark.parametrize("kind", ["MAE", "MSE"])
def test_nothing_missing_is_the_same_as_without(build, kind):
    kind = f"mean_error_type: {kind}"
    plain, skipping = (build(mean_error(kind + more), P, T) for more in ("", " skip_missing: true"))
    assert plain.forward() == skipping.forward()
    np.testing.assert_array_equal(plain.backward()[0], skipping.backward()[0])


@pytest.mark.parametrize("kind", ["MAE", "MSE"])
def test_nothing_observed_is_no_loss_and_no_gradient(build, kind):
    built = build(
        mean_error(f"skip_missing: true mean_error_type: {kind}"), P, np.full((2, 3), NAN)
    )
    assert built.forward() == 0
    assert not any(diff.any() for diff in built.backward())
    built.bottom[1].data[...] = 0
    assert built.forward() > 0


@pytest.mark.parametrize("kind", ["MAE", "MSE"])
def test_a_prediction_that_is_nan_is_never_skipped(build, kind):
    kind = f"mean_error_type: {kind}"
    for place in ((0, 0), (0, 1)):  # observed, and not
        p = np.array(P)
        p[place] = NAN
        built = build(mean_error("skip_missing: true " + kind), p, GAPS)
        assert np.isnan(built.forward()) and np.isnan(built.backward()[0][place])


def test_a_missing_target_makes_the_loss_nan_unless_it_is_skipped(build):
    assert np.isnan(build(mean_error(), P, GAPS).forward())


def test_missing_targets_of_another_shape_and_batch(build):
    built = build(mean_error("skip_missing: true"), P, np.reshape(GAPS, (2, 3, 1)))
    assert built.forward() == pytest.approx(5 / 3)
    for blob in built.bottom:
        blob.reshape(1, 3)
    built.bottom[0].data[...], built.bottom[1].data[...] = [P[1]], [[NAN, 1, 1]]
    assert built.forward() == pytest.approx(5 / 2)


@pytest.mark.parametrize("name", ["EuclideanLoss", "MeanErrorLoss"])
def test_no_rows(build, name):
    built = build(f'type: "{name}"', np.zeros((0, 3)), np.zeros((0, 3)))
    assert built.forward() == 0
    assert built.backward()[0].shape == (0, 3)
