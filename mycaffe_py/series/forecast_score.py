"""The error of a forecaster on rows that follow the known ones: forecasts from several of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError
from mycaffe_py.tables import Table

from .forecast_rows import clock_of, new_rows, times_in
from .forecast_runner import ForecastRunner, Trained
from .forecast_tables import appended

_ORIGINS, _IN_ALL = 20, 200


def rolling_error(trained: Trained, runner: ForecastRunner, data: Any, times: Any) -> float:
    """Return the mean absolute error over origins, distances, values and series; see ``LiquidForecaster.score``."""
    table, known = _continued(trained, new_rows(trained, data, times))
    moments, series = times_in(table, trained.time), _series_of(trained, table)
    clock, horizon = clock_of(table, trained.time), int(trained.settings["horizon"])
    labels = list(dict.fromkeys(series))
    most = min(_ORIGINS, max(1, _IN_ALL // len(labels)))
    missed = []
    for label in labels:
        own = np.array([one == label for one in series])
        before, later = moments[own & known], moments[own & ~known]
        candidates = np.concatenate([before[-1:], later[:-1]])
        spread = np.linspace(0, len(candidates) - 1, min(most, len(candidates))).astype(int)
        for origin in candidates[spread] if len(later) else ():
            steps = min(horizon, int((moments[own] > origin).sum()))
            named = [label] if trained.series else None
            found = runner.forecast(table, steps, clock.text(float(origin)), named)
            one: Any = found[0] if trained.series else found  # type: ignore[index]
            missed.append(np.abs(one.predictions - one.targets).ravel())
    errors = np.concatenate(missed) if missed else np.zeros(0)
    errors = errors[np.isfinite(errors)]
    if not len(errors):
        raise DataError("no value is known in the rows after the known ones")
    return float(errors.mean())


def _continued(trained: Trained, new: Table) -> tuple[Table, np.ndarray]:
    """Return the known rows with those of ``new`` that are later, and which rows are known ones, (n,)."""
    whole = appended(trained.table, new, trained.time, [])
    moments, series = times_in(whole, trained.time), _series_of(trained, whole)
    count = len(trained.table)
    known = np.arange(len(whole)) < count
    last: dict[str, float] = {}
    for label, moment in zip(series[:count], moments[:count], strict=True):
        last[label] = max(last.get(label, -np.inf), float(moment))
    later = np.array(
        [one > last.get(label, -np.inf) for one, label in zip(moments, series, strict=True)]
    )
    rows = known | later
    if rows.sum() == count:
        raise DataError(
            "no row is later than those of the training",
            hint="score needs rows that follow them; report_ has the errors on the validation rows",
        )
    return replace(whole, columns=[_chosen(column, rows) for column in whole.columns]), known[rows]


def _chosen(column: Any, rows: np.ndarray) -> Any:
    if isinstance(column, np.ndarray):
        return column[rows]
    return [cell for cell, taken in zip(column, rows, strict=True) if taken]


def _series_of(trained: Trained, table: Table) -> list[str]:
    """Return the series of each row."""
    if not trained.series:
        return [""] * len(table)
    return [text.strip() for text in table.texts(table.column_index(trained.series))]
