"""Samples in net units: contexts and queries of many rows at once, relative to the last observed values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mycaffe_py.device import require_memory

from .scaling import LIMIT, Scaling, centre_and_deviation, least_change, robust_size, two_floats
from .windows import Windows

RATES = (0.05, 0.15, 0.4)
"""Rates of the exponential means that the linear baseline sees."""
_CROSS = 3
_STILL = 0.01
"""The spread of values that never change, as a share of these."""
SEASONS = 3
"""How many seasons back it sees the value of the same phase."""
_BYTES = 3 * 8
"""Of a number that the linear baseline sees, as it is copied twice."""
_MOST_CHANGES = 1_000_000
"""About how many changes of a series its spread is taken from, at most."""


@dataclass(frozen=True)
class Batch:
    """Samples for a net: ``x`` and ``mask`` (k, T, F), ``tt`` (k, T), ``target`` (k, O) with NaN where unknown.

    ``level`` (k, O) is what values are relative to, transformed; ``series`` (k,) the series of each sample.
    """

    x: np.ndarray
    tt: np.ndarray
    mask: np.ndarray
    target: np.ndarray
    level: np.ndarray
    series: np.ndarray


class Samples:
    """Windows of a series with its scaling; ``seasons`` are periods in units of time, the main one first."""

    def __init__(self, windows: Windows, scaling: Scaling):
        self.windows, self.scaling = windows, scaling
        series, outputs = windows.series, windows.outputs
        self.seasons = list(windows.param.season)
        self.values = scaling.transformed(series.values[:, :outputs])
        """(n, O) transformed values, NaN for gaps."""
        self.filled = scaling.transformed(windows.filled[:, :outputs])
        raw = np.where(windows.observed, series.values, 0.0)[:, outputs:]
        inputs = (raw - scaling.centre) / scaling.deviation
        self.inputs = np.clip(inputs, -LIMIT, LIMIT) * windows.observed[:, outputs:]
        latest = (windows.filled[:, outputs:] - scaling.centre) / scaling.deviation
        self.latest_inputs = np.clip(latest, -LIMIT, LIMIT)
        self.moments = windows.moments
        # Relative to the first value of each series, so that sums of large values keep their digits.
        self._begins = series.starts[windows.which]
        self._moved = self.filled - self.filled[self._begins]
        places = np.arange(len(series)) - self._begins
        means = [_exponential_means(self._moved, places, rate) for rate in RATES]
        self.means = np.stack(means) + self.filled[self._begins]
        """(rates, n, O) exponential means of the values up to each row."""
        self._sums = np.empty_like(self._moved)
        for first, stop in zip(series.starts, series.stops, strict=True):
            np.cumsum(self._moved[first:stop], axis=0, out=self._sums[first:stop])
        self.season_rows = [self._rows_of(period) for period in self.seasons]

    def _rows_of(self, period: float) -> int:
        return max(1, round(period / self.windows.unit))

    @property
    def features(self) -> int:
        """The number of columns of a net's x: values, inputs, distance, calendar, seasonal values, baseline."""
        outputs = self.windows.outputs
        return self.windows.features + outputs * (len(self.seasons) + 1)

    @property
    def linear_width(self) -> int:
        """The number of linear features of each value."""
        windows = self.windows
        inputs, known = self.inputs.shape[1], windows.series.known
        recent = min(_CROSS, len(windows.lags) - 1) * windows.outputs if windows.outputs > 1 else 0
        shared = recent + inputs + known + 2 * self.moments.shape[1] + 2
        return len(windows.lags) - 1 + len(RATES) + 2 * SEASONS * len(self.seasons) + shared

    @property
    def reach(self) -> tuple[int, float]:
        """The number of latest rows, and the time before the last one, beyond which nothing changes a forecast.

        That is the context, one season more than those of the same phase, and the rows after which the slowest
        exponential mean has forgotten how it began, to float64 rounding: (1 - 0.05)^703 is below 2^-52. Each value has
        to be observed in these rows, or in one before them, which then counts, too.
        """
        forgotten = math.ceil(-52 * math.log(2) / math.log1p(-min(RATES)))
        seasonal = (SEASONS + 1) * max(self.season_rows, default=0) + 2
        rows = max(forgotten, int(self.windows.lags[0]) + 1, seasonal)
        return rows, (SEASONS + 1) * max(self.seasons, default=0.0) + self.windows.unit

    # For nets.

    def batch(self, origins: np.ndarray, ahead: np.ndarray, base: np.ndarray) -> Batch:
        """Return samples that look ``ahead`` (k,) rows from ``origins`` (k,); ``base`` (k, O) is the baseline."""
        windows, series = self.windows, self.windows.series
        outputs, width = windows.outputs, series.values.shape[1]
        rows, queries, own = windows.rows_of(origins), origins + ahead, windows.which[origins]
        level, spread = self.filled[origins], self.scaling.spread[own]
        shown = np.empty((*rows.shape, width))
        shown[:, :, :outputs] = (self.values[rows] - level[:, None]) / spread[:, None]
        shown[:, :, outputs:] = self.inputs[rows]
        seen = windows.observed[queries, width - series.known :]
        known = np.where(seen, self.inputs[queries, width - series.known - outputs :], np.nan)
        times, more = series.times[queries], self.features - windows.features
        shown = np.clip(shown, -LIMIT, LIMIT)
        x, mask, tt = windows.frame(origins, times, rows, shown, known, more, np.float32)
        after = windows.features
        for period in self.seasons:
            value = self.filled[self.season_row(origins, times, period, 1)]
            x[:, -1, after : after + outputs] = np.clip((value - level) / spread, -LIMIT, LIMIT)
            after += outputs
        x[:, -1, after:] = np.clip(base, -LIMIT, LIMIT)
        return Batch(x, tt, mask, (self.values[queries] - level) / spread, level, own)

    def season_row(
        self, origins: np.ndarray, times: np.ndarray, period: float, back: int
    ) -> np.ndarray:
        """Return the rows, none after ``origins``, at the phase of ``times``: the ``back``-th latest of this phase.

        Before the first row of a series, the same phase of its earliest seasons stands in.
        """
        series = self.windows.series
        own = self.windows.which[origins]
        now, begin = series.times[origins], series.times[series.starts[own]]
        half = self.windows.unit / 2
        cycles = np.ceil((times - now - half) / period).clip(1) + back - 1
        wanted = times - cycles * period
        early = wanted < begin - half
        wanted += np.where(early, np.ceil((begin - half - wanted) / period) * period, 0.0)
        wanted = np.where(wanted > now + half, now, wanted)  # less than one season is known
        return np.minimum(self._nearest(wanted, own), origins)

    def _nearest(self, wanted: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Return the rows of the series ``own`` (k,) whose times are nearest to ``wanted`` (k,), by bisection."""
        series = self.windows.series
        first, last = series.starts[own], series.stops[own] - 1
        low, high = first.copy(), last + 1
        for _ in range(int(np.max(high - low, initial=0)).bit_length()):
            middle = np.minimum((low + high) // 2, last)
            before = (series.times[middle] < wanted) & (low < high)
            low, high = np.where(before, middle + 1, low), np.where(before, high, middle)
        after = np.minimum(low, last)
        before = np.maximum(after - 1, first)
        earlier = wanted - series.times[before] <= series.times[after] - wanted
        return np.where(earlier, before, after)

    # For linear baselines.

    def linear_features(self, origins: np.ndarray, ahead: np.ndarray) -> np.ndarray:
        """Return what linear baselines see of each value to predict, (k, O, K), in net units; a constant last."""
        windows, series = self.windows, self.windows.series
        size = len(origins) * windows.outputs * self.linear_width * _BYTES
        require_memory(size, f"the linear baseline of {windows.outputs:,} columns to predict")
        own = windows.which[origins]
        level, spread = self.filled[origins], self.scaling.spread[own]
        rows = np.maximum(windows.rows_of(origins), self._begins[origins][:, None])[:, :-1]
        lags = (self.filled[rows] - level[:, None]) / spread[:, None]  # (k, W - 1, O)
        means = (self.means[:, origins] - level) / spread  # (rates, k, O)
        parts = [lags.transpose(0, 2, 1), means.transpose(1, 2, 0)]
        times = series.times[origins + ahead]
        for period, count in zip(self.seasons, self.season_rows, strict=True):
            parts.append(self._seasonal(origins, times, period, count, level, spread))
        shared = self._shared(origins, ahead, lags)
        parts.append(
            np.broadcast_to(shared[:, None], (len(origins), windows.outputs, shared.shape[1]))
        )
        return np.clip(np.concatenate(parts, axis=2), -LIMIT, LIMIT)

    def _seasonal(
        self, origins: np.ndarray, times: np.ndarray, period: float, count: int, *scales: np.ndarray
    ) -> np.ndarray:
        """Return values of the same phase in earlier seasons, and these seasons' means, (k, O, 2 * SEASONS)."""
        level, spread = scales
        begin = self._begins[origins]
        found = []
        for back in range(1, SEASONS + 1):
            value = self.filled[self.season_row(origins, times, period, back)]
            end = np.maximum(origins + 1 - (back - 1) * count, begin + 1)
            first = np.maximum(end - count, begin)
            moved = self._sums[end - 1] - self._sums[first] + self._moved[first]
            mean = self.filled[begin] + moved / (end - first)[:, None]
            found += [(value - level) / spread, (mean - level) / spread]
        return np.stack(found, axis=2)

    def _shared(self, origins: np.ndarray, ahead: np.ndarray, lags: np.ndarray) -> np.ndarray:
        """Return the features that all values share: other values' latest changes, inputs, phases, time, a constant."""
        windows, series = self.windows, self.windows.series
        queries = origins + ahead
        parts = []
        if windows.outputs > 1:
            latest = lags[:, -_CROSS:]
            parts.append(latest.reshape(len(latest), latest.shape[1] * latest.shape[2]))
        if self.inputs.shape[1]:
            parts.append(self.latest_inputs[origins])
        if series.known:
            parts.append(self.inputs[queries, -series.known :])
        parts += [self.moments[origins], self.moments[queries]]
        passed = (series.times[queries] - series.times[origins]) / windows.unit - ahead
        return np.concatenate([*parts, passed[:, None], np.ones((len(origins), 1))], axis=1)

    def seasonal_feature(self, index: int) -> int:
        """Return the place among the linear features of the latest value of the same phase in season ``index``."""
        return len(self.windows.lags) - 1 + len(RATES) + 2 * SEASONS * index

    def restored(
        self, relative: np.ndarray, batch_level: np.ndarray, own: np.ndarray
    ) -> np.ndarray:
        """Return predictions in the data's units; see :meth:`Scaling.restored`."""
        return self.scaling.restored(relative, batch_level, own)


def thinned(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most ``most`` of the rows, evenly."""
    if len(rows) <= most:
        return rows
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).round().astype(int))]


def _exponential_means(values: np.ndarray, places: np.ndarray, rate: float) -> np.ndarray:
    """Return the exponential mean up to each row, (n, O), of values that are 0 at place 0, where each series begins.

    Every pass doubles how many rows a mean reaches back over, until the weight of a farther row is lost in rounding.
    """
    found = rate * values
    shift, kept = 1, 1 - rate
    while shift < len(values) and kept > 1e-18:
        inside = (places[shift:] >= shift)[:, None]
        found[shift:] += kept * np.where(inside, found[:-shift], 0.0)
        shift, kept = 2 * shift, kept * kept
    return found


def fit_scaling(windows: Windows, *, log: bool, floor: float) -> Scaling:
    """Return the scaling of a training part: spreads of the changes over context and horizon, without outliers."""
    inputs = [centre_and_deviation(column) for column in _inputs_of_training(windows)]
    centre, deviation = np.array(inputs).reshape(-1, 2).T
    return Scaling(_spread(windows, log, floor), centre, deviation, log, floor)


@lru_cache(maxsize=4)
def _spread(windows: Windows, log: bool, floor: float) -> np.ndarray:
    """Return the spread of each series and value, (S, O), read-only; cached, as errors are measured in spreads too."""
    series, outputs = windows.series, windows.outputs
    found = np.ones((series.count, outputs))
    probe = Scaling(found, np.zeros(0), np.ones(0), log, floor)
    filled = probe.transformed(windows.filled[:, :outputs])
    shifts = np.array(windows.shifts())
    for index in range(series.count):
        changes, values = _changes(windows, filled, index, shifts)
        for column in range(outputs):
            known = changes[:, column][np.isfinite(changes[:, column])]
            least = least_change(values[:, column])
            if (np.abs(known) > least).any():
                size, _ = robust_size(known, least)
            else:  # what never changed is not expected to change by much
                size = _STILL if log else _STILL * float(np.abs(values[:, column]).max())
            found[index, column] = two_floats(size) or 1.0
    found.flags.writeable = False
    return found


def _changes(
    windows: Windows, filled: np.ndarray, index: int, shifts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the changes over ``shifts`` rows in the training part of a series, (m, O), NaN if unknown; its values."""
    begin, end = windows.series.starts[index], windows.train_ends[index]
    rows = np.arange(windows.first[index], end)
    rows = thinned(rows, max(1, _MOST_CHANGES // len(shifts)))
    ahead = rows[:, None] + shifts
    kept = (ahead >= begin) & (ahead < end)
    rows, ahead = np.broadcast_to(rows[:, None], kept.shape)[kept], ahead[kept]
    changes = filled[ahead] - filled[rows]
    changes[~windows.observed[ahead, : windows.outputs]] = np.nan
    return changes, filled[begin:end]


def _inputs_of_training(windows: Windows) -> list[np.ndarray]:
    rows = np.arange(len(windows.series)) < windows.train_ends[windows.which]
    return [column[rows] for column in windows.series.values[:, windows.outputs :].T]
