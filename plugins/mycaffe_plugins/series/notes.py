"""What has to be said about a forecast: where it begins, what it lacks, and distances that were never trained."""

from __future__ import annotations

from typing import Any

import numpy as np

from .windows import Windows


def notes_of(windows: Windows, origin: int, steps: int, start: Any = None) -> list[str]:
    """Return notes on a forecast of ``steps`` rows after row ``origin``; ``start`` is where the user said."""
    series, param = windows.series, windows.param
    last = int(series.stops[windows.which[origin]]) - 1
    notes = []
    if start is None and origin < last:
        notes.append(
            f"the forecast begins after {series.clock.text(series.times[origin])}, the last row with a value; "
            f"{last - origin} rows after it have none"
        )
    notes += _lacking_inputs(windows, origin, min(last, origin + steps), steps)
    nearest, horizon = int(param.least_horizon), int(param.horizon)
    if nearest > 1:
        notes.append(
            f"the net was not trained for the first {min(nearest - 1, steps)} rows, which are nearer than "
            f"least_horizon, {nearest}"
        )
    if steps > horizon:
        notes.append(
            f"beyond {horizon} rows, for which the net was trained, it continues from its own forecasts"
        )
    return notes


def _lacking_inputs(windows: Windows, origin: int, last: int, steps: int) -> list[str]:
    """Return a note for each number of rows for which known inputs are not given."""
    series = windows.series
    given = np.zeros((steps, series.known), dtype=bool)
    rows = slice(origin + 1, last + 1)
    given[: last - origin] = windows.observed[rows, len(series.names) - series.known :]
    names: dict[str, list[str]] = {}
    for column in range(series.known):
        lacking = np.flatnonzero(~given[:, column])
        if lacking.size:
            where = "the last " if lacking[0] == steps - lacking.size else ""
            name = series.names[len(series.names) - series.known + column]
            names.setdefault(f"{where}{lacking.size} of {steps} rows", []).append(name)
    return [f"{', '.join(each)}: not given for {rows}" for rows, each in names.items()]
