"""Forecasts without nets for forecasting.py: naive ones, ridge regression, and the table of all classical methods.

Each is fitted once on the training part, and given the newer rows without refitting. Gaps are filled with the value
before; several values are forecast each on its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rolling import LEVEL, Forecast, filled, origins_of
from series_data import Case

PENALTIES = (0.1, 1, 3, 10, 30, 100, 300, 1000, 3000)
_LONGEST = 60
"""The most consecutive rows in the window of ridge regression; a longer one is thinned."""


class Grid:
    """A case's values on regular rows, gaps filled: its own rows, or those of its grid where it has one.

    ``values`` (g, O) holds the last value by each grid row; ``places`` (n,) is the grid row of each of the case's rows;
    ``period`` is in grid rows, 1 if there is none. Only rows before ``rows`` belong to the training part.
    """

    def __init__(self, case: Case):
        if case.step:
            self.places = np.round((case.times - case.times[0]) / case.step).astype(int)
            values = np.full((self.places[-1] + 1, case.values.shape[1]), np.nan)
            values[self.places] = case.values
            self.period = max(1, round(case.span / case.step))
        else:
            self.places, values, self.period = np.arange(len(case)), case.values, case.period
        self.values = filled(values)
        self.rows = int(self.places[case.train_rows - 1]) + 1

    def ahead(self, origins: np.ndarray, horizon: int) -> np.ndarray:
        """Return how many grid rows ahead the case's rows 1 to ``horizon`` after each origin are, (N, H)."""
        rows = np.minimum(origins[:, None] + np.arange(1, horizon + 1), len(self.places) - 1)
        return np.maximum(self.places[rows] - self.places[origins][:, None], 1)


# Naive forecasts.


def last_value(case: Case) -> Forecast:
    origins = origins_of(case)
    return Forecast(np.repeat(filled(case.values)[origins][:, None], case.horizon, axis=1))


def seasonal_naive(case: Case) -> Forecast:
    """Return the value a whole number of periods before the target; the last value where there is no period."""
    grid, origins = Grid(case), origins_of(case)
    if grid.period == 1:
        return last_value(case)
    ahead = grid.ahead(origins, case.horizon)
    back = -(-ahead // grid.period) * grid.period
    return Forecast(grid.values[np.maximum(grid.places[origins][:, None] + ahead - back, 0)])


def drift(case: Case) -> Forecast:
    """Return the line from the first value through the last one."""
    grid, origins = Grid(case), origins_of(case)
    places = grid.places[origins]
    last = grid.values[places]
    slopes = (last - grid.values[0]) / places[:, None]
    ahead = grid.ahead(origins, case.horizon)
    return Forecast(last[:, None] + ahead[..., None] * slopes[:, None])


# Ridge regression.


class Ridge:
    """Direct ridge regression: one fit for each distance and value, on differences from the last value.

    Features: the window, whose length is two periods; the value one period before the target; sines and cosines of
    the target's and of the last row's time; on a grid, how far ahead the target is.
    """

    def __init__(self, case: Case):
        self.case, self.grid = case, Grid(case)
        wanted = 2 * self.grid.period if 1 < self.grid.period <= 2 * _LONGEST else 32
        length = max(4, min(wanted, self.grid.rows // 4))
        recent = range(1, length) if length <= _LONGEST else range(1, 16)
        self.lags = np.array([*recent, *range(max(recent) + 4, length, 4)])
        begin = np.searchsorted(self.grid.places, length)
        self.first = int(begin)

    def waves(self, rows: np.ndarray) -> np.ndarray:
        """Return the phases of the period and of its halves and thirds at the times of ``rows``."""
        case = self.case
        if not case.span:
            return np.zeros((len(rows), 0))
        count = 3 if case.period == 1 or case.period > 5 else 1
        angles = 2 * np.pi * case.times[rows][:, None] / case.span * np.arange(1, count + 1)
        return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)

    def features(self, origins: np.ndarray, ahead: int, value: int) -> np.ndarray:
        grid, places = self.grid, self.grid.places[origins]
        series = grid.values[:, value]
        targets = np.minimum(origins + ahead, len(self.case) - 1)
        distance = np.maximum(grid.places[targets] - places, 1)
        columns = [series[places[:, None] - self.lags]]
        if grid.period > 1:
            back = -(-distance // grid.period) * grid.period
            columns.append(series[np.maximum(places + distance - back, 0)][:, None])
        features = np.concatenate(columns, axis=1) - series[places][:, None]
        if self.case.step:
            features = np.concatenate([features, distance[:, None]], axis=1)
        return np.concatenate([features, self.waves(targets), self.waves(origins)], axis=1)

    def fit(self, known: np.ndarray, new: np.ndarray, ahead: int, value: int) -> np.ndarray:
        """Return predictions for ``new`` of fits to ``known``, one for each penalty: (penalties, len(new))."""
        last = self.grid.values[:, value][self.grid.places]
        x, y = self.features(known, ahead, value), self.case.values[known + ahead, value]
        change = y - last[known]
        mean, deviation = x.mean(axis=0), x.std(axis=0)
        deviation = np.where(deviation > 1e-9, deviation, 1.0)
        x = (x - mean) / deviation
        seen = (self.features(new, ahead, value) - mean) / deviation
        size, axes = np.linalg.eigh(x.T @ x)
        turned = axes.T @ (x.T @ (change - change.mean()))
        weights = axes @ (turned / (np.maximum(size, 0) + np.array(PENALTIES)[:, None])).T
        return (last[new][:, None] + seen @ weights + change.mean()).T

    def forecast(self) -> Forecast:
        case, origins = self.case, origins_of(self.case)
        found = np.empty((3, len(origins), case.horizon, case.values.shape[1]))
        for ahead in range(1, case.horizon + 1):
            for value in range(case.values.shape[1]):
                found[:, :, ahead - 1, value] = self._direct(origins, ahead, value)
        return Forecast(*found)

    def _direct(self, origins: np.ndarray, ahead: int, value: int) -> np.ndarray:
        """Return predictions and bounds, (3, N); the penalty is the best one on the last fifth of the training part."""
        case, end = self.case, self.case.train_rows
        known = np.arange(self.first, end - ahead)
        known = known[np.isfinite(case.values[known + ahead, value])]
        border = int(0.8 * end)
        inner, outer = known[known + ahead < border], known[known >= border - 1]
        truth = case.values[outer + ahead, value]
        errors = truth - self.fit(inner, outer, ahead, value)
        best = int(np.argmin(np.abs(errors).mean(axis=1)))
        middle = self.fit(known, origins, ahead, value)[best]
        share = (1 - LEVEL) / 2
        low, high = np.quantile(errors[best], [share, 1 - share])
        return np.stack([middle, middle + low, middle + high])


def ridge(case: Case) -> Forecast:
    return Ridge(case).forecast()


def _smoothing(case: Case) -> Forecast:
    from classical_models import smoothing

    return smoothing(case)


def _autoregression(case: Case) -> Forecast:
    from classical_models import autoregression

    return autoregression(case)


NAIVE = ("last value", "seasonal naive")
METHODS: dict[str, Callable[[Case], Forecast]] = {
    "last value": last_value,
    "seasonal naive": seasonal_naive,
    "drift": drift,
    "ridge": ridge,
    "ETS": _smoothing,
    "AR": _autoregression,
}
"""Every classical method by name."""
