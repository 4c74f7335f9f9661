"""What a net sees of a series: the context up to some row, followed by a query."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, DataError
from mycaffe_py.tables import is_lent_name

from .calendar import Calendar
from .settings import lags_of
from .table import MAX_MAGNITUDE, Series, read_series

_MAX_HORIZONS = 32


class Windows:
    """The observations of one or several series; see series.proto for their columns. Immutable.

    A row is an index into the arrays of ``series``; a context never reaches into the series before its own.
    """

    def __init__(self, series: Series, param: Any, unit: float = 0.0):
        self.series, self.param = series, param
        self.outputs, self.lags = series.outputs, lags_of(param)
        assert series.ends is not None
        self.ends = series.ends
        counts = np.maximum(self.ends - series.starts, 0)
        self.train_ends = series.starts + np.maximum(1, (counts * param.train_share).astype(int))
        """(S,) the row after the training part of each series."""
        self.which = np.repeat(np.arange(series.count), series.stops - series.starts)
        """(n,) the series of each row."""
        self.unit = unit or param.time_unit or self._typical_step()
        longest = float(np.max(series.times[series.stops - 1] - series.times[series.starts]))
        longest /= self.unit
        if not longest <= MAX_MAGNITUDE:
            raise DataError(
                f"gym Series: the times span {longest:g} units of {self.unit:g} "
                f"(series_param.time_unit); the limit is {MAX_MAGNITUDE:g}",
                field="series_param.time_unit",
            )
        self.calendar = Calendar(param, series.clock)
        self.observed = np.isfinite(series.values)
        self._values = np.where(self.observed, series.values, 0.0)
        self.moments = self.calendar.columns(series.times)
        """(n, M) the columns of the calendar."""
        self._find_latest()

    def _typical_step(self) -> float:
        """Return the median step between rows of the training parts, or of the first two rows where these are fewer."""
        steps = np.diff(self.series.times)
        rows, own = np.arange(1, len(self.series)), self.which[1:]
        ends = np.maximum(self.train_ends, self.series.starts + 2)[own]
        steps = steps[(own == self.which[:-1]) & (rows < ends) & (steps > 0)]
        return float(np.median(steps)) if steps.size else 1.0

    def _find_latest(self) -> None:
        """Find for each row where each column was observed last, -1 if never before, and its values there."""
        observed, starts, count = self.observed, self.series.starts, len(self.series)
        rows = np.arange(count)[:, None]
        latest = np.maximum.accumulate(np.where(observed, rows, -1), axis=0)
        latest[latest < starts[self.which][:, None]] = -1
        self.latest = latest
        """(n, C) the row of the last observation, up to each row; -1: none."""
        first = np.minimum.reduceat(np.where(observed, rows, count), starts, axis=0)
        self.first = first[:, : self.outputs].max(axis=1)
        """(S,) the first row by which every value to predict has been observed; at least ``ends`` if there is none."""
        # Without any observation, the first row, a gap, counts: 0.
        first = np.where(first < self.series.stops[:, None], first, starts[:, None])
        rows = np.where(latest < 0, first[self.which], latest)
        self.filled = np.take_along_axis(self._values, rows, axis=0)
        """(n, C) each value, or the last one before it; in front, the first one; 0 if there is none at all."""
        self.complete = observed[:, : self.outputs].all(axis=1)
        self.partly = observed[:, : self.outputs].any(axis=1)

    @property
    def train_rows(self) -> int:
        """The number of rows of the training part, of all series."""
        return int((self.train_ends - self.series.starts).sum())

    @property
    def features(self) -> int:
        """The number of columns of x."""
        return self.series.values.shape[1] + 1 + self.moments.shape[1]

    # Contexts.

    def rows_of(self, origins: np.ndarray) -> np.ndarray:
        """Return the rows of the contexts up to ``origins`` (k,), oldest first, (k, window); -1 for padding.

        If a value was observed in none of them, the row where it was last observed replaces the oldest row that is
        not itself the last observation of another value.
        """
        rows = np.asarray(origins)[:, None] - self.lags
        rows[rows < self.series.starts[self.which[origins]][:, None]] = -1
        seen = self.observed[np.maximum(rows, 0), : self.outputs] & (rows >= 0)[:, :, None]
        latest = self.latest[origins, : self.outputs]
        lacking = ~seen.any(axis=1) & (latest >= 0)
        for index in np.flatnonzero(lacking.any(axis=1)):
            wanted = np.unique(latest[index][lacking[index]])
            rows[index] = _with_rows(rows[index], wanted, seen[index])
        return rows

    def observe(
        self, origin: int, time: float, target: np.ndarray | None = None, known: Any = None
    ) -> dict[str, np.ndarray]:
        """Return the context up to row ``origin`` and the query for ``time``: x, tt, mask and target.

        ``target`` (O,) is the true value at ``time``; if unknown, the last values are repeated. ``known`` (J,) are
        the known inputs at ``time``, NaN where they are not given.
        """
        series, origins = self.series, np.array([origin])
        rows = self.rows_of(origins)
        given = np.full((1, series.known), np.nan)
        if known is not None:
            given[0] = known
        x, mask, tt = self.frame(origins, np.array([time]), rows, self._values[rows], given)
        rows = np.maximum(rows[0], int(series.starts[self.which[origin]]))
        targets = self.filled[np.append(rows, origin), : self.outputs]
        if target is not None:
            targets[-1] = target
        return {"x": x[0], "tt": tt[0], "mask": mask[0], "target": targets}

    def frame(
        self,
        origins: np.ndarray,
        times: np.ndarray,
        rows: np.ndarray,
        shown: np.ndarray,
        known: np.ndarray,
        more: int = 0,
        dtype: Any = np.float64,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return x and mask (k, window + 1, F + ``more``) and tt (k, window + 1) of contexts and queries.

        ``times`` (k,) of the queries; ``rows`` (k, window) of the contexts, -1 for padding, and what is ``shown`` of
        their values (k, window, C); ``known`` (k, J) inputs of the queries, NaN where they are not given. The ``more``
        columns behind are 0, to be filled in for the queries.
        """
        width, features = self.series.values.shape[1], self.features
        inside = (rows >= 0)[:, :, None]
        rows = np.maximum(rows, self.series.starts[self.which[origins]][:, None])
        x = np.zeros((len(rows), rows.shape[1] + 1, features + more), dtype=dtype)
        mask = np.zeros_like(x)
        seen = self.observed[rows] & inside
        x[:, :-1, :width], mask[:, :-1, :width] = np.where(seen, shown, 0.0), seen
        x[:, :-1, width + 1 : features] = self.moments[rows] * inside
        mask[:, :-1, width:] = inside
        given, place = np.isfinite(known), slice(width - self.series.known, width)
        x[:, -1, place], mask[:, -1, place] = np.where(given, known, 0.0), given
        passed = (times - self.series.times[origins]) / self.unit
        x[:, -1, width] = passed / self.param.horizon
        x[:, -1, width + 1 : features] = self.calendar.columns(times)
        mask[:, -1, width:] = 1
        return x, mask, self.spans(rows, times)

    def spans(self, rows: np.ndarray, times: np.ndarray) -> np.ndarray:
        """Return the time since the step before, (k, window + 1), for contexts (k, window) and queries at ``times``.

        Rows that pad the front repeat the first one: no time passes.
        """
        found = np.zeros((len(rows), rows.shape[1] + 1))
        moments = self.series.times[rows]
        found[:, 1:-1] = np.diff(moments, axis=1) / self.unit
        found[:, -1] = (times - moments[:, -1]) / self.unit
        return found

    def continued(self, row: int, times: np.ndarray, values: np.ndarray) -> Windows:
        """Return windows of the rows of a series up to ``row`` followed by new ones, ``values`` (k, O) at ``times``.

        They contain no more rows than a context reaches back to.
        """
        series, reach = self.series, int(self.lags[0]) + 1
        begin = int(series.starts[self.which[row]])
        first = max(begin, row + 1 - max(0, reach - len(times)))
        added = np.full((len(values), series.values.shape[1]), np.nan)
        added[:, : self.outputs] = values
        longer = Series(
            np.concatenate([series.times[first : row + 1], times])[-reach:],
            np.concatenate([series.values[first : row + 1], added])[-reach:],
            *(series.names, series.outputs, series.time_name, series.clock, series.known),
        )
        return Windows(longer, self.param, self.unit)

    # Rows to predict.

    @cached_property
    def training_targets(self) -> np.ndarray:
        """The rows that training predicts, (m,): complete ones; ConfigError if there are none."""
        return self.targets_between(self.series.starts, self.train_ends, self.complete)

    def targets_between(
        self, begins: np.ndarray, ends: np.ndarray, which: np.ndarray
    ) -> np.ndarray:
        """Return the rows of ``which`` (n,) from ``begins`` to before ``ends`` (S,) that can be predicted."""
        nearest = self.param.least_horizon
        rows = np.arange(len(self.series))
        own = self.which
        allowed = (rows >= np.maximum(self.first + nearest, begins)[own]) & (rows < ends[own])
        found = rows[allowed & which]
        if not found.size:
            whole = int((self.ends - self.series.starts).sum())
            raise ConfigError(
                f"gym Series: no row to learn from: the training part is {self.train_rows} of the "
                f"{whole} rows, and a row to predict is complete and at least series_param.least_horizon "
                f"({self.param.least_horizon}) rows after the first",
                hint="give more rows, a smaller horizon or a larger series_param.train_share; for values that are "
                "measured at different moments, use the trainer SERIES",
                field="series_param.least_horizon",
            )
        return found

    def horizons_of(self, origin: int) -> np.ndarray:
        """Return the horizons, from least_horizon to horizon, at which a row ahead of ``origin`` is complete."""
        first = self.param.least_horizon
        last = min(origin + self.param.horizon + 1, int(self.ends[self.which[origin]]))
        return np.flatnonzero(self.complete[origin + first : last]) + first

    @cached_property
    def test_origins(self) -> np.ndarray:
        """The rows from which tests look ahead, (m,); ConfigError if no row is left for tests."""
        begins = np.maximum(self.first, self.train_ends - 1)[self.which]
        rows, ends = np.arange(len(self.series)), self.ends[self.which]
        nearest = np.minimum(rows + self.param.least_horizon, ends)
        beyond = np.minimum(rows + self.param.horizon + 1, ends)
        complete = np.append(0, np.cumsum(self.complete))
        found = rows[(rows >= begins) & (complete[beyond] > complete[nearest])]
        if not found.size:
            whole = int((self.ends - self.series.starts).sum())
            raise ConfigError(
                f"gym Series: no row to test on: training takes {self.train_rows} of the "
                f"{whole} rows, and no complete row follows them",
                hint="lower series_param.train_share, or give more rows",
                field="series_param.train_share",
            )
        return found

    # Statistics of the training part.

    @property
    def training_values(self) -> np.ndarray:
        """The observed values to predict of the training parts, (m,)."""
        rows = np.arange(len(self.series)) < self.train_ends[self.which]
        seen = self.observed[:, : self.outputs] & rows[:, None]
        found: np.ndarray = self._values[:, : self.outputs][seen]
        return found

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
        rows = np.arange(len(self.series)) < self.train_ends[self.which]
        changes = self._changes()
        for column in range(width):
            own = self._values[rows & self.observed[:, column], column]
            if not own.size:
                continue
            middle = own.mean()
            found["mean"][column] = middle
            threshold = 1e-10 * float(np.abs(own).max())
            found["deviation"][column] = _size(float(np.mean((own - middle) ** 2)), threshold)
            found["relative_deviation"][column] = _size(changes[column], threshold)
        return found

    def _changes(self) -> np.ndarray:
        """Return the mean square of the differences from the last observed values, (C,), over all :meth:`shifts`."""
        sums, counts = np.zeros((2, self.series.values.shape[1]))
        for shift in self.shifts():
            rows, ahead = self.pairs(shift)
            known = self.observed[ahead]
            differences = np.where(known, self._values[ahead] - self.filled[rows], 0.0)
            sums += (differences**2).sum(axis=0)
            counts += known.sum(axis=0)
        found: np.ndarray = sums / np.maximum(counts, 1)
        return found

    def shifts(self) -> Sequence[int]:
        """Return distances in rows, back over the context and ahead over the horizon, fewer than 64 and 33."""
        first, last = self.param.least_horizon, self.param.horizon
        ahead = np.linspace(first, last, min(_MAX_HORIZONS, last - first + 1))
        return [
            *-self.lags[self.lags > 0][:: max(1, len(self.lags) // _MAX_HORIZONS)],
            *ahead.astype(int),
        ]

    def pairs(self, shift: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the training parts that have one ``shift`` rows ahead in it, and those, (m,) each."""
        rows = np.arange(max(0, -shift), len(self.series) - max(0, shift))
        own, ahead = self.which[rows], rows + shift
        kept = (rows >= self.first[own]) & (self.which[ahead] == own)
        kept &= np.maximum(rows, ahead) < self.train_ends[own]
        return rows[kept], ahead[kept]


def _with_rows(rows: np.ndarray, wanted: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return rows in which the latest of ``wanted`` replace the oldest that no other value needs."""
    wanted = wanted[-len(rows) :]
    others = seen[:, seen.any(axis=0)]
    needed = len(rows) - 1 - np.argmax(others[::-1], axis=0)
    free = np.setdiff1d(np.arange(len(rows)), needed)[: len(wanted)]
    found = rows.copy()
    found[free] = wanted[len(wanted) - len(free) :]
    return np.sort(found)


def _size(square: float, threshold: float) -> float:
    """Return the root of a mean square; 1 if it is not above ``threshold``, which counts as 0."""
    size = float(np.sqrt(square))
    return size if size > threshold else 1.0


def open_windows(path: Path, param: Any) -> Windows:
    """Return the windows of a file, cached so that the gyms of a batch read it once."""
    message_class: Any = type(param)
    state: Any = None  # the name of a table in memory is never used again
    if not is_lent_name(path):
        found = path.stat()
        state = found.st_mtime_ns, found.st_size
    return _opened(path, state, message_class, param.SerializeToString())


@lru_cache(maxsize=4)
def _opened(path: Path, state: Any, message_class: Any, settings: bytes) -> Windows:
    param = message_class.FromString(settings)
    return Windows(read_series(path, param), param)
