"""What a net sees of a series: the context up to some row, followed by a query."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, DataError

from .series_settings import lags_of
from .series_table import MAX_MAGNITUDE, Series, read_series
from .series_times import typical_step

_MAX_HORIZONS = 32


class Windows:
    """The observations of a series; see series.proto for their columns. Immutable."""

    def __init__(self, series: Series, param: Any):
        self.series, self.param = series, param
        self.outputs, self.lags = series.outputs, lags_of(param)
        self.train_rows = max(1, int(len(series) * param.train_share))
        rows = max(2, self.train_rows)  # a step needs two
        self.unit = param.time_unit or typical_step(series.times[:rows])
        longest = float(np.ptp(series.times)) / self.unit
        if not longest <= MAX_MAGNITUDE:
            raise DataError(
                f"gym Series: the times span {longest:g} units of {self.unit:g} "
                f"(series_param.time_unit); the limit is {MAX_MAGNITUDE:g}",
                field="series_param.time_unit",
            )
        values = series.values
        self._observed = np.isfinite(values)
        self._values = np.where(self._observed, values, 0.0)
        known = np.ones((len(series), 1 + 2 * len(param.period)))  # horizon and phases
        phases = self._phase(series.times)
        self._x = np.concatenate([self._values, 0 * known[:, :1], phases], axis=1)
        self._mask = np.concatenate([self._observed, known], axis=1)
        latest = np.where(self._observed, np.arange(len(series))[:, None], -1)
        latest = np.maximum.accumulate(latest, axis=0)
        self._latest = latest
        first = np.argmax(self._observed, axis=0)  # also used for the rows before it
        self.filled = np.take_along_axis(self._values, np.where(latest < 0, first, latest), axis=0)
        self.complete = self._observed[:, : self.outputs].all(axis=1)
        self.first = int(first[: self.outputs].max())
        """The first row by which every value to predict has been observed at least once."""

    @property
    def features(self) -> int:
        """The number of columns of x."""
        return self.series.values.shape[1] + 1 + 2 * len(self.param.period)

    def _phase(self, times: np.ndarray) -> np.ndarray:
        angles = 2 * np.pi * times[:, None] / np.array(self.param.period or [1.0])
        waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(times), -1)
        return waves[:, : 2 * len(self.param.period)]

    def observe(
        self, origin: int, time: float, target: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """Return the context up to row ``origin`` and the query for ``time``: x, tt, mask and target.

        ``target`` (O,) is the true value at ``time``; if unknown, the last values are repeated.
        """
        rows = self._rows(origin)
        before = int((rows < 0).sum())
        rows = np.maximum(rows, 0)
        steps, width = len(rows) + 1, self.series.values.shape[1]
        x, mask = np.zeros((2, steps, self.features))
        x[before:-1], mask[before:-1] = self._x[rows[before:]], self._mask[rows[before:]]
        ahead = (time - self.series.times[origin]) / self.unit
        mask[-1, width:] = 1
        x[-1, width] = ahead / self.param.horizon
        x[-1, width + 1 :] = self._phase(np.array([time]))[0]
        tt = np.zeros(steps)
        times = self.series.times[rows]
        # Rows that pad the front repeat the first one: no time passes.
        tt[1:-1] = np.diff(times) / self.unit
        tt[-1] = (time - times[-1]) / self.unit
        targets = self.filled[np.append(rows, origin), : self.outputs]
        if target is not None:
            targets[-1] = target
        return {"x": x, "tt": tt, "mask": mask, "target": targets}

    def _rows(self, origin: int) -> np.ndarray:
        """Return the rows of the context up to ``origin``, oldest first; negative for padding.

        If a value was observed in none of them, the row where it was last observed replaces the oldest row that is
        not itself the last observation of another value.
        """
        rows = origin - self.lags
        seen = self._observed[np.maximum(rows, 0), : self.outputs] & (rows >= 0)[:, None]
        unseen = ~seen.any(axis=0)
        if unseen.any():
            latest = np.unique(self._latest[origin, : self.outputs][unseen])
            latest = latest[latest >= 0][-len(rows) :]
            needed = len(rows) - 1 - np.argmax(seen[::-1, ~unseen], axis=0)
            free = np.setdiff1d(np.arange(len(rows)), needed)[: len(latest)]
            rows[free] = latest[len(latest) - len(free) :]
            rows.sort()
        return rows

    def continued(self, row: int, times: np.ndarray, values: np.ndarray) -> Windows:
        """Return windows of the rows up to ``row`` followed by new ones, ``values`` (k, O) at ``times``.

        They contain no more rows than a context reaches back to.
        """
        series, reach = self.series, int(self.lags[0]) + 1
        first = max(0, row + 1 - max(0, reach - len(times)))
        added = np.full((len(values), series.values.shape[1]), np.nan)
        added[:, : self.outputs] = values
        longer = Series(
            np.concatenate([series.times[first : row + 1], times])[-reach:],
            np.concatenate([series.values[first : row + 1], added])[-reach:],
            *(series.names, series.outputs, series.time_name, series.clock),
        )
        windows = Windows(longer, self.param)
        windows.unit = self.unit
        return windows

    # Rows to predict.

    @cached_property
    def training_targets(self) -> np.ndarray:
        """The rows that training predicts; ConfigError if there are none."""
        rows = np.arange(self.first + self.param.least_horizon, self.train_rows)
        rows = rows[self.complete[rows]]
        if not rows.size:
            raise ConfigError(
                f"gym Series: no row to learn from: the training part is {self.train_rows} of the "
                f"{len(self.series)} rows, and a row to predict is complete and at least series_param.least_horizon "
                f"({self.param.least_horizon}) rows after the first",
                hint="give more rows, a smaller horizon or a larger series_param.train_share",
                field="series_param.least_horizon",
            )
        return rows

    def horizons_of(self, origin: int) -> np.ndarray:
        """Return the horizons, from least_horizon to horizon, at which a row ahead of ``origin`` is complete."""
        first = self.param.least_horizon
        ahead = np.flatnonzero(self.complete[origin + first : origin + self.param.horizon + 1])
        return ahead + first

    def first_test_origin(self) -> int:
        """Return the first row from which tests look ahead; ConfigError if no row is left for tests."""
        origin = max(self.first, self.train_rows - 1)
        last = len(self.series) - self.param.least_horizon
        if not any(self.horizons_of(row).size for row in range(origin, last)):
            raise ConfigError(
                f"gym Series: no row to test on: training takes {self.train_rows} of the "
                f"{len(self.series)} rows, and no complete row follows them",
                hint="lower series_param.train_share, or give more rows",
                field="series_param.train_share",
            )
        return origin

    # Statistics of the training part.

    @cached_property
    def statistics(self) -> dict[str, np.ndarray]:
        """(F,) arrays about the training part: mean, deviation, and relative_deviation.

        The last is the root mean square of the differences from a sample's last observed value, over its context
        and the values ahead. Columns that do not vary, or are already scaled, have deviation 1.
        """
        width = self.series.values.shape[1]
        found = {
            "mean": np.zeros(self.features),
            "deviation": np.ones(self.features),
            "relative_deviation": np.ones(self.features),
        }
        values, seen = self._values[: self.train_rows], self._observed[: self.train_rows]
        shifts = self._shifts()
        for column in range(width):
            own = values[seen[:, column], column]
            if not own.size:
                continue
            middle = own.mean()
            found["mean"][column] = middle
            threshold = 1e-10 * float(np.abs(own).max())
            found["deviation"][column] = _size(own - middle, threshold)
            found["relative_deviation"][column] = _size(
                np.concatenate([self._differences(column, shift) for shift in shifts]), threshold
            )
        return found

    def _shifts(self) -> Sequence[int]:
        first, last = self.param.least_horizon, self.param.horizon
        ahead = np.linspace(first, last, min(_MAX_HORIZONS, last - first + 1))
        return [
            *-self.lags[self.lags > 0][:: max(1, len(self.lags) // _MAX_HORIZONS)],
            *ahead.astype(int),
        ]

    def _differences(self, column: int, shift: int) -> np.ndarray:
        """Return the differences between observed values and the last value observed ``shift`` rows earlier."""
        rows = np.arange(max(0, -shift), self.train_rows - max(0, shift))
        rows = rows[(rows >= self.first) & self._observed[rows + shift, column]]
        return self._values[rows + shift, column] - self.filled[rows, column]


def _size(differences: np.ndarray, threshold: float) -> float:
    """Return the root mean square; 1 if it is not above ``threshold``, which counts as 0."""
    size = float(np.sqrt(np.mean(differences**2))) if differences.size else 0.0
    return size if size > threshold else 1.0


def open_windows(path: Path, param: Any) -> Windows:
    """Return the windows of a file, cached so that the gyms of a batch read it once."""
    state = path.stat()
    message_class: Any = type(param)
    settings = param.SerializeToString()
    return _opened(path, state.st_mtime_ns, state.st_size, message_class, settings)


@lru_cache(maxsize=4)
def _opened(path: Path, modified: int, size: int, message_class: Any, settings: bytes) -> Windows:
    param = message_class.FromString(settings)
    return Windows(read_series(path, param), param)
