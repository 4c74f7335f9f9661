"""LiquidRegressor: it learns what is known, and data of every form mean the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mycaffe_py.errors import (
    ConfigError,
    DivergedError,
    MyCaffeWarning,
    NotFittedError,
    ShapeError,
)
from mycaffe_py.series import LiquidRegressor
from mycaffe_py.series.held_out import held_out

RNG = np.random.default_rng(0)
SPANS = RNG.exponential(1.0, (120, 8))
X = RNG.standard_normal((120, 8, 1))


def moving_average(x, spans):
    """Return the exponential moving average with time constant 2 after the last step."""
    state = np.zeros(len(x))
    for step in range(x.shape[1]):
        kept = np.exp(-spans[:, step] / 2)
        state = kept * state + (1 - kept) * x[:, step, 0]
    return state


Y = moving_average(X, SPANS)


def quick(**params):
    return LiquidRegressor(**{"hidden_size": 8, "max_updates": 20, "random_state": 1, **params})


@pytest.fixture(scope="module")
def fitted():
    return quick().fit(X, Y, times=SPANS)


def test_it_learns_a_moving_average_at_irregular_times():
    model = LiquidRegressor(hidden_size=24, max_updates=300, random_state=1)
    model.fit(X[:100], Y[:100], times=SPANS[:100])
    assert model.score(X[100:], Y[100:], times=SPANS[100:]) > 0.9
    shuffled = RNG.permutation(SPANS[100:].ravel()).reshape(20, 8)
    assert model.score(X[100:], Y[100:], times=shuffled) < 0.9


@pytest.mark.parametrize(
    "params",
    [{"layers": 2}, {"cell": "ltc"}, {"cell": "no_gate"}, {"cell": "minimal"}, {"mixed_memory": True}],
    ids=str,
)  # fmt: skip
def test_every_kind_of_net_learns(params):
    model = quick(max_updates=60, **params).fit(X, Y, times=SPANS)
    assert model.score(X, Y, times=SPANS) > 0.2
    losses = model.history_["validation_loss"]
    assert min(losses) == model.best_validation_ < losses[0]


def test_absolute_times_equal_their_spans():
    spans = SPANS.copy()
    spans[:, 0] = 0
    times = 1.6e9 + spans.cumsum(axis=1)
    with_spans = quick().fit(X, Y, times=spans).predict(X, times=spans)
    absolute = quick(time="absolute").fit(X, Y, times=times).predict(X, times=times)
    np.testing.assert_allclose(absolute, with_spans, rtol=1e-4, atol=1e-4)


def test_dates_are_absolute_times():
    dates = np.datetime64("2024-01-01") + (SPANS.cumsum(axis=1) * 3600).astype("timedelta64[s]")
    seconds = (SPANS.cumsum(axis=1) * 3600).astype("timedelta64[s]").astype(float)
    model = quick(time="absolute").fit(X, Y, times=dates)
    np.testing.assert_allclose(
        model.predict(X, times=dates), model.predict(X, times=seconds), rtol=1e-6
    )


def test_the_unit_of_times_and_values_does_not_matter(fitted):
    other = quick().fit(1000 * X + 5e6, Y * 1e-6, times=3600 * SPANS)
    found = other.predict(1000 * X + 5e6, times=3600 * SPANS) * 1e6
    np.testing.assert_allclose(found, fitted.predict(X, times=SPANS), rtol=1e-3, atol=1e-4)


def test_a_column_may_hold_the_times(fitted):
    together = np.concatenate([SPANS[:, :, None], X], axis=2)
    model = quick(time_column=0).fit(together, Y)
    assert model.n_features_in_ == 2
    wanted = fitted.predict(X, times=SPANS)
    assert np.array_equal(model.predict(together), wanted)
    for mask in (np.ones((120, 8, 2)), np.ones((120, 8, 1))):
        assert np.array_equal(model.predict(together, mask=mask), wanted)


def test_without_times_each_span_is_1():
    assert np.array_equal(
        quick().fit(X, Y).predict(X),
        quick().fit(X, Y, times=np.ones((120, 8))).predict(X, times=np.ones((120, 8))),
    )


# Padding, masks, lengths.


def test_lists_lengths_masks_and_nan_are_the_same(fitted):
    lengths = RNG.integers(1, 9, 120)
    ragged = [x[:n] for x, n in zip(X, lengths, strict=True)]
    spans = [s[:n] for s, n in zip(SPANS, lengths, strict=True)]
    inside = np.arange(8) < lengths[:, None]
    padded = np.where(inside[:, :, None], X, np.nan)
    wanted = fitted.predict(ragged, times=spans)
    garbage = np.where(inside[:, :, None], X, 1e30)
    times = np.where(inside, SPANS, np.nan)
    for found in (
        fitted.predict(padded, times=times),
        fitted.predict(garbage, times=times, lengths=lengths),
        fitted.predict(garbage, times=times, mask=inside[:, :, None]),
        fitted.predict(garbage, times=times, mask=inside),
    ):
        assert np.array_equal(found, wanted)


@pytest.mark.parametrize("layers", [1, 2])
def test_padded_sequences_are_as_if_alone(layers):
    model = quick(layers=layers, dtype="float64").fit(X, Y, times=SPANS)
    ragged = [X[0], X[1][:3], X[2][:1]]
    spans = [SPANS[0], SPANS[1][:3], SPANS[2][:1]]
    alone = [model.predict([x], times=[s])[0] for x, s in zip(ragged, spans, strict=True)]
    np.testing.assert_allclose(model.predict(ragged, times=spans), alone, rtol=1e-12)


def test_a_gap_is_not_a_value(fitted):
    gap = X.copy()
    gap[:, 3] = np.nan
    zero = X.copy()
    zero[:, 3] = 0
    assert not np.allclose(fitted.predict(gap, times=SPANS), fitted.predict(zero, times=SPANS))


def test_a_sequence_without_observations_gives_the_centre():
    model = quick().fit(X, Y)
    found = model.predict(np.full((1, 8, 1), np.nan))
    np.testing.assert_allclose(found, model.output_scaling_.center)


def test_the_order_and_number_of_rows_do_not_matter():
    model = quick(dtype="float64").fit(X, Y, times=SPANS)
    order = RNG.permutation(120)
    whole = model.predict(X, times=SPANS)
    np.testing.assert_allclose(model.predict(X[order], times=SPANS[order]), whole[order], rtol=1e-9)
    for size in (1, 7, 120, 1000):
        np.testing.assert_allclose(model.predict(X, times=SPANS, batch_size=size), whole, rtol=1e-9)


def test_sequences_of_another_length_can_be_predicted():
    model = quick().fit(X, Y)
    assert model.predict(np.zeros((3, 50, 1))).shape == (3,)
    assert model.predict(X[:2]).shape == (2,)


# Targets and weights.


def test_several_targets_keep_their_shape_and_digits():
    two = np.stack([1e9 + Y, 1e-9 * Y], axis=1)
    model = quick(max_updates=60).fit(X, two, times=SPANS)
    found = model.predict(X, times=SPANS)
    assert found.shape == two.shape and found.dtype == np.float64 and model.n_outputs_ == 2
    assert model.score(X, two, times=SPANS) > 0.3


def test_equal_weights_are_no_weights(fitted):
    for weights in (np.ones(120), np.full(120, 7.0)):
        model = quick().fit(X, Y, weights, times=SPANS)
        np.testing.assert_allclose(
            model.predict(X, times=SPANS), fitted.predict(X, times=SPANS), rtol=1e-3, atol=1e-4
        )


def test_weights_reach_the_loss():
    """Two values for the same input: the prediction is their weighted mean."""
    x, y = np.zeros((100, 3)), np.tile([0.0, 1.0], 50)
    weights = np.where(y == 1, 3.0, 1.0)
    model = quick(max_updates=150, validation_share=0).fit(x, y, weights)
    assert model.predict(x[:1])[0] == pytest.approx(0.75, abs=0.04)


def test_weight_zero_leaves_a_sample_out():
    wild, weights = Y.copy(), np.ones(120)
    wild[::3], weights[::3] = 1e6, 0
    kept = weights > 0
    left_out = quick().fit(X, wild, weights).predict(X)
    assert np.array_equal(left_out, quick().fit(X[kept], Y[kept], np.ones(80)).predict(X))


def test_score_is_r2():
    from sklearn.metrics import r2_score

    model, weights = quick().fit(X, Y), RNG.random(120)
    assert model.score(X, Y) == pytest.approx(r2_score(Y, model.predict(X)))
    assert model.score(X, Y, weights) == pytest.approx(
        r2_score(Y, model.predict(X), sample_weight=weights)
    )
    with pytest.warns(MyCaffeWarning, match="single sample"):
        assert np.isnan(model.score(X[:1], Y[:1]))


# Training.


def test_one_seed_gives_one_result(fitted):
    again = quick().fit(X, Y, times=SPANS)
    assert all(np.array_equal(again.weights_[name], w) for name, w in fitted.weights_.items())
    assert not np.array_equal(
        quick(random_state=2).fit(X, Y, times=SPANS).predict(X, times=SPANS),
        fitted.predict(X, times=SPANS),
    )
    model = quick(random_state=np.random.default_rng(3))
    assert model.fit(X, Y).seed_ != model.fit(X, Y).seed_


def test_the_best_weights_are_kept():
    """With a rate that makes the loss jump, the last validation is not the best one."""
    model = quick(max_updates=40, learning_rate=0.3, dtype="float64").fit(X, Y)
    losses = model.history_["validation_loss"]
    assert model.best_validation_ == losses.min() < losses[-1]
    rows = held_out(120, 0.15, 1)
    scale = model.output_scaling_.scale
    errors = (model.predict(X[rows]) - Y[rows]) / scale
    assert (errors**2).mean() == pytest.approx(model.best_validation_)
    assert len(model.history_["update"]) == model.n_updates_


def test_training_ends_when_nothing_improves():
    model = quick(max_updates=400, patience=8, batch_size=16).fit(X, RNG.standard_normal(120))
    best = model.history_["validation_update"][model.history_["validation_loss"].argmin()]
    assert best + 8 <= model.n_updates_ < 400


def test_limits_of_the_training():
    assert quick(max_updates=None, epochs=3, batch_size=20).fit(X, Y).n_updates_ == 3 * 6
    model = quick(max_updates=2).fit(X, Y)  # less than an epoch
    assert model.n_updates_ == 2 and list(model.history_["validation_update"]) == [2]
    few = quick(max_updates=3).fit(X[:10], Y[:10])
    assert few.best_validation_ is None and not len(few.history_["validation_loss"])


def test_an_outlier_counts_as_30_spreads():
    model = quick().fit(X, Y)
    far, farther = X.copy(), X.copy()
    far[0, 2], farther[0, 2] = 1e3, 1e12
    assert np.array_equal(model.predict(far), model.predict(farther))
    assert np.array_equal(model.predict(far)[1:], model.predict(X)[1:])


def test_threads_may_predict_at_the_same_time():
    model = quick().fit(X, Y)
    batches = [X[:n] for n in (120, 3, 50, 120, 7, 90)] * 3
    wanted = [model.predict(batch) for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        for found, want in zip(pool.map(model.predict, batches), wanted, strict=True):
            assert np.array_equal(found, want)


def test_callbacks_are_those_of_fit(capsys):
    seen = []

    class Watch:
        def after_update(self, row):
            seen.append(row["loss"])
            return len(seen) == 3

    assert quick(callbacks=[Watch()], verbose=True).fit(X, Y).n_updates_ == 3
    assert "training" in capsys.readouterr().err


# Mistakes; those of a training have a file of their own.


def test_mistakes_of_a_prediction(fitted):
    with pytest.raises(NotFittedError, match="call fit"):
        quick().predict(X)
    with pytest.raises(ShapeError, match="X has 2 features, but LiquidRegressor is expecting 1"):
        fitted.predict(np.zeros((3, 8, 2)), times=SPANS[:3])
    with pytest.raises(ConfigError, match="give times="):
        fitted.predict(X)
    with pytest.raises(ConfigError, match="the training had none"):
        quick().fit(X, Y).predict(X, times=SPANS)
    with pytest.raises(ConfigError, match="batch_size"):
        fitted.predict(X, times=SPANS, batch_size=0)


def test_a_training_that_fails_changes_nothing(fitted):
    wanted = fitted.predict(X, times=SPANS)

    def fail(figures):
        raise KeyError("no")

    fitted.set_params(callbacks=[fail])
    with pytest.raises(KeyError):
        fitted.fit(1000 * X, np.stack([Y, Y], axis=1))
    fitted.set_params(callbacks=None)
    assert np.array_equal(fitted.predict(X, times=SPANS), wanted)


def test_a_training_that_diverges_names_the_parameter():
    wanted = pytest.raises(DivergedError, match="lower learning_rate, which is 1e")
    with np.errstate(all="ignore"), wanted:
        quick(learning_rate=1e30).fit(X, Y)


def test_times_that_look_absolute_are_warned_of():
    with pytest.warns(MyCaffeWarning, match='use time="absolute"'):
        quick().fit(X, Y, times=SPANS.cumsum(axis=1))


def test_numbers_of_any_size():
    for factor in (1e-200, 1e300):
        model = quick().fit(factor * X, factor * Y)
        assert model.score(factor * X, factor * Y) == pytest.approx(
            quick().fit(X, Y).score(X, Y), abs=0.01
        )


def test_a_frame_may_hold_na():
    class Nullable:
        def __array__(self, dtype=None, copy=None):
            return np.array([[1.0, {}]], object)

        def to_numpy(self, dtype, na_value):
            return np.array([[1.0, na_value]], dtype)

    model = quick().fit(X[:, :2, 0], Y)
    assert np.array_equal(model.predict(Nullable()), model.predict([[1.0, np.nan]]))


def test_a_frame_keeps_its_names():
    class Frame(np.ndarray):
        columns = ()

    frame = X[:, :, 0].view(Frame)
    frame.columns = list("abcdefgh")
    model = quick().fit(frame, Y)
    assert list(model.feature_names_in_) == list("abcdefgh")
    frame.columns = list("hgfedcba")
    with pytest.raises(ConfigError, match="feature names should match"):
        model.predict(frame)
