"""metrics.csv and metrics.jsonl: one row for each update."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from mycaffe_py.errors import OutputError
from mycaffe_py.events.events import Event, StepDone, TestDone
from mycaffe_py.events.observer import Observer
from mycaffe_py.events.rows import row_of as row_of
from mycaffe_py.spreadsheets import safe_cell
from mycaffe_py.visible import visible_line

from .reading import NUMBER, is_kind

MOST_COLUMNS = 1000
"""Runs of older versions may have a column for each pixel of an output: the first columns are read."""
FIRST_COLUMNS = ("iteration", "loss", "accuracy", "baseline_accuracy", "mean_abs_error", "lr")

Points = tuple[list[int], list[float]]
"""Iterations, and the value of a metric at each."""


class MetricsWriter(Observer):
    """Writes each update to both files, in order; everything so far is on disk after each :meth:`idle`.

    The first update fixes the columns of metrics.csv; metrics.jsonl also takes names that come
    later. In CSV, a name that a spreadsheet would compute begins with an apostrophe. Test results go to tests.jsonl,
    which appears with the first of them. A number that is not finite is an empty cell in CSV and null in JSON.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._columns: list[str] = []
        self._files: dict[str, TextIO] = {}
        self._csv: Any = None

    def observe(self, event: Event) -> None:
        """Write one event's row."""
        if isinstance(event, StepDone):
            self._write_step(row_of(event))
        elif isinstance(event, TestDone):
            row = {"iteration": event.iteration, "net": event.net_index, **event.metrics}
            self._write_json("tests.jsonl", row)

    def _write_step(self, row: Mapping[str, Any]) -> None:
        if self._csv is None:
            further = [name for name in row if name not in FIRST_COLUMNS]
            self._columns = [*FIRST_COLUMNS, *further]
            self._csv = csv.writer(self._open("metrics.csv"), lineterminator="\n")
            self._guarded(
                "metrics.csv",
                self._csv.writerow,
                [safe_cell(visible_line(name)) for name in self._columns],
            )
        cells = [_cell(row.get(name)) for name in self._columns]
        self._guarded("metrics.csv", self._csv.writerow, cells)
        self._write_json(
            "metrics.jsonl", {name: row.get(name) for name in FIRST_COLUMNS} | dict(row)
        )

    def _write_json(self, name: str, row: Mapping[str, Any]) -> None:
        values = {key: value if _is_finite(value) else None for key, value in row.items()}
        self._guarded(name, self._open(name).write, json.dumps(values) + "\n")

    def _open(self, name: str) -> TextIO:
        if name not in self._files:
            try:
                # Mode x: an existing file is never overwritten.
                path = self.folder / name
                self._files[name] = path.open("x", encoding="utf-8", newline="")
            except OSError as error:
                raise self._failure(name, error) from error
        return self._files[name]

    def _guarded(self, name: str, action: Any, *arguments: Any) -> None:
        try:
            action(*arguments)
        except OSError as error:
            raise self._failure(name, error) from error

    def _failure(self, name: str, error: OSError) -> OutputError:
        return OutputError(f"cannot write {self.folder / name}: {error.strerror or error}")

    def idle(self) -> None:
        """Flush what was written to the operating system."""
        for name, file in self._files.items():
            self._guarded(name, file.flush)

    def close(self) -> None:
        """Close the files."""
        for name, file in self._files.items():
            self._guarded(name, file.close)


def _is_finite(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _cell(value: Any) -> str:
    if not _is_finite(value):
        return ""
    return str(value) if isinstance(value, int) else repr(float(value))


def read_columns(path: Path, names: tuple[str, ...]) -> dict[str, list[float]]:
    """Return columns of a metrics.csv as lists of equal length; an empty cell is NaN."""
    columns: dict[str, list[float]] = {name: [] for name in names}
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        wanted = [safe_cell(name) for name in names]
        places = [header.index(cell) if cell in header else len(header) for cell in wanted]
        for row in filter(None, rows):
            for name, place in zip(names, places, strict=True):
                columns[name].append(float((row[place] if place < len(row) else "") or "nan"))
    return columns


def read_tests(path: Path) -> dict[str, Points]:
    """Return each metric in a tests.jsonl: ``test NAME``, or ``test NAME (#k)`` for further test nets."""
    figures: dict[str, Points] = {}
    if not os.path.isfile(path):
        return figures
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        try:
            add_test(figures, line)
        except ValueError:
            if line.endswith("\n"):
                raise
            # The last line of a run that is writing it.
    return figures


def add_test(figures: dict[str, Points], line: str | bytes, most: int | None = None) -> None:
    """Add a line of tests.jsonl to what :func:`read_tests` returns, of at most ``most`` figures."""
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("a line is no object")
    iteration, net = row.pop("iteration"), row.pop("net")
    numbered = is_kind(iteration, int) and is_kind(net, int)
    for name, value in row.items() if numbered else ():
        if value is not None and is_kind(value, NUMBER):
            label = test_label(name, net)
            if most is not None and label not in figures and len(figures) >= most:
                continue
            iterations, values = figures.setdefault(label, ([], []))
            iterations.append(iteration)
            values.append(value)


def test_label(name: str, net: int) -> str:
    """Return the name of a metric of a test net."""
    return f"test {name}" + (f" (#{net})" if net else "")
