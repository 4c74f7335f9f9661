"""Forecasts beyond the last row: of each series, with intervals, fed back beyond the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.forecast import Forecast, Forecasts

from .judging import Places, forecasts_of, in_units
from .notes import notes_of
from .samples import Samples
from .scaling import Scaling
from .table import Series
from .windows import Windows

if TYPE_CHECKING:
    from .learning import Learner


class Forecaster:
    """Forecasts by a net and the memory of its FORECAST layer."""

    def __init__(self, learner: Learner, net: Any):
        self.learner, self.net = learner, net
        self.memory = learner.layer.memory()
        self.horizon = int(learner.settings.horizon)
        self.interval = float(learner.own.interval) if self.memory["band"].any() else None

    def forecast(
        self, steps: int, start: Any = None, names: Sequence[str] | None = None
    ) -> Forecast | Forecasts:
        """Return the forecast of ``steps`` rows, of all series or of those named."""
        series = self.learner.windows.series
        if not series.is_panel:
            if names:
                raise ConfigError(
                    "the gym's file holds one series, so none can be named",
                    hint="series_param.series_column says which column names the series",
                )
            return self._one(0, steps, start)
        chosen = self._chosen(names)
        return Forecasts(
            [self._one(index, steps, start) for index in chosen],
            [series.labels[index] for index in chosen],
            series.series_name,
        )

    def _chosen(self, names: Sequence[str] | None) -> list[int]:
        labels = self.learner.windows.series.labels
        if not names:
            return list(range(len(labels)))
        for name in names:
            if name not in labels:
                raise ConfigError(f'there is no series "{name}"', nearest=(name, list(labels)))
        return [labels.index(name) for name in names]

    def _one(self, index: int, steps: int, start: Any) -> Forecast:
        windows = self.learner.windows
        series, outputs = windows.series, windows.outputs
        origin = self._origin(index, start)
        samples = self._extended(index, origin, steps)
        place = origin - int(series.starts[index])
        values = np.full((steps, outputs), np.nan)
        ends = np.full((2, steps, outputs), np.nan)
        for begin in range(0, steps, self.horizon):
            count = min(self.horizon, steps - begin)
            places = Places(np.full(count, place + begin), np.arange(1, count + 1))
            relative = self._relative(samples, places)
            rows = slice(begin, begin + count)
            values[rows] = in_units(samples, places, relative)
            if self.interval is not None:
                ends[:, rows] = self._ends(samples, places, relative, begin)
            if begin + count < steps:
                samples = self._fed(samples, place + begin, values[rows])
        own = samples.windows.series
        after = slice(place + 1, place + 1 + steps)
        truth = self._truth(index, origin, steps)
        first = int(series.starts[index])
        bands = {}
        if self.interval is not None:
            bands = {"lower": ends[0], "upper": ends[1], "coverage": self.interval}
        return Forecast(
            own.times[after],
            values,
            truth,
            series.times[first : origin + 1],
            series.values[first : origin + 1, :outputs],
            tuple(series.names[:outputs]),
            series.time_name,
            series.clock.text,
            series.clock.dates,
            notes=tuple(notes_of(windows, origin, steps, start)),
            **bands,
        )

    def _relative(self, samples: Samples, places: Places) -> np.ndarray:
        kept = self.memory["weights"], self.memory["gain"]
        return forecasts_of(self.net, self.learner.blobs, samples, places, *kept)

    def _ends(
        self, samples: Samples, places: Places, relative: np.ndarray, begun: int
    ) -> np.ndarray:
        """Return the ends of intervals in the data's units, (2, k, O).

        Beyond the horizon they widen as random steps do.
        """
        wider = np.sqrt(1 + begun / self.horizon)
        band = self.memory["band"][places.ahead - 1]
        if begun:
            band = np.broadcast_to(self.memory["band"][-1], band.shape)
        return np.stack(
            [in_units(samples, places, relative + wider * band[:, :, side]) for side in (0, 1)]
        )

    def _origin(self, index: int, start: Any) -> int:
        """Return the row of the last value, or the last row up to ``start``."""
        series = self.learner.windows.series
        rows = series.rows_of(index)
        name = f'series "{series.labels[index]}": ' if series.is_panel else ""
        if rows.stop <= rows.start:
            raise ConfigError(f"{name}no value is known, so there is nothing to forecast from")
        if start is None:
            return int(rows.stop) - 1
        try:
            time = series.clock.read(str(start))
        except ValueError as refusal:
            last = series.clock.text(series.times[rows.stop - 1])
            raise ConfigError(
                f'gym Series: start "{start}" {refusal}',
                hint=f"the last time in the file is {last}",
            ) from None
        found = int(np.searchsorted(series.times[rows], time, side="right")) - 1
        if found < 0:
            first = series.clock.text(series.times[rows.start])
            raise ConfigError(f'{name}start "{start}" is before the first row, {first}')
        return int(rows.start) + found

    def _extended(self, index: int, origin: int, steps: int) -> Samples:
        """Return samples of one series that knows no value after ``origin``, but times and known inputs."""
        series = self.learner.windows.series
        first, stop = int(series.starts[index]), int(series.stops[index])
        times, values = series.times[first:stop], series.values[first:stop].copy()
        lacking = origin + 1 + steps - stop
        if lacking > 0:
            later = series.clock.after(times, lacking)
            times = np.concatenate([times, later])
            values = np.concatenate([values, np.full((lacking, values.shape[1]), np.nan)])
        values[origin - first + 1 :, : values.shape[1] - series.known] = np.nan
        return self._samples(index, times, values, np.array([origin - first + 1]))

    def _fed(self, samples: Samples, origin: int, predicted: np.ndarray) -> Samples:
        """Return samples that take predictions for the values of the rows after ``origin``."""
        series = samples.windows.series
        values = series.values.copy()
        values[origin + 1 : origin + 1 + len(predicted), : series.outputs] = predicted
        end = np.array([origin + 1 + len(predicted)])
        index = int(samples.windows.which[0])
        return self._samples(index, series.times, values, end, samples.scaling)

    def _samples(
        self,
        index: int,
        times: np.ndarray,
        values: np.ndarray,
        ends: np.ndarray,
        scaling: Scaling | None = None,
    ) -> Samples:
        learner = self.learner
        whole = learner.windows.series
        one = Series(
            *(times, values, whole.names, whole.outputs, whole.time_name, whole.clock, whole.known),
            ends=ends,
        )
        windows = Windows(one, learner.windows.param)
        windows.unit = learner.windows.unit
        if scaling is None:
            kept = learner.samples.scaling
            spread = kept.spread[index : index + 1]
            scaling = Scaling(spread, kept.centre, kept.deviation, kept.log, kept.floor)
        return Samples(windows, scaling)

    def _truth(self, index: int, origin: int, steps: int) -> np.ndarray:
        series = self.learner.windows.series
        stop = min(origin + 1 + steps, int(series.stops[index]))
        found = np.full((steps, series.outputs), np.nan)
        known = series.values[origin + 1 : stop, : series.outputs]
        found[: len(known)] = known
        return found
