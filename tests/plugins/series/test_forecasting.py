"""Forecasts by the trainer SERIES beyond the last row."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError

from .conftest import henon, table
from .test_learning import panel

PLAIN = "base: LAST transform: NONE"


@pytest.fixture
def begun(make_training):
    """Return a training whose net counts for nothing, so that the last value is the forecast."""

    def begun(content=None, gym=PLAIN):
        training = make_training(content, gym=gym)
        layer = training.trainer.learner.layer
        layer.remember(gain=np.zeros_like(layer.memory()["gain"]))
        return training

    return begun


def test_without_the_net_the_baseline_forecasts(begun):
    values = henon(120)
    training = begun(table(values))
    forecast = training.trainer.forecast(training.net, 2)
    np.testing.assert_allclose(forecast.predictions[:, 0], values[-1], rtol=1e-6)
    assert list(forecast.times) == [120, 121] and np.isnan(forecast.targets).all()


def test_a_forecast_is_baseline_and_net_by_gain(make_training):
    training = make_training(gym=PLAIN, dtype="float64")
    training.solver.step(5)
    learner, values = training.trainer.learner, henon(120)
    whole = training.trainer.forecast(training.net, 2).predictions[:, 0] - values[-1]
    learner.layer.remember(gain=[[0.5], [0.25]])
    part = training.trainer.forecast(training.net, 2).predictions[:, 0] - values[-1]
    np.testing.assert_allclose(part, [0.5, 0.25] * whole, rtol=1e-9)
    assert whole.all()


def test_drift_continues_the_mean_change(begun):
    values = np.linspace(3, 7, 100) + 0.1 * np.array(henon(100))
    training = begun(table(values), gym="base: DRIFT transform: NONE")
    forecast = training.trainer.forecast(training.net, 2)
    # Before the search has ended, the slope is that of the 64 rows before the validation.
    slope = (values[63] - values[0]) / 63
    np.testing.assert_allclose(
        forecast.predictions[:, 0], values[-1] + slope * np.array([1, 2]), rtol=1e-6
    )


def test_the_season_before_is_repeated(begun):
    values = np.sin(2 * np.pi * np.arange(100) / 9) + 0.1 * np.array(henon(100))
    training = begun(table(values), gym="base: SEASONAL season: 9 horizon: 4 transform: NONE")
    forecast = training.trainer.forecast(training.net, 4)
    np.testing.assert_allclose(forecast.predictions[:, 0], values[91:95], rtol=1e-5)


def test_beyond_the_horizon_forecasts_are_fed_back(begun):
    training = begun(gym="base: DRIFT transform: NONE")
    forecast = training.trainer.forecast(training.net, 5)
    np.testing.assert_allclose(np.diff(forecast.predictions[:, 0], 2), 0, atol=1e-6)
    assert "beyond 2 rows, for which the net was trained" in forecast.notes[0]


def test_a_start_within_the_file_shows_what_came_after_it(begun):
    values = henon(120)
    training = begun(table(values))
    forecast = training.trainer.forecast(training.net, 2, start="100")
    np.testing.assert_allclose(forecast.predictions[:, 0], values[100], rtol=1e-6)
    np.testing.assert_allclose(forecast.targets[:, 0], values[101:103])
    assert list(forecast.times) == [101, 102]


def test_nothing_after_the_start_is_seen(make_training):
    values = henon(120)
    changed = [*values[:101], *[-value for value in values[101:]]]
    training, other = make_training(), make_training(table(changed))
    other.net.parameters.data[...] = training.net.parameters.data
    found = [
        each.trainer.forecast(each.net, 2, start="100").predictions for each in (training, other)
    ]
    # Baselines are fitted to rows before 96 in both.
    np.testing.assert_allclose(*found, rtol=1e-9)


def test_intervals_are_the_bands_of_the_layer(begun):
    training = begun()
    learner = training.trainer.learner
    learner.layer.remember(band=[[[-1, 2]], [[-1.5, 3]]])
    spread, last = learner.samples.scaling.spread[0, 0], henon(120)[-1]
    forecast = training.trainer.forecast(training.net, 2)
    np.testing.assert_allclose(forecast.lower[:, 0], last - spread * np.array([1, 1.5]), rtol=1e-6)
    np.testing.assert_allclose(forecast.upper[:, 0], last + spread * np.array([2, 3]), rtol=1e-6)
    assert forecast.coverage == pytest.approx(0.8)


def test_rows_without_a_value_at_the_end_are_forecast(begun):
    values = henon(120)
    training = begun(table([*values[:118], None, None]))
    forecast = training.trainer.forecast(training.net, 1)
    assert list(forecast.times) == [118]
    np.testing.assert_allclose(forecast.predictions[:, 0], values[117], rtol=1e-6)


@pytest.mark.parametrize(
    ("start", "words"),
    [("-5", 'start "-5" is before the first row, 0'), ("soon", 'start "soon"')],
)
def test_a_start_that_is_none_is_refused(begun, start, words):
    training = begun()
    with pytest.raises(ConfigError, match=words):
        training.trainer.forecast(training.net, 1, start=start)


def test_series_are_forecast_by_name(make_training):
    values = np.array(henon(80))
    training = make_training(
        panel(("one", values), ("two", values + 5)),
        gym='series_column: "id" value_column: "y" base: LAST transform: NONE',
    )
    found = training.trainer.forecast(training.net, 1, series=["two"])
    assert list(found.series) == ["two"]
    with pytest.raises(ConfigError, match='there is no series "tow"') as caught:
        training.trainer.forecast(training.net, 1, series=["tow"])
    assert "two" in str(caught.value)


def test_a_single_series_cannot_be_named(begun):
    training = begun()
    with pytest.raises(ConfigError, match="holds one series, so none can be named"):
        training.trainer.forecast(training.net, 1, series=["y"])
