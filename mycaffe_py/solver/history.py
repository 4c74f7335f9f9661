"""History: what a solver's updates gave, as a table of columns in bounded memory."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, MissingExtraError
from mycaffe_py.events.events import Event, StepDone, TestDone
from mycaffe_py.events.rows import row_of
from mycaffe_py.showing import (
    html_line,
    html_picture,
    html_table,
    number_text,
    one_line,
    shows,
    shows_html,
)
from mycaffe_py.wording import counted

MOST_ROWS = 100_000
MOST_CELLS = 2_000_000
"""A history has at most so many rows, and so many numbers: 16 MB."""

_FIRST, _LAST = "iteration", "lr"

Points = tuple[list[int], list[float]]
"""Iterations, and the value of a metric at each."""


class History:
    """The updates of a solver by column: ``iteration``, ``loss``, the trainer's metrics, the net's outputs, ``lr``.

    ``history["loss"]`` is a list with one number for each update, as in metrics.csv of a run; NaN where there is none.
    ``tests`` has the results of tests, ``epochs`` a dict for each epoch of ``solver.fit``.

    Memory is bounded: beyond 100,000 rows (fewer if there are more than 20 columns), every second row is dropped and
    from then on only every second update is kept, then every fourth, and so on; ``every`` says which. The newest
    update is always the last row.
    """

    def __init__(self, most_rows: int = MOST_ROWS):
        self.every = 1
        """Rows are of every so many updates."""
        self.tests: dict[str, Points] = {}
        """``test NAME`` (``test NAME (#k)`` for further test nets) -> iterations and values."""
        self.epochs: list[dict[str, float]] = []
        """For each epoch of ``fit``: epoch, iteration, the means of loss and outputs, ``validation NAME``."""
        self._most = max(2, most_rows)
        self._names: list[str] = []
        self._table = np.zeros((0, 0))
        self._count = 0
        self._newest: dict[str, float] = {}

    @shows
    def __repr__(self) -> str:
        newest = {name: number_text(self._newest[name]) for name in self if name in self._newest}
        updates = counted(len(self), "row") + (
            f" of every {self.every} updates" if self.every > 1 else ""
        )
        return one_line("History", updates, *(f"{name} {text}" for name, text in newest.items()))

    @shows_html
    def _repr_html_(self) -> str:
        rows = [(name, number_text(values[-1])) for name, values in self.items() if values]
        return (
            html_picture(self.svg())
            + html_line(repr(self))
            + html_table(("column", "latest"), rows, (1,))
        )

    # Reading: columns by name, rows by number.

    def __len__(self) -> int:
        """Number of rows."""
        return self._count + (not self._newest_is_kept())

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the columns."""
        middle = [name for name in self._names if name not in (_FIRST, _LAST)]
        last = [_LAST] if _LAST in self._names else []
        return iter([_FIRST, *middle, *last] if self._names else [])

    def keys(self) -> list[str]:
        """Return the names of the columns."""
        return list(self)

    def items(self) -> Iterator[tuple[str, list[float]]]:
        """Yield each column's name and values."""
        return ((name, self[name]) for name in self)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> list[float]:
        """Return a column as a list; ``iteration`` has whole numbers."""
        if not isinstance(name, str):
            raise ConfigError(
                f'a history is read by column, not by {name!r:.40}: history["loss"] is a list'
            )
        if name not in self._names:
            raise ConfigError(f'the history has no column "{name}"', nearest=(name, list(self)))
        values = self._table[: self._count, self._names.index(name)].tolist()
        if not self._newest_is_kept():
            values.append(self._newest.get(name, math.nan))
        return [int(value) for value in values] if name == _FIRST else values

    def __bool__(self) -> bool:
        return len(self) > 0

    @property
    def last(self) -> dict[str, float]:
        """The newest row by column; empty if there is none."""
        return dict(self._newest)

    def to_dict(self) -> dict[str, list[float]]:
        """Return all columns as lists of equal length."""
        return {name: self[name] for name in self}

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with ``iteration`` as its index; raises MissingExtraError without pandas."""
        try:
            pandas = import_module("pandas")
        except ImportError as error:
            raise MissingExtraError(
                f"to_pandas() needs the package 'pandas', which is not installed ({error})",
                hint="install it with: pip install pandas; to_dict() needs nothing",
            ) from error
        return pandas.DataFrame(self.to_dict(), columns=list(self)).set_index(_FIRST)

    # Pictures.

    def svg(self, names: Sequence[str] | None = None) -> str:
        """Return the curves of some columns (default: the loss) as a small SVG picture; needs no matplotlib."""
        from .history_pictures import svg

        return svg(self, names)

    def plot(
        self, path: str | os.PathLike[str] | None = None, names: Sequence[str] | None = None
    ) -> Any:
        """Return a matplotlib Figure of some columns (default: the loss) and of tests; needs the extra ``plot``.

        With ``path``, it is also written there, in the format of the extension; raises OutputError if that fails.
        """
        from .history_pictures import plot

        return plot(self, path, names)

    # Writing.

    def observe(self, event: Event) -> None:
        """Add what an event of the solver says."""
        if isinstance(event, StepDone):
            self.add(row_of(event))
        elif isinstance(event, TestDone):
            further = f" (#{event.net_index})" if event.net_index else ""
            for name, value in event.metrics.items():
                iterations, values = self.tests.setdefault(f"test {name}{further}", ([], []))
                iterations.append(event.iteration)
                values.append(value)

    def add(self, row: Mapping[str, float]) -> None:
        """Add an update's row; rows of the same update and later ones are replaced, as after a restored state."""
        iteration = int(row[_FIRST])
        if self._newest and iteration <= self._newest[_FIRST]:
            self._forget_from(iteration)
        for name in row:
            if name not in self._names:
                self._add_column(name)
        self._newest = {name: float(value) for name, value in row.items()}
        if iteration % self.every == 0:
            self._keep()

    def _keep(self) -> None:
        most = min(self._most, max(2, MOST_CELLS // len(self._names)))
        while self._count >= most:
            self.every *= 2
            kept = self._table[: self._count]
            kept = kept[kept[:, self._names.index(_FIRST)] % self.every == 0]
            self._count = len(kept)
            self._table[: self._count] = kept
        if self._newest[_FIRST] % self.every:
            return
        if self._count == len(self._table):
            larger = np.full((min(most, max(1024, 2 * self._count)), len(self._names)), math.nan)
            larger[: self._count] = self._table[: self._count]
            self._table = larger
        self._table[self._count] = [self._newest.get(name, math.nan) for name in self._names]
        self._count += 1

    def _add_column(self, name: str) -> None:
        self._names.append(name)
        column = np.full((len(self._table), 1), math.nan)
        self._table = np.concatenate([self._table, column], axis=1)

    def _forget_from(self, iteration: int) -> None:
        column = self._table[: self._count, self._names.index(_FIRST)]
        self._count = int(np.searchsorted(column, iteration))
        self._newest = {}
        if self._count:
            row = self._table[self._count - 1].tolist()
            self._newest = dict(zip(self._names, row, strict=True))
        for iterations, values in self.tests.values():
            while iterations and iterations[-1] >= iteration:
                iterations.pop(), values.pop()
        self.epochs[:] = [epoch for epoch in self.epochs if epoch[_FIRST] < iteration]

    def _newest_is_kept(self) -> bool:
        if not self._newest:
            return True
        kept = self._table[self._count - 1, self._names.index(_FIRST)] if self._count else -1
        return bool(kept == self._newest[_FIRST])
