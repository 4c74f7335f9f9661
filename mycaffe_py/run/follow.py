"""RunFollower: what a run writes, read as it comes; of this process, of another one, or of a run that has ended."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from mycaffe_py.errors import ConfigError

from .columns import Columns, parse_header, parse_rows
from .frames import FILE_NAME as FRAME_NAME
from .live import FILE_NAME as LIVE_NAME
from .live_rows import LiveRows, json_list
from .lock import is_alive
from .metrics import MOST_COLUMNS, Points, add_test
from .progress import FILE_NAME as PROGRESS_NAME, read_progress
from .record import FILE_NAME as RECORD_NAME, read_record
from .summary import summary_of
from .tail import Tail


class Changes(NamedTuple):
    """What :meth:`RunFollower.poll` found: whether something changed, or the number of new rows."""

    record: bool = False
    rows: int = 0
    live: int = 0
    frame: bool = False
    tests: bool = False


class RunFollower:
    """Follows the run in ``folder``, which need not have begun.

    :meth:`poll` reads what is new; everything else is answered from memory.

    Memory is bounded: of a long run, the older rows are kept as blocks of updates (:class:`Columns`,
    :class:`LiveRows`). Updates are named by their numbers, from 1; a cursor is the number of the newest update that
    a reader has. If another run takes the place of a removed one, everything begins anew. For one thread at a time.
    """

    def __init__(self, folder: Path | str):
        self.folder = Path(folder)
        self.frame_path = self.folder / FRAME_NAME
        self.record: dict[str, Any] = {}
        self.progress: dict[str, Any] = {}
        self.alive = False
        self._run: tuple[Any, ...] | None = None
        self._stamps: dict[Path, tuple[int, int, int] | None] = {}
        self._forget_rows()

    def _forget_rows(self) -> None:
        self._metrics = Tail(self.folder / "metrics.csv")
        self._live_tail = Tail(self.folder / LIVE_NAME)
        self._tests_tail = Tail(self.folder / "tests.jsonl", header=False)
        self._columns, self._width = Columns(()), 1
        self._live = LiveRows()
        self._tests: dict[str, Points] = {}

    def poll(self) -> Changes:
        """Read what is new. Files that do not exist yet, and lines that are being written, come later."""
        rows, live = self._read_rows(), self._read_live()
        tests = self._read_tests()
        # The record comes last: once it says that the run has ended, all rows have been read.
        if (record := self._read_record()) and not self.is_running:
            rows, live, tests = (
                rows + self._read_rows(),
                live + self._read_live(),
                self._read_tests() or tests,
            )
        return Changes(record, rows, live, self._is_new(self.frame_path), tests)

    @property
    def is_running(self) -> bool:
        """Whether the record says that the run is running."""
        return self.record.get("status") == "running"

    def _is_new(self, path: Path) -> bool:
        """Whether a file has changed since the last call."""
        try:
            status = os.stat(path)
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            stamp = None
        before, self._stamps[path] = self._stamps.get(path), stamp
        return stamp != before

    def _read_record(self) -> bool:
        changed = self._is_new(self.folder / RECORD_NAME)
        alive = is_alive(self.folder) if changed or self.is_running or self.alive else False
        if changed or alive != self.alive:
            self.alive, before = alive, self.record
            self.record = read_record(self.folder)
            self._check_run()
            changed = self.record != before or changed
        if self._is_new(self.folder / PROGRESS_NAME):
            self.progress = read_progress(self.folder)
            changed = True
        return changed

    def _check_run(self) -> None:
        """Begin anew if the record is that of another run than before."""
        if self.record:
            before, self._run = self._run, (self.record.get("started"), self.record.get("process"))
            if before not in (None, self._run):
                self._forget_rows()

    def _read_rows(self) -> int:
        before = self._columns.rows
        while lines := self._metrics.read():
            if self._metrics.anew or not self._columns.names:
                names = parse_header(self._metrics.head)
                self._width = len(names)
                self._columns, before = Columns(names[1 : 1 + MOST_COLUMNS]), 0
            self._columns.append(parse_rows(lines, self._width)[:, : 1 + MOST_COLUMNS])
        return self._columns.rows - before

    def _read_live(self) -> int:
        found = 0
        while lines := self._live_tail.read():
            if self._live_tail.anew or not self._live.header:
                self._live.take_header(self._live_tail.head)
            found += self._live.append(lines)
        return found

    def _read_tests(self) -> bool:
        found = False
        while lines := self._tests_tail.read():
            if self._tests_tail.anew:
                self._tests = {}
            for line in lines.splitlines():
                with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    add_test(self._tests, line, MOST_COLUMNS)
            found = True
        return found

    # What was read.

    @property
    def names(self) -> list[str]:
        """The columns of metrics.csv without ``iteration``; empty before the first update."""
        return list(self._columns.names)

    @property
    def rows(self) -> int:
        """How many updates were read."""
        return self._columns.rows

    @property
    def iteration(self) -> int:
        """The newest update, 0 if there is none."""
        return self._columns.iteration

    @property
    def live_iteration(self) -> int:
        """The newest update of the live view, 0 if there is none."""
        return self._live.iteration

    @property
    def last(self) -> dict[str, float]:
        """The newest row by name, NaN for an empty cell."""
        return self._columns.last()

    def summary(self) -> dict[str, Any]:
        """Return the run in few words, as :func:`summarize` does, with the newest update; empty without a record."""
        if not self.record:
            return {}
        reached = self.progress.get("iteration") or 0
        newest = {"iteration": max(self.iteration, reached)}
        figures = self.progress.get("figures", {})
        if self.iteration > reached:
            shown = list(self.last.items())[:20]
            figures = {name: value if value == value else None for name, value in shown}
        return summary_of(self.folder, self.record, self.progress | newest | {"figures": figures})

    def curves(
        self,
        names: Sequence[str],
        first: int | None = None,
        last: int | None = None,
        most: int = 2000,
    ) -> dict[str, Any]:
        """Return columns from update ``first`` to ``last`` as at most about ``most`` blocks.

        ``block`` is the number of updates in each, ``iteration`` the last update of each; each name has its ``min``,
        ``max`` and ``mean``, None where a block has no number. Blocks are aligned on the update's number, so a curve
        never changes its past. ConfigError if there is no such column, or ``most`` is below 1.
        """
        self._check(names, most)
        newest = self.iteration
        if not newest:
            empty: dict[str, list[float]] = {"min": [], "max": [], "mean": []}
            return {"block": 1, "iteration": [], **{name: dict(empty) for name in names}}
        begin, end = max(1, first or 1), newest if last is None else last
        size, found = self._columns.blocks(names, begin, end, most)
        curves: dict[str, Any] = {"block": size, "iteration": found.iteration.tolist()}
        for index, name in enumerate(names):
            parts = (found.low[index], found.high[index], found.mean[index])
            curves[name] = dict(zip(("min", "max", "mean"), map(json_list, parts), strict=True))
        return curves

    def rows_since(
        self, cursor: int, names: Sequence[str], most: int = 2000
    ) -> tuple[int, dict[str, Any]]:
        """Return the new cursor, and the columns after update ``cursor``.

        If there are more than ``most`` rows, they are means of blocks of updates. None stands for what is not a number.
        ConfigError as for :meth:`curves`.
        """
        self._check(names, most)
        if not self.iteration:
            return cursor, {"iteration": [], **{name: [] for name in names}}
        found = self._columns.since(names, cursor, most)
        rows: dict[str, Any] = {"iteration": found.iteration.tolist()}
        rows |= {name: json_list(found.mean[index]) for index, name in enumerate(names)}
        return max(cursor, self.iteration), rows

    def _check(self, names: Sequence[str], most: int) -> None:
        if most < 1:
            raise ConfigError(f"most must be at least 1, got {most}", field="most")
        for name in names if self._columns.names else ():
            if name not in self._columns.names:
                raise ConfigError(
                    f'this run has no metric "{name}"',
                    field="names",
                    choices=(name, self._columns.names),
                )

    def live(self, last: int = 500) -> dict[str, Any]:
        """Return the newest ``last`` samples.

        ``names`` of the values, ``x_name``, ``tolerance`` or None, ``dates`` (whether x is in days since 1970), lists
        ``iteration``, ``x``, ``time`` if it is not x, and ``target`` and ``prediction`` with a list for each value.
        """
        return self._live.newest(last)

    def live_since(self, cursor: int, most: int = 2000) -> tuple[int, dict[str, Any]]:
        """Return the new cursor, and the samples after update ``cursor`` in the form of :meth:`live`.

        If there are more than ``most``, the one with the largest error of each block of updates.
        """
        self._check((), most)
        return max(cursor, self._live.iteration), self._live.since(cursor, most)

    def tests(self) -> dict[str, dict[str, list[Any]]]:
        """Return ``iteration`` and ``value`` of each metric of the test nets: ``test NAME``."""
        return {
            name: {"iteration": list(iterations), "value": list(values)}
            for name, (iterations, values) in self._tests.items()
        }
