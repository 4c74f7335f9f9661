"""Errors by distance ahead and those of simple forecasts, recomputed by hand from the values."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series.scoring import Scores, caution_of, report_on

from .conftest import henon, table


@pytest.fixture
def values():
    """Return 120 values with a season of 6 rows, a trend and noise."""
    rows = np.arange(120)
    noise = np.random.default_rng(5).standard_normal(120)
    return 20 + 0.05 * rows + 3 * np.sin(2 * np.pi * rows / 6) + 0.5 * noise


@pytest.fixture
def scored(make_training, values):
    """Return a training that has just begun, and its scores on the test rows, 96 to 119."""
    training = make_training(
        table(values), gym="horizon: 4 period: 6 season: 6 transform: NONE window: 6"
    )
    return training, training.trainer.scores(training.net)


def cases(ahead, last=119):
    """Return the rows of origin and target of the test part: it begins after row 95."""
    origins = np.arange(95, last - ahead + 1)
    return origins, origins + ahead


@pytest.mark.parametrize("ahead", [1, 2, 4])
def test_errors_of_naive_forecasts(scored, values, ahead):
    _, scores = scored
    origins, targets = cases(ahead)
    truth = values[targets]
    slope = (values[95] - values[0]) / 95
    expected = {
        "last value": np.abs(values[origins] - truth).mean(),
        "seasonal naive": np.abs(values[targets - 6] - truth).mean(),
        "drift": np.abs(values[origins] + ahead * slope - truth).mean(),
    }
    for name, error in expected.items():
        assert scores.mean(name, 0, ahead) == pytest.approx(error, rel=1e-6), name


def test_the_mean_of_all_counts_each_forecast_once(scored, values):
    _, scores = scored
    missed = [np.abs(values[o] - values[t]) for o, t in map(cases, (1, 2, 3, 4))]
    assert scores.mean("last value") == pytest.approx(np.concatenate(missed).mean(), rel=1e-6)


def test_the_net_is_judged_by_its_own_forecasts(scored, values):
    training, scores = scored
    missed = []
    for origin in range(95, 118):
        forecast = training.trainer.forecast(training.net, 2, start=str(origin))
        missed.append(abs(float(forecast.predictions[1, 0]) - values[origin + 2]))
    assert scores.mean("net", 0, 2) == pytest.approx(np.mean(missed), rel=1e-4)


def test_mase_divides_by_the_seasonal_naive_error_of_the_training_part(scored, values):
    _, scores = scored
    scale = np.abs(values[6:96] - values[:90]).mean()
    assert scores.mase("drift") == pytest.approx(scores.mean("drift") / scale, rel=1e-9)


def test_without_a_season_mase_divides_by_the_changes(make_training):
    values = np.random.default_rng(1).standard_normal(100).cumsum()
    training = make_training(table(values), gym="horizon: 2 transform: NONE window: 4")
    learner = training.trainer.learner
    lag = learner.samples.season_rows[0] if learner.samples.season_rows else 1
    scale = np.abs(values[lag:80] - values[: 80 - lag]).mean()
    scores = training.trainer.scores(training.net)
    assert scores.mase("last value") == pytest.approx(scores.mean("last value") / scale, rel=1e-6)


def test_each_value_has_its_own_table(make_training, values):
    other = 5 * values[::-1] + np.random.default_rng(2).standard_normal(120)
    training = make_training(
        table(values, other, names="t y z"),
        gym="horizon: 2 transform: NONE window: 6 period: 6 season: 6",
    )
    report = training.trainer.test_report(training.net)
    titles = [each.title for each in report.tables]
    assert titles == [f"{n}: mean absolute error by rows ahead, on the test rows" for n in "yz"]
    origins, targets = cases(2)
    for each, column in zip(report.tables, (values, other), strict=True):
        names = list(each.columns)
        row = next(row for row in each.rows if row[0] == "2")
        expected = np.abs(column[origins] - column[targets]).mean()
        assert row[names.index("last value")] == pytest.approx(expected, rel=1e-6)
        assert [row[0] for row in each.rows] == ["1", "2", "all", "MASE"]


def test_gaps_count_neither_as_errors_nor_as_values(make_training, values):
    gaps = [None if row in (100, 110, 111) else value for row, value in enumerate(values)]
    training = make_training(
        table(gaps), gym="horizon: 1 transform: NONE window: 6 period: 6 season: 6"
    )
    scores = training.trainer.scores(training.net)
    filled = values.copy()
    filled[100], filled[110:112] = values[99], values[109]
    origins, targets = cases(1)
    known = ~np.isin(targets, (100, 110, 111))
    expected = np.abs(filled[origins] - values[targets])[known].mean()
    assert scores.mean("last value", 0, 1) == pytest.approx(expected, rel=1e-6)


def test_intervals_count_what_they_hold(scored, values):
    training, _ = scored
    learner = training.trainer.learner
    band = np.zeros((4, 1, 2))
    band[..., 0], band[..., 1] = -0.4, 0.2
    learner.layer.remember(band=band)
    scores = training.trainer.scores(training.net)
    held, losses = [], []
    for origin in range(95, 119):
        steps = min(4, 119 - origin)
        forecast = training.trainer.forecast(training.net, steps, start=str(origin))
        truth = values[origin + 1 : origin + 1 + steps]
        low, high = forecast.lower[:, 0], forecast.upper[:, 0]
        held += list((truth >= low) & (truth <= high))
        # The pinball loss of the 0.1 and the 0.9 quantile, by its definition.
        for share, end in ((0.1, low), (0.9, high)):
            missed = truth - end
            losses += list(np.where(missed >= 0, share * missed, (share - 1) * missed))
    figures = scores.figures()
    assert figures["coverage"] == pytest.approx(np.mean(held))
    assert figures["pinball"] == pytest.approx(np.mean(losses), rel=1e-4)


def test_figures_take_the_best_naive_forecast(scored):
    _, scores = scored
    naive = [scores.mean(name) for name in ("last value", "seasonal naive", "drift")]
    figures = scores.figures()
    assert figures["baseline_mean_abs_error"] == min(naive)
    assert figures["mean_abs_error"] == scores.mean("net")


def made(net, last, ridge=1.0):
    """Return scores of one value with these errors."""
    errors = {
        name: np.full((3, 1), value)
        for name, value in {"net": net, "last value": last, "ridge": ridge}.items()
    }
    nothing = np.full((3, 1), np.nan)
    ahead, scale = np.arange(1, 4), np.ones((3, 1))
    return Scores("test", errors, ahead, scale, nothing, nothing, ("y",), 0.8)


def test_a_net_that_loses_says_so(scored):
    learner = scored[0].trainer.learner
    assert report_on(made(2.0, 1.5, 3.0), learner).cautions == (
        "y: the net does not beat last value on the test rows: its mean error is 2, that of last value 1.5",
    )
    assert report_on(made(1.0, 1.5), learner).cautions == ()


def test_a_forecast_by_a_net_that_loses_to_a_naive_one_is_cautioned():
    assert caution_of(made(2.0, 1.5)) == (
        "do not rely on this forecast of y: on the test rows the net is off by 2 on average, last value by 1.5"
    )
    assert caution_of(made(1.0, 1.5, ridge=0.5)) is None


def test_scores_survive_a_state(scored):
    _, scores = scored
    again = Scores.of_state(scores.state())
    assert again.figures() == scores.figures() and again.names == scores.names


def test_without_a_test_part_the_report_is_on_the_validation_rows(make_training):
    training = make_training(gym="train_share: 1", solver="max_iter: 10")
    training.solver.solve()
    report = training.trainer.report()
    assert report.tables[0].title == "y: mean absolute error by rows ahead, on the validation rows"
    learner = training.trainer.learner
    values = np.array(henon(120))
    origins = np.arange(learner.splits[0] - 1, 119)
    expected = np.abs(values[origins] - values[origins + 1]).mean()
    found = report.tables[0].rows[0][list(report.tables[0].columns).index("last value")]
    assert found == pytest.approx(expected, rel=1e-6)
