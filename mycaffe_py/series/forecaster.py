"""LiquidForecaster: series forecast by a liquid net together with a simple baseline."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.tables import Table

from .estimator import Estimator
from .forecast_fit import fitted
from .forecast_frames import Form, frame_of
from .forecast_rows import known_rows, new_rows, warn_of_missing
from .forecast_runner import ForecastRunner, Trained
from .forecast_score import rolling_error
from .stream import ForecastStream

Self = TypeVar("Self", bound="LiquidForecaster")


class LiquidForecaster(Estimator):
    """Forecasts one or several series of measurements, with intervals.

    The trainer ``SERIES`` and the shipped files series.prototxt and SeriesCfc.prototxt do the work, so ``mycaffe
    train`` and ``mycaffe predict`` give the same numbers for the same settings, rows and seed.

    ``horizon``: how many rows ahead the net learns to look. ``period``: a season in the unit of the times (days for
    dates), "hour", "day", "week", "month", "quarter" or "year", or a list of two; None: found in the data.
    ``value_columns``: what is forecast, by default every column that is not named otherwise. ``input_columns`` are
    seen by the net only; ``known_input_columns`` are known for future rows too, and ``holiday_column`` is one of
    them, 1 on holidays. ``series_column`` names the series of each row; ``time_column``: by default the index of
    dates, or the first column. ``calendar``: hour, weekday and month are inputs. ``members``: nets whose mean is
    used. ``interval``: the share of values that intervals are meant to hold; 0: none. ``transform``: "auto", "none"
    or "log". ``base``: the baseline, "best", "last", "seasonal", "drift" or "ridge". ``window``: the rows that the
    net sees. ``train_share``: the share of the rows to learn from; ``validation_share``: the share of these, the last
    ones, on which the net is validated before it learns again from all. ``max_updates`` (of both together) and
    ``learning_rate`` follow from the data by default. ``random_state`` is a seed, ``device`` cpu or gpu, and
    ``verbose`` shows progress on stderr.
    """

    settings_: dict[str, Any]
    """The gym's settings, with what followed from the data."""
    weights_: dict[str, np.ndarray]
    """The net's weights by ``layer/index``."""
    period_: tuple[float, ...]
    """The seasons in use, in days if times are dates."""
    baseline_: str
    """The baseline whose remaining error the net learned."""
    report_: Any
    """Errors by distance beside those of simple forecasts, a :class:`~mycaffe_py.trainer.Report`; or None."""
    n_updates_: int
    seed_: int

    def __init__(
        self,
        *,
        horizon: int = 12,
        period: Any = None,
        value_columns: Any = None,
        input_columns: Any = None,
        known_input_columns: Any = None,
        holiday_column: str | None = None,
        series_column: str | None = None,
        time_column: str | None = None,
        calendar: bool = False,
        members: int = 1,
        interval: float = 0.8,
        transform: str = "auto",
        base: str = "best",
        window: int | None = None,
        train_share: float = 1.0,
        validation_share: float = 0.2,
        max_updates: int | None = None,
        learning_rate: float | None = None,
        random_state: Any = None,
        device: str | None = None,
        verbose: bool = False,
    ):
        self.horizon, self.period = horizon, period
        self.value_columns, self.input_columns = value_columns, input_columns
        self.known_input_columns, self.holiday_column = known_input_columns, holiday_column
        self.series_column, self.time_column = series_column, time_column
        self.calendar, self.members, self.interval = calendar, members, interval
        self.transform, self.base, self.window = transform, base, window
        self.train_share, self.validation_share = train_share, validation_share
        self.max_updates, self.learning_rate = max_updates, learning_rate
        self.random_state, self.device, self.verbose = random_state, device, verbose

    def fit(self: Self, data: Any, times: Any = None) -> Self:
        """Learn from a table: a frame of pandas, polars or pyarrow, a dict of columns, or arrays with their ``times``.

        ``data`` is a table with a column of times, rows in their order; or (n,) or (n, O) values with ``times``
        (n,), numbers or dates, without which rows are counted from 0. NaN is a value that was not observed. Raises
        ConfigError for parameters, DataError for what cannot be learned from, DivergedError.
        """
        with self._all_or_nothing():
            trained, form, found = fitted(self.get_params(), data, times)
            vars(self).update(found)
            self._finish(trained, form)
        return self

    def _finish(self, trained: Trained, form: Form) -> None:
        """Set what follows from a training, or from a file of one."""
        self._trained, self._form = trained, form
        self.settings_, self.weights_ = dict(trained.settings), dict(trained.weights)
        self.seed_ = trained.seed
        self.period_ = tuple(self.settings_.get("season", ()))
        self._runner = ForecastRunner(trained)

    def predict(
        self,
        steps: int | None = None,
        *,
        known_inputs: Any = None,
        data: Any = None,
        times: Any = None,
        start: Any = None,
        series: str | Sequence[str] | None = None,
        return_forecast: bool = False,
    ) -> Any:
        """Forecast ``steps`` rows (by default ``horizon``) after the last one with a value.

        ``data`` (with ``times``, as in :meth:`fit`): newer rows with the same columns to forecast from, instead of
        those of the training. ``start``: a time; the forecast begins after the last row up to it. ``known_inputs``: a
        table of future rows with their times and the known inputs. ``series``: one or several names, by default all.

        Returns a table as ``fit`` was given it: the times, each value, NAME_lower and NAME_upper (and first the name of
        the series, if there are several); for arrays and dicts a dict of arrays. ``return_forecast``: a
        :class:`~mycaffe_py.forecast.Forecast` or Forecasts instead, which has the known rows too.
        """
        self._require_fitted()
        table = self._table(data, times)
        if known_inputs is not None:
            table = known_rows(self._trained, table, known_inputs)
        found = self._runner.forecast(table, steps, start, series)
        warn_of_missing(self._trained, found)
        return found if return_forecast else frame_of(found, self._form, table)

    def _table(self, data: Any, times: Any) -> Table:
        if data is None:
            if times is not None:
                raise ConfigError("times are given without data", hint="they belong to data=")
            return self._trained.table
        return new_rows(self._trained, data, times)

    def score(self, data: Any, times: Any = None) -> float:
        """Return minus the mean absolute error of forecasts of rows after the known ones.

        ``data`` has rows that follow those of the training; rows up to their last time are left out. Forecasts of up to
        ``horizon`` rows begin after the last known row and after later ones, 20 rows at most, evenly spread (rolling
        origins); the net does not learn from them. The mean is over all distances, values and series.
        """
        self._require_fitted()
        return -rolling_error(self._trained, self._runner, data, times)

    def stream(self, data: Any = None, times: Any = None) -> ForecastStream:
        """Return a stream that takes new rows one by one and forecasts from the latest ones.

        It begins with the rows of the training, or with ``data``, which needs as many as a forecast looks back.
        """
        self._require_fitted()
        return ForecastStream(self._trained, self._runner, self._form, self._table(data, times))

    # Files.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trained forecaster to one file, without pickle, with all rows that it was given."""
        from .files import save
        from .forecast_stored import header_and_arrays

        self._require_fitted()
        save(self, path, header_and_arrays)

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str], *, device: str | None = None) -> Self:
        """Return the forecaster of a file that :meth:`save` wrote; its forecasts are the same bits.

        ``device`` is another one than that of the training. Raises MissingFileError, SnapshotError for a file that is
        damaged or of another class, and DeviceError. Nothing in a file is executed.
        """
        from .files import load
        from .forecast_stored import restored

        return load(cls, path, device, restored)
