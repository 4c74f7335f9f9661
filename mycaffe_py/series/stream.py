"""A forecaster fed row by row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, DataError, ShapeError
from mycaffe_py.tables import MAX_MAGNITUDE, Table

from .forecast_frames import Form, frame_of
from .forecast_rows import clock_of, known_rows, times_in, warn_of_missing
from .forecast_runner import ForecastRunner, Trained
from .forecast_tables import appended

_MOST_PENDING = 4096


class ForecastStream:
    """The latest rows of a forecaster's series; rows are added one by one, and forecasts begin after the last one.

    Rows that no forecast depends on any more are dropped, if there is one series and its times are numbers or typed
    dates; with text for times, or several series, all are kept. Made by :meth:`LiquidForecaster.stream`.
    """

    def __init__(self, trained: Trained, runner: ForecastRunner, form: Form, table: Table):
        self._trained, self._runner, self._form, self._table = trained, runner, form, table
        self._names = [*trained.values, *trained.inputs, *trained.known]
        self._places = {name: place for place, name in enumerate(self._names)}
        index = table.column_index(trained.time)
        cells = table.cells(index)
        self._zone = table.zone(index)
        self._kind = cells.dtype.kind if isinstance(cells, np.ndarray) else "O"
        self._clock = clock_of(table, trained.time)
        if self._kind in "if" and self._clock.dates:
            self._kind = "O"  # such as 20011229, which the clock reads
        self._bounded = self._kind in "Mif" and not trained.series
        self._reach = runner.reach() if self._bounded else (0, 0.0)
        self._last = self._last_times()
        self._clear()
        self._trim()

    def _clear(self) -> None:
        self._new_times: list[Any] = []
        self._new_values: list[list[float]] = []
        self._new_series: list[str] = []

    def _last_times(self) -> dict[str, float]:
        """Return the last time of each series, as rows are compared."""
        table, trained = self._table, self._trained
        if self._kind == "M":
            moments = np.asarray(table.cells(table.column_index(trained.time))).astype(np.int64)
        else:
            moments = times_in(table, trained.time)
        if not trained.series:
            return {"": moments[-1].item()} if len(moments) else {}
        labels = [text.strip() for text in table.texts(table.column_index(trained.series))]
        return dict(zip(labels, moments.tolist(), strict=True))

    def __len__(self) -> int:
        """Return the number of rows that are kept."""
        return len(self._table) + len(self._new_times)

    # Rows.

    def update(self, time: Any, values: Any, *, series: str | None = None) -> None:
        """Add a row: its time, and its values (a number, or by name, or all in the order of the columns).

        The order is that of the values, then inputs, then known inputs. NaN, None or a name that is left out is a value
        that was not observed. ``series`` names the row's series, which may be a new one. Raises DataError,
        ShapeError or ConfigError, and then adds nothing.
        """
        label = self._label(series)
        cell, moment = self._time(time)
        last = self._last.get(label)
        if last is not None and moment < last:
            raise DataError(f"the time {time!s:.40} is before that of the last row")
        row = self._row(values)
        self._last[label] = moment
        self._new_times.append(cell)
        self._new_values.append(row)
        self._new_series.append(label)
        if len(self._new_times) >= _MOST_PENDING:
            self._gather()

    def _label(self, series: str | None) -> str:
        if bool(self._trained.series) != (series is not None):
            raise ConfigError(
                f'several series are forecast: give series=, the name in column "{self._trained.series}"'
                if self._trained.series
                else "one series is forecast: leave series out"
            )
        label = "" if series is None else str(series).strip()
        if self._trained.series and not label:
            raise ConfigError("series is empty")
        return label

    def _time(self, time: Any) -> tuple[Any, float]:
        """Return a time as the column has it, and as it is compared."""
        if self._kind == "M":
            moment = self._moment(time)
            return moment, moment
        if self._kind in "if":
            number = time.item() if isinstance(time, np.generic) else time
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise DataError(f"the time {time!r:.40} is no number; those before it are")
            if not math.isfinite(number):
                raise DataError(f"the time is {number}")
            return number, number
        try:
            return str(time), self._clock.read(str(time))
        except ValueError as refusal:
            raise DataError(f'the time "{time!s:.40}" {refusal}') from None

    def _moment(self, time: Any) -> int:
        """Return a date as nanoseconds since 1970."""
        if isinstance(time, datetime):
            if (time.tzinfo is not None) != (self._zone is not None):
                raise DataError(
                    f"the time {time} has {'no' if self._zone else 'a'} time zone, unlike those before it"
                )
            if time.tzinfo is not None:
                time = time.astimezone(timezone.utc).replace(tzinfo=None)
        elif self._zone is not None:
            raise DataError(
                f"the time {time!r:.40} has no time zone, unlike those before it",
                hint="give a datetime with tzinfo",
            )
        try:
            found = np.datetime64(time, "ns")
        except (TypeError, ValueError):
            raise DataError(f"the time {time!r:.40} is no date") from None
        if np.isnat(found):
            raise DataError("the time is empty")
        return int(found.astype(np.int64))

    def _row(self, values: Any) -> list[float]:
        names, width = self._names, len(self._names)
        if isinstance(values, Mapping):
            row: list[Any] = [math.nan] * width
            for name, value in values.items():
                if name not in self._places:
                    raise ConfigError(f'there is no column "{name}"', nearest=(str(name), names))
                row[self._places[name]] = value
        elif isinstance(values, Sequence | np.ndarray) and not isinstance(values, str):
            row = list(values)
        else:
            row = [values]
        if len(row) != width:
            raise ShapeError(f"a row has {width} values ({', '.join(names)}), not {len(row)}")
        return [_number(value, name) for value, name in zip(row, names, strict=True)]

    def _gather(self) -> None:
        """Put the new rows below the table, and drop those at its front that are not needed."""
        if not self._new_times:
            return
        self._table = appended(self._table, self._new_rows(), self._trained.time, [])
        self._clear()
        self._trim()

    def _new_rows(self) -> Table:
        trained, table = self._trained, self._table
        times: Any = self._new_times
        if self._kind == "M":
            times = np.array(times, dtype=np.int64).astype("datetime64[ns]")
        elif self._kind in "if":
            times = np.array(times)
        named: list[Any] = [self._new_series] if trained.series else []
        columns = [times, *named, *np.array(self._new_values).T]
        return replace(table, columns=columns)

    def _trim(self) -> None:
        if not self._bounded or len(self._table) <= 2 * self._reach[0]:
            return
        table, trained = self._table, self._trained
        times = times_in(table, trained.time)
        rows, span = self._reach
        first = min(len(table) - rows, int(np.searchsorted(times, times[-1] - span)))
        for name in trained.values:
            seen = np.isfinite(table.numbers(table.column_index(name))[: first + 1])
            if seen.any():
                first = min(first, int(np.flatnonzero(seen)[-1]))
        if first > 0:
            self._table = replace(table, columns=[column[first:] for column in table.columns])  # type: ignore[index]

    # Forecasts.

    def predict(
        self,
        steps: int | None = None,
        *,
        known_inputs: Any = None,
        series: str | Sequence[str] | None = None,
        return_forecast: bool = False,
    ) -> Any:
        """Forecast ``steps`` rows (default: horizon) after the last one, as :meth:`LiquidForecaster.predict`.

        The forecast is that of all rows so far as a table, to the rounding of float32. Where the times have no regular
        step, those that follow are guessed from the rows that are kept.
        """
        self._gather()
        table = self._table
        if known_inputs is not None:
            table = known_rows(self._trained, table, known_inputs)
        found = self._runner.forecast(table, steps, None, series)
        warn_of_missing(self._trained, found)
        if return_forecast:
            return found
        return frame_of(found, self._form, table)


def _number(value: Any, name: str) -> float:
    if value is None:
        return math.nan
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise DataError(f"{name}: {value!r:.40} is no number") from None
    if abs(number) > MAX_MAGNITUDE:
        raise DataError(f"{name}: {number:g} is too large; values go up to {MAX_MAGNITUDE:g}")
    return number
