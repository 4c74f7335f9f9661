"""The rows that a forecast begins from: newer ones, and future ones with known inputs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError, MyCaffeWarning
from mycaffe_py.forecast import Forecast, Forecasts
from mycaffe_py.tables import BadTime, Clock, Table, match_columns

from .forecast_frames import Form as Form
from .forecast_runner import Trained
from .forecast_tables import appended, given_table, kept


def clock_of(table: Table, time: str) -> Clock:
    """Return the clock of a table's column of times."""
    index = table.column_index(time)
    return Clock.of(table.cells(index), "", table.zone(index))


def dates_in(table: Table, time: str) -> bool:
    """Whether the times of a table are dates."""
    return clock_of(table, time).dates


def times_in(table: Table, time: str) -> np.ndarray:
    """Return the times of a table, (n,): days since 1970 if they are dates."""
    index = table.column_index(time)
    try:
        return clock_of(table, time).read_all(table.cells(index))
    except BadTime as bad:
        raise table.error_in(bad.index, index, f'"{bad.cell}" {bad}') from None


def new_rows(trained: Trained, data: Any, times: Any) -> Table:
    """Return data as a table with the columns of the training."""
    given = given_table(data, times)
    assert given.table.names is not None
    match_columns(given.table, trained.columns, "the forecaster")
    table = kept(given.table, trained.columns)
    if len(table) and dates_in(table, trained.time) != trained.dates:
        kinds = ("dates", "numbers") if trained.dates else ("numbers", "dates")
        raise DataError(
            f'the times in column "{trained.time}" are {kinds[1]}; in the training they were {kinds[0]}'
        )
    return table


def known_rows(trained: Trained, table: Table, known_inputs: Any) -> Table:
    """Return a table with future rows below its own, of which times and known inputs are given."""
    if not trained.known:
        raise DataError(
            "known_inputs are given, but the training had none",
            hint="name their columns in known_input_columns when you make the forecaster",
        )
    given = given_table(known_inputs).table
    wanted = [trained.time, *([trained.series] if trained.series else []), *trained.known]
    match_columns(given, wanted, "the table known_inputs")
    more = kept(given, wanted)
    last, first = table.column_index(trained.time), more.column_index(trained.time)
    found = appended(table, more, trained.time, [*trained.values, *trained.inputs])
    if not trained.series and len(table) and len(more):
        moments = times_in(found, trained.time)
        if not moments[len(table)] > moments[len(table) - 1]:
            raise DataError(
                f"known_inputs begin at {more.text(0, first)}, but the last known row is at "
                f"{table.text(len(table) - 1, last)}",
                hint="give the rows after it only",
            )
    return found


def warn_of_missing(trained: Trained, found: Forecast | Forecasts) -> None:
    """Warn if known inputs are not given for all rows of a forecast."""
    for note in found.notes if trained.known else ():
        if "not given for the last" in note:
            warnings.warn(f"{note}; give them in known_inputs", MyCaffeWarning, stacklevel=4)
