"""The rows of metrics.csv by column, in bounded memory: curves of any stretch, thinned by blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mycaffe_py.spreadsheets import plain_cells

from .thinning import MOST_UPDATES, block_size, block_starts

MOST_ROWS = 400_000
MOST_CELLS = 8_000_000


class Blocks(NamedTuple):
    """Blocks of updates: the last update of each; (columns, n) minima, maxima, means, and counts of values."""

    iteration: np.ndarray
    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    weight: np.ndarray

    def of(self, columns: Any, rows: slice) -> Blocks:
        """Return some columns and rows."""
        return Blocks(self.iteration[rows], *(each[columns][:, rows] for each in self[1:]))

    def then(self, other: Blocks) -> Blocks:
        """Return these blocks followed by others."""
        return Blocks(
            *(np.concatenate(pair, axis=-1) for pair in zip(self, other, strict=True)),
        )

    def merged(self, size: int) -> Blocks:
        """Return the blocks of ``size`` updates that these make."""
        if not len(self.iteration):
            return self
        starts = block_starts(self.iteration, size)
        weight = np.add.reduceat(self.weight, starts, axis=1)
        with np.errstate(invalid="ignore"):  # a block without a finite value has none
            shares = np.where(self.weight > 0, self.mean * self.weight, 0.0)
            return Blocks(
                self.iteration[np.append(starts[1:], len(self.iteration)) - 1],
                np.fmin.reduceat(self.low, starts, axis=1),
                np.fmax.reduceat(self.high, starts, axis=1),
                np.add.reduceat(shares, starts, axis=1) / weight,
                weight,
            )


def _blocks_of_rows(iteration: np.ndarray, values: np.ndarray) -> Blocks:
    return Blocks(iteration, values, values, values, np.isfinite(values).astype(np.float64))


class Columns:
    """Columns of rows whose ``iteration`` increases.

    Beyond 400,000 rows (fewer if there are more than 20 columns), the older half is kept as blocks of updates (see
    :mod:`mycaffe_py.run.thinning`), at most a quarter of that number: minimum, maximum and mean of each.
    """

    def __init__(self, names: Sequence[str], most_rows: int | None = None):
        self.names = list(names)
        self.most = most_rows or max(1000, min(MOST_ROWS, MOST_CELLS // (len(self.names) + 1)))
        self.rows = 0
        # As many names as a line can hold may be damage: memory is taken when there are rows of them.
        room = max(1, min(1024, self.most, MOST_CELLS // (len(self.names) + 1)))
        self._iteration = np.zeros(room, dtype=np.int64)
        self._values = np.zeros((len(self.names), room))
        self._count = 0
        self._old: Blocks | None = None
        self._size = 1

    def append(self, rows: np.ndarray) -> None:
        """Add rows, (n, 1 + columns): the update's number, then the values; NaN where there is none.

        Rows that do not follow the newest one are left out.
        """
        rows = rows[rows[:, 0] > self.iteration]
        for start in range(0, len(rows), self.most // 2):
            part = rows[start : start + self.most // 2]
            if self._count + len(part) > self.most:
                self._fold()
            end = self._count + len(part)
            if end > len(self._iteration):
                self._grow(end)
            self._iteration[self._count : end] = part[:, 0]
            self._values[:, self._count : end] = part[:, 1:].T
            self._count = end
        self.rows += len(rows)

    def _grow(self, needed: int) -> None:
        room = min(self.most, max(needed, 2 * len(self._iteration)))
        iteration, values = self._iteration, self._values
        self._iteration = np.zeros(room, dtype=np.int64)
        self._values = np.zeros((len(self.names), room))
        self._iteration[: self._count] = iteration[: self._count]
        self._values[:, : self._count] = values[:, : self._count]

    def _fold(self) -> None:
        """Turn the older half of the rows into blocks."""
        half = self._count // 2
        older = _blocks_of_rows(self._iteration[:half], self._values[:, :half])
        every = older if self._old is None else self._old.then(older)
        self._size = block_size(every.iteration, self.most // 4, self._size)
        self._old = every.merged(self._size)
        rest = self._count - half
        self._iteration[:rest] = self._iteration[half : self._count].copy()
        self._values[:, :rest] = self._values[:, half : self._count].copy()
        self._count = rest

    @property
    def iteration(self) -> int:
        """The newest update, 0 if there is none."""
        return int(self._iteration[self._count - 1]) if self._count else 0

    def last(self) -> dict[str, float]:
        """Return the newest row by name; empty if there is none."""
        if not self._count:
            return {}
        return dict(zip(self.names, self._values[:, self._count - 1].tolist(), strict=True))

    def blocks(self, names: Sequence[str], first: int, last: int, most: int) -> tuple[int, Blocks]:
        """Return the block size and the blocks of updates ``first`` to ``last``, about ``most`` of them at most.

        Blocks at the border are whole, so they may begin before ``first`` and end after ``last``.
        """
        size = 1
        while True:
            after = (first - 1) // size * size
            size = max(size, self._size_after(after))
            found = self._between(names, (first - 1) // size * size, _end(last, size))
            wanted = block_size(found.iteration, most, size)
            if wanted == size:
                return size, found.merged(size)
            size = wanted

    def since(self, names: Sequence[str], after: int, most: int) -> Blocks:
        """Return the rows after update ``after``, as at most ``most`` blocks."""
        found = self._between(names, after, self.iteration)
        return found.merged(block_size(found.iteration, most, self._size_after(after)))

    def _size_after(self, update: int) -> int:
        """Return how many updates the coarsest block after ``update`` covers."""
        return self._size if self._old is not None and update < self._old.iteration[-1] else 1

    def _between(self, names: Sequence[str], after: int, last: int) -> Blocks:
        """Return what is known of the updates after ``after`` up to ``last``, in as much detail as there is."""
        columns = np.array([self.names.index(name) for name in names], dtype=int)
        rows = _rows_between(self._iteration[: self._count], after, last)
        recent = _blocks_of_rows(self._iteration[rows], self._values[columns, rows])
        if self._old is None:
            return recent
        return self._old.of(columns, _rows_between(self._old.iteration, after, last)).then(recent)


def _rows_between(iteration: np.ndarray, after: int, last: int) -> slice:
    first, end = np.searchsorted(iteration, (after, last), side="right")
    return slice(int(first), int(end))


def _end(update: int, size: int) -> int:
    """Return the last update of the block of ``update``."""
    return ((update - 1) // size + 1) * size


def parse_rows(lines: bytes, width: int) -> np.ndarray:
    """Return lines of numbers, (n, width), NaN for an empty cell; lines of another form are left out."""
    if not lines or not width:
        return np.zeros((0, width))
    text = lines.rstrip(b"\n").replace(b"\n", b",")
    text = text.replace(b",,", b",nan,").replace(b",,", b",nan,")
    text = text + b"nan" if text.endswith(b",") else text
    cells = text.split(b",")
    if len(cells) % width == 0:
        try:
            rows = np.fromiter(map(float, cells), np.float64, len(cells)).reshape(-1, width)
            if (np.diff(rows[:, 0]) > 0).all() and rows[-1, 0] < MOST_UPDATES:
                return rows
        except ValueError:
            pass
    return _parse_each(lines, width)


def _parse_each(lines: bytes, width: int) -> np.ndarray:
    rows: list[list[float]] = []
    for line in lines.splitlines():
        try:
            row = [float(cell or b"nan") for cell in line.split(b",")]
        except ValueError:
            continue
        if len(row) == width and (rows[-1][0] if rows else 0) < row[0] < MOST_UPDATES:
            rows.append(row)
    return np.array(rows).reshape(-1, width)


def parse_header(line: bytes) -> list[str]:
    """Return the names of the columns."""
    return plain_cells(line.decode("utf-8", "replace"))
