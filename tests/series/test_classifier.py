"""LiquidClassifier: what it decides, labels of every sort, and its mistakes."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import DataError, MyCaffeWarning, ShapeError
from mycaffe_py.series import LiquidClassifier

RNG = np.random.default_rng(0)


def pulses(count):
    """Return two pulses among noise, and which came first."""
    x = 0.05 * RNG.standard_normal((count, 10, 2))
    places = np.array([RNG.permutation(10)[:2] for _ in range(count)])
    x[np.arange(count), places[:, 0], 0] += 1
    x[np.arange(count), places[:, 1], 1] += 1
    return x, np.where(places[:, 0] < places[:, 1], "left", "right")


X, Y = pulses(160)


def quick(**params):
    return LiquidClassifier(**{"hidden_size": 8, "max_updates": 10, "random_state": 1, **params})


def test_it_learns_the_order_of_two_pulses():
    model = LiquidClassifier(hidden_size=16, max_updates=250, random_state=1).fit(X, Y)
    x, y = pulses(100)
    assert model.score(x, y) > 0.9
    probabilities = model.predict_proba(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    assert np.array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(x))


@pytest.mark.parametrize(
    "labels",
    [np.array([3, -1]), np.array([False, True]), np.array(["a", "bb"], object), np.array([1.0, 2.0]),
     np.array([b"x", b"y"])],
    ids=lambda labels: labels.dtype.str,
)  # fmt: skip
def test_labels_of_every_sort_come_back(labels):
    y = labels[(Y == "left").astype(int)]
    model = quick().fit(X, y)
    assert model.classes_.dtype == y.dtype and np.array_equal(model.classes_, np.unique(labels))
    assert set(model.predict(X)) <= set(labels)
    assert quick().fit(X, list(y)).classes_.tolist() == sorted(labels)


def test_the_names_of_classes_do_not_matter():
    other = np.where(Y == "left", 0, 1)
    assert np.array_equal(
        quick().fit(X, Y).predict_proba(X), quick().fit(X, other).predict_proba(X)
    )


def test_three_classes_one_of_them_rare():
    y = np.array(["a", "b"] * 80, object)
    y[:2] = "c"
    model = quick().fit(X, y)
    assert model.predict_proba(X).shape == (160, 3) and model.best_validation_ is not None


def test_validation_holds_out_each_class_alike():
    from mycaffe_py.series.held_out import held_out

    labels = np.repeat([0, 1], [20, 80])
    rows = held_out(100, 0.15, 4, labels)
    assert np.bincount(labels[rows]).tolist() == [3, 12] and len(set(rows)) == 15
    assert len(held_out(10, 0.15, 4)) == 0


def test_weights_reach_the_loss():
    x, y = np.zeros((100, 3)), np.tile([0, 1], 50)
    model = quick(max_updates=150, validation_share=0).fit(x, y, np.where(y == 1, 3.0, 1.0))
    assert model.predict_proba(x[:1])[0] == pytest.approx([0.25, 0.75], abs=0.03)


def test_equal_weights_are_no_weights():
    np.testing.assert_allclose(
        quick().fit(X, Y, np.full(160, 4.0)).predict_proba(X),
        quick().fit(X, Y).predict_proba(X),
        atol=1e-4,
    )


def test_a_class_of_weight_zero_is_no_class():
    weights = np.where(Y == "left", 1.0, 0.0)
    with pytest.raises(DataError, match="one class only"):
        quick().fit(X, Y, weights)
    three = np.where(np.arange(160) < 5, "other", Y)
    model = quick().fit(X, three, np.where(three == "other", 0.0, 1.0))
    assert list(model.classes_) == ["left", "right"]


def test_score_is_the_share_that_is_right():
    model, weights = quick().fit(X, Y), RNG.random(160)
    right = model.predict(X) == Y
    assert model.score(X, Y) == pytest.approx(right.mean())
    assert model.score(X, Y, weights) == pytest.approx(weights[right].sum() / weights.sum())


@pytest.mark.parametrize(
    ("y", "error", "words"),
    [
        (np.zeros(160), DataError, "one class only, 0.0"),
        (np.linspace(0, 1, 160), DataError, "Unknown label type: continuous"),
        (np.where(Y == "left", np.nan, 1), DataError, "y contains NaN"),
        (np.array([1.0, np.nan] * 80, object), DataError, "y contains NaN"),
        ([1, "a"] * 80, None, ""),
        (np.array([1, "a"] * 80, object), DataError, "y mixes int, str"),
        (np.zeros((160, 2)), ShapeError, "y is (160, 2)"),
        ([0, 1], ShapeError, "y is (2,)"),
        (None, DataError, "requires y"),
        (np.ones(160, complex), DataError, "Unknown label type"),
        ([[0]] + [[0, 1]] * 159, ShapeError, "y is no regular array"),
    ],
)
def test_mistakes_are_named(y, error, words):
    if error is None:  # NumPy makes words of such a list
        assert list(quick().fit(X, y).classes_) == ["1", "a"]
        return
    with pytest.raises(error) as caught:
        quick().fit(X, y)
    assert words in str(caught.value)


def test_a_column_of_labels_is_used_with_a_warning():
    with pytest.warns(MyCaffeWarning, match="column-vector"):
        model = quick().fit(X, Y[:, None])
    assert np.array_equal(model.predict(X), quick().fit(X, Y).predict(X))
