"""The metrics of a run as a History, the table that a solver in Python gives."""

from __future__ import annotations

import csv
import math
import os
from itertools import islice
from pathlib import Path

from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.solver.history import History
from mycaffe_py.spreadsheets import plain_cell

from .metrics import MOST_COLUMNS, read_tests


def read_history(run: str | os.PathLike[str]) -> History:
    """Return the metrics of a run as a History: ``run`` is a run folder, or a metrics.csv.

    Columns without any value are left out, ``loss`` and ``lr`` excepted. ``tests`` has the run's tests. Rows that are
    no numbers (the last one of a run that is writing) are left out. Raises MissingFileError if there is no metrics.csv,
    DataError for a file that is none. Of more than 1,000 columns, the first are read.
    """
    path = Path(run)
    path = path if path.suffix == ".csv" else path / "metrics.csv"
    if not os.path.isfile(path):
        raise MissingFileError(f'"{run}" has no metrics: {path} does not exist')
    history = History()
    try:
        _read(path, history)
        tests = read_tests(path.with_name("tests.jsonl"))
        history.tests.update(islice(tests.items(), MOST_COLUMNS))
    except DataError:
        raise
    except (OSError, ValueError, KeyError, RecursionError, csv.Error) as error:
        raise DataError(f"the metrics of {path.parent} cannot be read: {error}") from error
    return history


def _read(path: Path, history: History) -> None:
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        names = list(map(plain_cell, next(reader, [])))
        if "iteration" not in names:
            raise DataError(f'{path} is no metrics.csv: it has no column "iteration"')
        for cells in reader:
            values = _numbers(cells, len(names))
            values = values and values[:MOST_COLUMNS]
            if values is not None and math.isfinite(values[names.index("iteration")]):
                row = dict(zip(names, values, strict=False))
                history.add(
                    {n: v for n, v in row.items() if math.isfinite(v) or n in ("loss", "lr")}
                )


def _numbers(cells: list[str], width: int) -> list[float] | None:
    if len(cells) != width:
        return None
    try:
        return [float(cell or "nan") for cell in cells]
    except ValueError:
        return None
