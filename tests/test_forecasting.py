"""The arithmetic of benchmarks/forecasting.py: origins, errors, the methods that need no package, and the verdicts."""

from __future__ import annotations

import importlib
import math
import os
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
NAN = math.nan


@pytest.fixture
def script(monkeypatch):
    """Import a script; the environment that it sets is put back."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.fixture
def case(script):
    """Make a case from values; each row is one unit after the row before it."""
    data = script("series_data")

    def make(values, horizon=2, period=1, span=0.0, step=0.0, times=None):
        values = np.asarray(values, dtype=float).reshape(len(values), -1)
        times = np.arange(float(len(values))) if times is None else np.asarray(times, dtype=float)
        columns = tuple(f"v{index}" for index in range(values.shape[1]))
        stamps = tuple(f"{time:g}" for time in times)
        return data.Case(
            "made", "made", stamps, times, values, columns, horizon, period, span, step
        )

    return make


def test_co2_loads_without_a_package(script):
    cases = script("series_data").CASES
    whole, thinned = cases["co2"](), cases["co2_irregular"]()
    assert len(whole) == 2284 and whole.stamps[0] == "1958-03-29" and np.isnan(whole.values).any()
    assert 700 < len(thinned) < 1000 and np.isfinite(thinned.values).all()
    kept = np.isin(whole.times, thinned.times)
    np.testing.assert_array_equal(whole.values[kept], thinned.values)
    head = whole.head(3)
    assert head.text() == "time,co2\n1958-03-29,316.1\n1958-04-05,317.3\n1958-04-12,317.6\n"


def test_a_gap_is_an_empty_cell(case, tmp_path):
    path = case([[1, NAN], [2, 0.1]]).write(tmp_path)
    assert path.read_text() == "time,v0,v1\n0,1,\n1,2,0.1\n"


def test_gaps_are_filled_from_before(script):
    values = np.array([[NAN, 1], [2, NAN], [NAN, NAN], [3, 4]])
    wanted = [[2, 1], [2, 1], [2, 1], [3, 4]]
    np.testing.assert_array_equal(script("rolling").filled(values), wanted)


def test_origins_begin_at_the_last_training_row(script, case):
    rolling = script("rolling")
    np.testing.assert_array_equal(rolling.origins_of(case(range(10))), [7, 8])
    many = rolling.origins_of(case(range(2000)))
    assert len(many) == 200 and many[0] == 1599 and many[-1] == 1998
    assert set(np.diff(many)) == {2, 3} or set(np.diff(many)) == {2}


def test_targets_end_with_the_series(script, case):
    targets = script("rolling").targets_of(case([0, 1, NAN, 3]), np.array([1, 2]))
    np.testing.assert_array_equal(targets[..., 0], [[NAN, 3], [3, NAN]])


def test_the_error_is_scaled_by_the_seasonal_naive_forecasts(script, case):
    rolling = script("rolling")
    made = case([0, 10, 2, 14, 2, 16, 6, 18, 8, 20], period=2)
    # Training: 8 rows, differences from two rows before 2, 4, 0, 2, 4, 2.
    assert rolling.scales_of(made) == pytest.approx(14 / 6)
    forecast = rolling.Forecast(np.full((2, 2, 1), 11.0))
    # One row ahead: 8 and 20, errors 3 and 9; two rows ahead only 20.
    found = rolling.score(made, forecast, 1.5)
    assert found.by_distance == pytest.approx((6 / (14 / 6), 9 / (14 / 6)))
    assert found.mase == pytest.approx(7.5 / (14 / 6)) and found.coverage is None
    assert rolling.Score.of(found.as_dict()) == found


def test_coverage_counts_known_targets_only(script, case):
    rolling = script("rolling")
    made = case([0, 1, 0, 1, 0, 1, 0, 1, 5, 20])
    middle = np.full((2, 2, 1), 5.0)
    found = rolling.score(made, rolling.Forecast(middle, middle - 1, middle + 1), 0.0)
    assert found.coverage == pytest.approx(1 / 3)  # 5 of 5, 20 and 20


@pytest.mark.parametrize("predictions", [np.zeros((1, 2, 1)), np.full((2, 2, 1), NAN)])
def test_predictions_of_another_shape_or_without_a_value_are_refused(script, case, predictions):
    rolling = script("rolling")
    with pytest.raises(ValueError, match=r"expected finite predictions of shape \(2, 2, 1\)"):
        rolling.score(case(range(10)), rolling.Forecast(predictions), 0.0)


# Methods.


def test_naive_forecasts(script, case):
    classical = script("classical")
    made = case([0, 1, 2, 3, 0, 1, 2, 3, 4, NAN], horizon=3, period=4)
    # From rows 7 and 8.
    last, seasonal, drift = (
        method(made).predictions[..., 0]
        for method in (classical.last_value, classical.seasonal_naive, classical.drift)
    )
    np.testing.assert_array_equal(last, [[3, 3, 3], [4, 4, 4]])
    # Nothing is known beyond row 9, so nothing is asked of the forecasts for it.
    np.testing.assert_array_equal(seasonal[0, :2], [0, 1])
    assert seasonal[1, 0] == 1
    np.testing.assert_allclose(drift[0, :2], [3 + 3 / 7, 3 + 6 / 7])
    np.testing.assert_allclose(drift[1, 0], 4.5)


def test_a_longer_horizon_repeats_the_season(script, case):
    made = case(np.tile([1.0, 5.0], 10), horizon=5, period=2)
    found = script("classical").seasonal_naive(made).predictions[0, :, 0]
    np.testing.assert_array_equal(found[:4], [1, 5, 1, 5])


def test_an_irregular_series_is_put_on_its_grid(script, case):
    classical = script("classical")
    times = [0, 2, 4, 6, 10, 12, 16, 18, 20, 24]
    made = case(range(10), times=times, step=2.0, span=8.0, period=3)
    grid = classical.Grid(made)
    np.testing.assert_array_equal(grid.values[:, 0], [0, 1, 2, 3, 3, 4, 5, 5, 6, 7, 8, 8, 9])
    assert grid.period == 4 and grid.rows == 10  # the training part is 8 rows, up to time 18
    np.testing.assert_array_equal(grid.ahead(np.array([7, 8]), 2), [[1, 3], [2, 2]])
    # From time 18: 20 is a period after 12, 24 after 16.
    np.testing.assert_array_equal(classical.seasonal_naive(made).predictions[0, :, 0], [5, 6])


def test_ridge_learns_a_linear_rule(script, case):
    classical, rolling = script("classical"), script("rolling")
    rng = np.random.default_rng(3)
    values = np.zeros(400)
    for row in range(2, 400):
        values[row] = 1.6 * values[row - 1] - 0.9 * values[row - 2] + rng.normal(0, 0.1)
    made = case(values)
    found = classical.ridge(made)
    origins = rolling.origins_of(made)
    one = 1.6 * values[origins] - 0.9 * values[origins - 1]
    two = 1.6 * one - 0.9 * values[origins]
    wanted = np.stack([one, two], axis=1)
    error, of_last = (
        np.abs(p - wanted).mean() for p in (found.predictions[..., 0], values[origins][:, None])
    )
    assert error < 0.15 * of_last
    assert 0.65 < rolling.score(made, found, 0.0).coverage < 0.92


def test_ridge_looks_at_nothing_after_the_origin(script, case):
    classical = script("classical")
    values = np.random.default_rng(4).normal(size=100)
    before = classical.ridge(case(values, period=7, span=7.0)).predictions
    values[90:] += 100
    after = classical.ridge(case(values, period=7, span=7.0)).predictions
    # Origins are 79, 80, ...; those before row 90 do not see the change.
    np.testing.assert_array_equal(before[:11], after[:11])
    assert np.abs(before[11:] - after[11:]).min() > 1


# The cache.


def test_scores_are_computed_once(script, case, tmp_path, monkeypatch):
    scores, classical = script("classical_scores"), script("classical")
    calls = []

    def counted(made):
        calls.append(made)
        return classical.last_value(made)

    monkeypatch.setattr(scores, "METHODS", {"last value": counted})
    monkeypatch.setattr(scores, "version", lambda name: "1")
    made, cache = case(range(10)), tmp_path / "results" / "kept.json"
    first = scores.classical_scores(made, "test", cache)
    assert scores.classical_scores(made, "test", cache) == first and len(calls) == 1
    assert first["last value"].by_distance == (1, 2)
    scores.classical_scores(case([*range(9), 11]), "test", cache)
    assert len(calls) == 2
    monkeypatch.setattr(scores, "version", lambda name: "2")
    scores.classical_scores(case([*range(9), 11]), "test", cache)
    assert len(calls) == 3


# Our side.


def test_our_net_forecasts_every_origin_and_distance(script, case, monkeypatch):
    net, rolling = script("forecasting_net"), script("rolling")
    monkeypatch.setattr(net, "_SOLVER", net._SOLVER + "max_iter: 6")
    values = np.random.default_rng(5).normal(size=(50, 2))
    values[45, 1] = NAN
    made = case(values, horizon=3, period=4, span=4.0)
    found = net.ours(made, 1)
    assert found["predictions"].shape == (10, 3, 2) and found["seconds"] > 0
    assert (found["lower"] <= found["upper"]).all() and np.isfinite(found["predictions"]).all()
    rolling.score(made, rolling.Forecast(found["predictions"]), found["seconds"])
    again = net.ours(made, 1)["predictions"]
    np.testing.assert_array_equal(found["predictions"], again)


# Verdicts.


@pytest.fixture
def result(script, case):
    """Make a result from the errors of the naive forecast, of the best other method and of our seeds."""
    forecasting = script("forecasting")

    def make(naive, best, *ours, coverage=0.8, seconds=30.0):
        def scored(mase, coverage=None):
            return forecasting.Score(mase, (mase,), coverage, seconds)

        classical = {name: scored(2 * naive) for name in forecasting.METHODS}
        classical["last value"], classical["AR"] = scored(naive), scored(best)
        nets = [scored(mase, coverage) for mase in ours]
        return forecasting.Result(case(range(10)), classical, nets)

    return make


def test_what_is_beyond_noise(result):
    assert result(1.0, 0.9, 0.95, 0.96, 0.97).beats_naive
    assert not result(1.0, 0.9, 0.8, 0.95, 1.1).beats_naive
    assert result(1.0, 0.9, 0.99).beats_naive


def test_shares_are_of_the_median(result):
    one = result(1.0, 0.5, 0.6, 0.2, 0.4)
    assert (one.ours, one.to_naive, one.to_best, one.best) == (0.4, 0.4, 0.8, "AR")


def test_targets_met_and_missed(script, result):
    verdicts = script("forecasting").verdicts
    good = [result(1.0, 0.9, 0.85, 0.86, 0.87) for _ in range(6)]
    assert [met for met, _ in verdicts(good)] == [True] * 5
    worse = [*good[:5], result(1.0, 0.9, 1.2, 1.2, 1.2, coverage=None)]
    found = verdicts(worse)
    assert [met for met, _ in found] == [False, False, False, True, False]
    assert "on 5 of 6 series; not on made" in found[0][1] and "1.20 times" in found[2][1]
    assert "not on made none" in found[4][1]
    slow = verdicts([result(1.0, 0.9, 0.8, seconds=90.0)])
    assert not slow[3][0] and "90 s" in slow[3][1]
    assert "one seed, noise unknown" in slow[0][1]
    assert "two standard errors" in found[0][1]


def test_bad_options(script, capsys):
    forecasting = script("forecasting")
    for arguments in (["--seeds", "0"], ["--only", "rain"]):
        with pytest.raises(SystemExit):
            forecasting.parse(arguments)
    assert "--seeds is 0; expected 1 or more" in capsys.readouterr().err


def test_the_whole_run(script, case, monkeypatch, capsys):
    forecasting, scores = script("forecasting"), script("classical_scores")
    classical = script("classical")
    made = case(np.random.default_rng(6).normal(size=60))
    monkeypatch.setattr(forecasting, "CASES", {"made": lambda: made})
    monkeypatch.setattr("sys.argv", ["forecasting.py", "--validate", "--seeds", "2"])
    seen = []

    def classical_scores(part_of, part):
        seen.append((len(part_of), part))
        naive = scores.score(part_of, classical.last_value(part_of), 0.0)
        return dict.fromkeys(forecasting.METHODS, naive)

    def ours(part_of, seed):
        middle = classical.last_value(part_of).predictions * 0.5
        return {"predictions": middle, "lower": middle - 1, "upper": middle + 1, "seconds": 1.0}

    monkeypatch.setattr(forecasting, "classical_scores", classical_scores)
    monkeypatch.setattr(forecasting, "ours", ours)
    code, text = forecasting.main(), capsys.readouterr().out
    assert seen == [(48, "validate")] and "| made " in text and "PASSED: better than" in text
    assert code == int("MISSED" in text)
