"""The trained net of a forecaster with its trainer, built when first needed, looking at one table at a time."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.builder import Training, build_training
from mycaffe_py.errors import ConfigError
from mycaffe_py.forecast import Forecast, Forecasts
from mycaffe_py.tables import Table, lent

from .forecast_settings import solver_document
from .forecast_words import in_our_words
from .learning import new_device


@dataclass(frozen=True)
class Trained:
    """What forecasts need of a training: parameters, the gym's settings, weights by ``layer/index``, and its table."""

    params: Mapping[str, Any]
    settings: Mapping[str, Any]
    weights: Mapping[str, np.ndarray]
    table: Table
    seed: int
    dates: bool
    """Whether times are dates."""

    @property
    def time(self) -> str:
        """The name of the column of times."""
        return str(self.settings["time_column"])

    @property
    def series(self) -> str | None:
        """The name of the column that names the series, if there are several."""
        return self.settings.get("series_column") or None

    @property
    def values(self) -> list[str]:
        """The names of the columns that are forecast."""
        return list(self.settings["value_column"])

    @property
    def inputs(self) -> list[str]:
        """The names of the columns that are inputs and not known for future rows."""
        return list(self.settings.get("input_column", ()))

    @property
    def known(self) -> list[str]:
        """The names of the inputs that are known for future rows."""
        holiday = self.settings.get("holiday_column")
        return [*self.settings.get("known_input_column", ()), *([holiday] if holiday else [])]

    @property
    def columns(self) -> list[str]:
        """The names of all columns that forecasts need."""
        named = [self.series] if self.series else []
        return [self.time, *named, *self.values, *self.inputs, *self.known]


class ForecastRunner:
    """Forecasts from tables, one call at a time; it can be pickled, which a net cannot."""

    def __init__(self, trained: Trained):
        self._trained = trained
        self._start()

    def _start(self) -> None:
        self._training: Training | None = None
        self._at: Table | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> Any:
        return self._trained

    def __setstate__(self, trained: Trained) -> None:
        self._trained = trained
        self._start()

    def forecast(
        self,
        table: Table,
        steps: int | None,
        start: Any = None,
        series: str | Sequence[str] | None = None,
    ) -> Forecast | Forecasts:
        """Return the forecast of ``steps`` rows (default: horizon) from a table with the columns of the training."""
        count = self._trained.settings["horizon"] if steps is None else steps
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise ConfigError(f"steps must be a whole number, at least 1, not {steps!r:.40}")
        names = [series] if isinstance(series, str) else series
        text = None if start is None else str(start)
        with self._lock, in_our_words():
            trainer = self._looking_at(table)
            net = self._built().net
            found: Forecast | Forecasts = trainer.forecast(
                net, int(count), start=text, series=names
            )
            return found

    def reach(self) -> tuple[int, float]:
        """Return how many of the latest rows forecasts depend on, and for how long before the last one."""
        with self._lock:
            trainer: Any = self._built().trainer
            rows, span = trainer.reach()
            return int(rows), float(span)

    def build(self) -> None:
        """Build the net now. Raises what building a training raises."""
        with self._lock:
            self._built()

    def _built(self) -> Training:
        if self._training is None:
            one = self._trained
            with lent(one.table) as name:
                self._training = build_training(
                    solver=solver_document(one.params, one.settings, name),
                    phase="TEST",
                    weights=one.weights,
                    device=new_device(one.params["device"]),
                    seed=one.seed,
                    allow_python=False,  # what is built may come from a file of others
                )
            self._at = one.table
        return self._training

    def _looking_at(self, table: Table) -> Any:
        trainer: Any = self._built().trainer
        if table is not self._at:
            with lent(table) as name:
                self._at = None  # should it fail, no table is half read
                trainer.look_at(name)
            self._at = table
        return trainer
