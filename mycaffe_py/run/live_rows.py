"""The rows of live.jsonl in memory, for whoever follows a run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .reading import NUMBER, of_kinds, parse
from .thinning import MOST_UPDATES, LiveThinning, block_size, worst_of_blocks

_UPDATE, _X, _TIME, _VALUES = range(4)
_HEADER = {"names": list, "x_name": str, "tolerance": NUMBER, "dates": bool, "folded": int}


class LiveRows:
    """Holds the rows and thins them as their writer does, so that a replaced file need not be read again."""

    def __init__(self) -> None:
        self.header: dict[str, Any] = {}
        self._rows = np.zeros((0, _VALUES))
        self._count = self._recent = 0
        self._timed = False
        self._rule = LiveThinning()

    @property
    def names(self) -> list[str]:
        """The names of the values; empty before the header was read."""
        return list(self.header.get("names", ()))

    @property
    def iteration(self) -> int:
        """The newest update, 0 if there is none."""
        return int(self._rows[self._count - 1, _UPDATE]) if self._count else 0

    def take_header(self, line: bytes) -> None:
        """Take the file's first line; rows of other values are dropped."""
        header = of_kinds(parse(line), _HEADER)
        if not all(isinstance(name, str) for name in header.get("names") or (None,)):
            return
        if len(header["names"]) != len(self.names):
            self._rows = np.zeros((0, _VALUES + 2 * len(header["names"])))
            self._count = self._recent = 0
        self.header = header

    def append(self, lines: bytes) -> int:
        """Add the rows that follow the newest one; return how many there were."""
        newest: float = self.iteration
        following = [line for line in lines.splitlines() if _update_of(line) > newest]
        good = []
        for row in map(self._row, _parsed(following)):
            if row is not None and newest < row[_UPDATE] < MOST_UPDATES:
                newest = row[_UPDATE]
                good.append(row)
        if good:
            self._add(np.array(good))
        return len(good)

    def _row(self, found: Any) -> list[float] | None:
        count = len(self.names)
        try:
            target, prediction = found["t"], found["p"]
            if len(target) != count or len(prediction) != count:
                return None
            self._timed = self._timed or "tt" in found
            row = [found["i"], found["x"], found.get("tt"), *target, *prediction]
            return [math.nan if value is None else float(value) for value in row]
        except (TypeError, KeyError, ValueError, OverflowError):
            return None

    def _add(self, rows: np.ndarray) -> None:
        end = self._count + len(rows)
        if end > len(self._rows):
            more = np.zeros((max(end, 2 * len(self._rows)), self._rows.shape[1]))
            more[: self._count] = self._rows[: self._count]
            self._rows = more
        self._rows[self._count : end] = rows
        self._count, self._recent = end, self._recent + len(rows)
        if self._rule.is_due(self._recent):
            known = self._rows[:end]
            kept = self._rule.keep(known[:, _UPDATE].astype(np.int64), self._errors(known))
            self._rows = self._rows[kept]
            self._count, self._recent = len(kept), self._rule.kept

    def _errors(self, rows: np.ndarray) -> np.ndarray:
        count = len(self.names)
        target, prediction = rows[:, _VALUES : _VALUES + count], rows[:, _VALUES + count :]
        return np.abs(prediction - target).max(axis=1, initial=0.0)

    def newest(self, count: int) -> dict[str, Any]:
        """Return the newest ``count`` rows, as JSON values by column."""
        return self._columns(self._rows[max(0, self._count - count) : self._count])

    def since(self, update: int, most: int) -> dict[str, Any]:
        """Return the rows after ``update``; if there are more than ``most``, the worst of each block of updates."""
        known = self._rows[: self._count]
        rows = known[np.searchsorted(known[:, _UPDATE], update, side="right") :]
        if len(rows) > most:
            iteration = rows[:, _UPDATE].astype(np.int64)
            size = block_size(iteration, most)
            rows = rows[worst_of_blocks(iteration, self._errors(rows), size)]
        return self._columns(rows)

    def _columns(self, rows: np.ndarray) -> dict[str, Any]:
        count = len(self.names)
        values = [json_list(column) for column in rows[:, _VALUES:].T]
        time = {"time": json_list(rows[:, _TIME])} if self._timed else {}
        return {
            "names": self.names,
            "x_name": self.header.get("x_name", "x"),
            "tolerance": self.header.get("tolerance"),
            "dates": bool(self.header.get("dates", False)),
            "iteration": rows[:, _UPDATE].astype(int).tolist(),
            "x": json_list(rows[:, _X]),
            **time,
            "target": values[:count],
            "prediction": values[count:],
        }


def json_list(values: np.ndarray) -> list[float | None]:
    """Return numbers as a list, None for those that are not finite."""
    found = values.tolist()
    if np.isfinite(values).all():
        return found
    return [value if math.isfinite(value) else None for value in found]


def _update_of(line: bytes) -> float:
    """Return the update's number of a row without parsing all of it, which takes ten times as long."""
    try:
        return float(line[line.index(b":") + 1 : line.index(b",")])
    except ValueError:
        return -1.0


def _parsed(lines: list[bytes]) -> list[Any]:
    found = parse(b"[" + b",".join(lines) + b"]")
    # One that is broken breaks them all.
    return list(map(parse, lines)) if found is None else found
