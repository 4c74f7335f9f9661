"""Standardize: to mean 0 and deviation 1 and back, values that are not observed, levels, statistics."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = np.array([[[10.0, 1.0], [12.0, 3.0], [99.0, 5.0]], [[7.0, 2.0], [8.0, 4.0], [9.0, 6.0]]])
MASK = np.array([[[1, 1], [1, 0], [0, 0]], [[0, 1], [0, 1], [0, 1]]])
BLOBS = "blobs { shape { dim: 2 } data: [8, 3] } blobs { shape { dim: 2 } data: [2, 0.5] }"


def text(settings="", more=BLOBS):
    return f'type: "Standardize" {more} standardize_param {{ {settings} }}'


def test_mean_and_deviation(build):
    y = build(text(), X).forward()
    np.testing.assert_allclose(y, (X - [8, 3]) / [2, 0.5])


def test_the_way_back(build):
    y = build(text(), X).forward()
    np.testing.assert_allclose(build(text("inverse: true"), y).forward(), X)


def test_what_is_not_observed_is_0_whatever_it_holds(build):
    x = np.where(MASK == 1, X, np.nan)
    y = build(text(), x, MASK).forward()
    np.testing.assert_allclose(y, np.where(MASK == 1, (X - [8, 3]) / [2, 0.5], 0))


def test_the_level_is_the_last_observed_value_or_else_the_mean(build):
    built = build(text("relative_columns: 1"), X, MASK, tops=2)
    y = built.forward()
    assert built.top[1].data.tolist() == [[12.0], [8.0]]
    np.testing.assert_allclose(y[0, :, 0], [-1, 0, 0])
    np.testing.assert_allclose(y[1, :, 1], (X[1, :, 1] - 3) / 0.5)
    assert np.count_nonzero(y[1, :, 0]) == 0


def test_a_target_counts_from_the_level_and_back(build):
    target, level = np.array([[13.0], [7.0]]), np.array([[12.0], [8.0]])
    scaled = build(text("relative_columns: 1 columns: 2"), target, level).forward()
    np.testing.assert_allclose(scaled, [[0.5], [-0.5]])
    back = build(text("relative_columns: 1 columns: 2 inverse: true"), scaled, level).forward()
    np.testing.assert_allclose(back, target)


def test_a_large_level_loses_nothing_in_float32(build):
    x = np.array([[[400000.0], [400000.5]]])
    y = build(text("relative_columns: 1", ""), x, tops=2, dtype=np.float32).forward()
    assert y.ravel().tolist() == [-0.5, 0.0]


STATISTICS = {
    "mean": np.array([8.0, 3.0]),
    "deviation": np.array([2.0, 0.5]),
    "relative_deviation": np.array([4.0, 0.25]),
}


def test_statistics_fill_the_blobs_relative_ones_first(build):
    layer = build(text("relative_columns: 1", ""), X, tops=2).layer
    layer.take_statistics(STATISTICS)
    assert [blob.data.tolist() for blob in layer.blobs] == [[8.0, 3.0], [4.0, 0.5]]


def test_blobs_that_are_set_win(build):
    layer = build(text(), X).layer
    layer.take_statistics({**STATISTICS, "mean": np.zeros(2)})
    assert layer.blobs[0].data.tolist() == [8.0, 3.0]


def test_before_they_are_set_nothing_changes(build):
    np.testing.assert_array_equal(build(text("", ""), X).forward(), X)


def test_no_solver_changes_them(build):
    layer = build(text(), X).layer
    assert [spec.lr_mult for spec in layer.param.param] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("settings", "more", "bottoms", "tops", "words"),
    [
        ("", 'param { lr_mult: 1 }', [X], 1, "lr_mult of the blob mean is 1, but must be 0"),
        ("columns: -1", "", [X], 1, "columns is -1, but must be from 0 to 1000000"),
        ("relative_columns: 3", "", [X], 2, 'there are means and deviations of 2 columns of bottom "b0" (2, 3, 2)'),
        ("", "", [X], 2, "a second top is the level, which needs relative_columns"),
        ("relative_columns: 1 inverse: true", "", [X], 2, "needs relative_columns, without inverse"),
        ("relative_columns: 1", "", [X], 1, "so a second bottom must be the level"),
        ("inverse: true", "", [X, MASK], 1, 'bottom "b1" (2, 3, 2) is not used'),
        ("", "", [X[:, 0, 0]], 1, 'bottom "b0" is (2,), expected (N, ..., C)'),
        ("relative_columns: 1", "", [X[:, 0]], 2, 'bottom "b0" is (2, 2), expected (N, T, C)'),
        ("", "", [X, MASK[:1]], 1, 'bottom "b1" is (1, 3, 2), expected the mask of bottom "b0" (2, 3, 2)'),
        ("relative_columns: 1", "", [X, MASK], 1, "expected the level of bottom"),
        ("", "", [np.float64(1)], 1, 'bottom "b0" () must have at least one axis'),
    ],
)  # fmt: skip
def test_mistakes(build, settings, more, bottoms, tops, words):
    with pytest.raises(LayerError) as caught:
        build(text(settings, more), *bottoms, tops=tops)
    assert 'layer "it" (Standardize)' in caught.value.message
    assert words in caught.value.message


def test_too_few_columns_for_the_level(build):
    built = build(text("relative_columns: 2"), X, tops=2)
    built.bottom[0].reshape((2, 3, 1))
    with pytest.raises(LayerError, match="has 1 columns, but relative_columns is 2"):
        built.forward()


def test_further_columns_stay_as_they_are(build):
    one = "blobs { shape { dim: 1 } data: 8 } blobs { shape { dim: 1 } data: 2 }"
    y = build(text("columns: 1", one), X, MASK).forward()
    np.testing.assert_allclose(y, np.where(MASK == 1, (X - [8, 0]) / [2, 1], 0))


def test_statistics_of_more_columns_than_are_kept(build):
    layer = build(text("columns: 1", ""), X).layer
    layer.take_statistics(STATISTICS)
    assert [blob.data.tolist() for blob in layer.blobs] == [[8.0], [2.0]]


def test_statistics_of_other_columns(build):
    layer = build(text("columns: 3", ""), X).layer
    with pytest.raises(LayerError, match="statistics of 2 columns"):
        layer.take_statistics(STATISTICS)
