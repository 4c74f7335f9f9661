"""Asking a trainer for a forecast, and checking what it returns."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from mycaffe_py.answers import wrong_answer
from mycaffe_py.errors import ConfigError

from .forecast import Forecast
from .several import Forecasts


def forecast_of(
    trainer: Any, net: Any, steps: int, *, start: Any = None, series: Sequence[str] = ()
) -> Forecast | Forecasts:
    """Return ``trainer.forecast(net, steps, start=start)``, with ``series`` if there are any.

    Raises ConfigError for series if the trainer does not take them, DataError unless it returns a forecast.
    """
    if series and not _takes_series(trainer):
        raise ConfigError(
            f"--series {series[0]}: trainer {trainer.type} makes no forecasts of single series",
            hint="leave out --series",
        )
    options: dict[str, Any] = {"series": list(series)} if series else {}
    found = trainer.forecast(net, steps, start=start, **options)
    if not isinstance(found, Forecast | Forecasts):
        what = f"returned {found!r:.60}, not a Forecast or Forecasts"
        raise wrong_answer(trainer, "forecast", what)
    return found


def _takes_series(trainer: Any) -> bool:
    parameters = inspect.signature(trainer.forecast).parameters.values()
    return any(each.name == "series" or each.kind is each.VAR_KEYWORD for each in parameters)
