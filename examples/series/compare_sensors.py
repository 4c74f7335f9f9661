"""Compares two runs 10 minutes ahead: one that learned from all readings, one from rows without a gap.

``python compare_sensors.py RUN RUN_OF_COMPLETE_ROWS`` forecasts every reading of the last fifth of sensors.csv. The
second run goes on from the latest complete row; between that and its forecasts, values are interpolated.
"""

from __future__ import annotations

import csv
import sys
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from mycaffe_py import get_solver

AHEAD = timedelta(minutes=10)
NAMES = ("temperature", "humidity")


def rows_of(name: str) -> list[tuple[datetime, list[float]]]:
    """Return time, temperature and humidity of each row of a CSV file, NaN for a gap."""
    with open(name, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [
        (datetime.fromisoformat(row[0]), [float(cell or "nan") for cell in row[1:3]])
        for row in rows
    ]


def forecaster(run: str) -> Any:
    """Return a function of steps and time that forecasts with the weights of a run."""
    solver = get_solver(
        f"{run}/solver.prototxt", f"{run}/model.prototxt", weights=f"{run}/best.caffemodel"
    )
    trainer: Any = solver.trainer

    @lru_cache
    def forecast(steps: int, start: datetime) -> Any:
        return trainer.forecast(solver.net, steps, start=f"{start:%Y-%m-%d %H:%M}")

    return forecast


def compare(run: str, complete_run: str, column: int) -> list[float]:
    """Return the mean absolute errors of both runs and of the last reading."""
    rows, complete = rows_of("sensors.csv"), rows_of("complete.csv")
    times, complete_times = ([time for time, _ in each] for each in (rows, complete))
    of_all, of_complete = forecaster(run), forecaster(complete_run)
    errors = []
    for then, values in rows[int(0.8 * len(rows)) :]:
        truth = values[column]
        if np.isnan(truth) or then - AHEAD not in times:
            continue
        now = times.index(then - AHEAD)
        found = of_all(times.index(then) - now, times[now]).predictions[-1, column]
        known = max(index for index, time in enumerate(complete_times) if time <= times[now])
        coarse = of_complete(2, complete_times[known])
        passed = (then - complete_times[known]) / timedelta(days=1)
        between = np.interp(
            passed,
            np.append(0.0, coarse.times - coarse.time[-1]),
            np.append(complete[known][1][column], coarse.predictions[:, column]),
        )
        last = next(each[column] for _, each in rows[now::-1] if not np.isnan(each[column]))
        errors.append([abs(truth - each) for each in (found, between, last)])
    return list(np.mean(errors, axis=0))


if __name__ == "__main__":
    run, complete_run = sys.argv[1:]
    for number, name in enumerate(NAMES):
        whole, part, repeated = compare(run, complete_run, number)
        print(
            f"{name}: all readings {whole:.2f}, complete rows {part:.2f}, last reading {repeated:.2f}"
        )
