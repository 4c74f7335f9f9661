"""Exponential smoothing and autoregression of statsmodels, for forecasting.py.

Both are fitted on the training part. For newer rows the parameters stay: the states of exponential smoothing are
filtered on, and an autoregression is applied to the latest values.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from classical import Grid
from rolling import LEVEL, Forecast, origins_of
from series_data import Case
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.ar_model import AutoReg, ar_select_order
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

_LONGEST_PERIOD = 120
"""A longer period is left out by both: it would need hundreds of parameters."""
_PATHS = 400


def _period(grid: Grid) -> int:
    return grid.period if grid.period <= min(_LONGEST_PERIOD, grid.rows // 3) else 1


def _at_targets(case: Case, grid: Grid, forecaster) -> Forecast:
    """Return ``forecaster(series, places, distance)``, (3, N, distance), of each value, at the case's own rows."""
    origins = origins_of(case)
    ahead, places = grid.ahead(origins, case.horizon), grid.places[origins]
    columns = []
    for series in grid.values.T:
        paths = forecaster(series, places, int(ahead.max()))
        columns.append(np.take_along_axis(paths, ahead[None] - 1, axis=2))
    return Forecast(*np.stack(columns, axis=-1))


# Exponential smoothing.


@dataclass(frozen=True)
class States:
    """States of exponential smoothing after each row: ``season`` (n, m), the latest last, or (n, 0)."""

    level: np.ndarray
    trend: np.ndarray
    season: np.ndarray

    def at(self, rows: np.ndarray) -> States:
        return States(self.level[rows], self.trend[rows], self.season[rows])


class Smoothing:
    """A damped additive trend, with additive, multiplicative or no season, chosen by AIC; errors are additive."""

    def __init__(self, series: np.ndarray, rows: int, period: int):
        train = series[:rows]
        possible = (None, "add", "mul") if train.min() > 0 else (None, "add")
        seasons = possible if period > 1 else (None,)
        fits = [self._fit(train, season, period) for season in seasons]
        self.fit = min(fits, key=lambda fit: fit.aic)
        self.season = self.fit.model.seasonal
        self.period = period if self.season else 0
        self.alpha, self.beta = self.fit.smoothing_level, self.fit.smoothing_trend
        self.phi = self.fit.damping_trend
        self.gamma = self.fit.smoothing_seasonal if self.season else 0.0
        self.residuals = np.asarray(self.fit.resid)

    def _fit(self, train: np.ndarray, season: str | None, period: int):
        model = self._model(train, season, period, initialization_method="estimated")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", (ConvergenceWarning, RuntimeWarning))
            return model.fit(disp=False, maxiter=300)

    def _model(self, series: np.ndarray, season: str | None, period: int, **start) -> ETSModel:
        return ETSModel(
            series,
            error="add",
            trend="add",
            damped_trend=True,
            seasonal=season,
            seasonal_periods=period if season else None,
            **start,
        )

    def filter(self, series: np.ndarray) -> States:
        """Return the states after each row of ``series``, which begins with the training part."""
        fit, count = self.fit, 4 if self.season else 3
        start = {"initial_level": fit.initial_level, "initial_trend": fit.initial_trend}
        if self.season:
            start["initial_seasonal"] = fit.initial_seasonal
        model = self._model(
            series, self.season, self.period, initialization_method="known", **start
        )
        _, states = model.smooth(np.asarray(fit.params)[:count], return_raw=True)
        season = np.zeros((len(series), 0))
        if self.season:
            first = np.asarray(fit.initial_seasonal)
            every = np.concatenate([first, states[:, 2]])
            season = np.lib.stride_tricks.sliding_window_view(every, self.period)[1:]
        return States(states[:, 0], states[:, 1], season)

    def paths(self, states: States, errors: np.ndarray) -> np.ndarray:
        """Return the course of the series from ``states`` (N,) with errors (distance, N): (distance, N)."""
        level, trend, season = states.level, states.trend, list(states.season.T)
        found = []
        for error in errors:
            base = level + self.phi * trend
            latest = season.pop(0) if self.season else 0.0
            factor = latest if self.season == "mul" else 1.0
            found.append(base * factor + (0.0 if self.season == "mul" else latest) + error)
            level, trend = (
                base + self.alpha * error / factor,
                self.phi * trend + self.beta * error / factor,
            )
            if self.season:
                share = error / base if self.season == "mul" else error
                season.append(latest + self.gamma * share)
        return np.array(found)

    def forecast(self, states: States, distance: int, rng: np.random.Generator) -> np.ndarray:
        """Return the forecast without errors, and bounds from simulated paths: (3, N, distance)."""
        middle = self.paths(states, np.zeros((distance, len(states.level))))
        many = states.at(np.repeat(np.arange(len(states.level)), _PATHS))
        errors = rng.choice(self.residuals, (distance, len(many.level)))
        drawn = self.paths(many, errors).reshape(distance, -1, _PATHS)
        share = (1 - LEVEL) / 2
        low, high = np.quantile(drawn, [share, 1 - share], axis=2)
        return np.stack([middle, low, high]).transpose(0, 2, 1)


def smoothing(case: Case) -> Forecast:
    """Return exponential smoothing's forecast."""
    grid, rng = Grid(case), np.random.default_rng(0)

    def forecaster(series: np.ndarray, places: np.ndarray, distance: int) -> np.ndarray:
        model = Smoothing(series, grid.rows, _period(grid))
        return model.forecast(model.filter(series).at(places), distance, rng)

    return _at_targets(case, grid, forecaster)


# Autoregression.


class Autoregression:
    """An autoregression with a constant and seasonal dummies; the number of lags is chosen by BIC."""

    def __init__(self, series: np.ndarray, rows: int, period: int):
        train = series[:rows]
        season = {"seasonal": True, "period": period} if period > 1 else {}
        most = max(1, min(max(2 * period, 12), rows // 4))
        lags = ar_select_order(train, most, ic="bic", trend="c", **season).ar_lags
        self.fit = AutoReg(train, lags=lags or 0, trend="c", **season).fit()
        params = np.asarray(self.fit.params)
        self.period = period
        self.constant, self.seasonal = params[0], np.concatenate([[0.0], params[1:period]])
        self.weights = params[period:]
        """(p,), the latest value's first."""

    def forecast(self, series: np.ndarray, places: np.ndarray, distance: int) -> np.ndarray:
        """Return forecasts from rows ``places`` and their bounds, (3, N, distance)."""
        order = len(self.weights)
        known = series[places[:, None] - np.arange(order)]
        found = np.empty((len(places), distance))
        for step in range(distance):
            season = self.seasonal[(places + step + 1) % self.period]
            found[:, step] = self.constant + season + known @ self.weights
            known = np.concatenate([found[:, step : step + 1], known], axis=1)[:, :order]
        margin = NormalDist().inv_cdf((1 + LEVEL) / 2) * self.deviations(distance)
        return np.stack([found, found - margin, found + margin])

    def deviations(self, distance: int) -> np.ndarray:
        """Return the standard deviations of the forecast errors, (distance,)."""
        response = np.zeros(distance)
        response[0] = 1.0
        for step in range(1, distance):
            count = min(step, len(self.weights))
            response[step] = self.weights[:count] @ response[step - count : step][::-1]
        return np.sqrt(self.fit.sigma2 * np.cumsum(response**2))


def autoregression(case: Case) -> Forecast:
    """Return the autoregression's forecast."""
    grid = Grid(case)

    def forecaster(series: np.ndarray, places: np.ndarray, distance: int) -> np.ndarray:
        return Autoregression(series, grid.rows, _period(grid)).forecast(series, places, distance)

    return _at_targets(case, grid, forecaster)
