"""Reports: tables by which a trainer says what its training, or a test, has come to."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mycaffe_py.answers import wrong_answer
from mycaffe_py.errors import DataError
from mycaffe_py.spreadsheets import csv_text

from .report_text import GAP, Cell, aligned, blocks, shown, whole

_LOW = "low"


@dataclass(frozen=True)
class ReportTable:
    """A table of a report: its title, the names of its columns, and rows of texts, numbers or None.

    With ``best="low"`` the smallest number of each row, and those shown alike, are marked in the text form; the
    first column names the row and does not count. DataError if rows are not as wide as ``columns``, or a cell is
    something else.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    best: str = ""

    def __post_init__(self) -> None:
        columns = tuple(map(str, self.columns))
        rows = tuple(tuple(map(_plain, row)) for row in self.rows)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "rows", rows)
        if self.best not in ("", _LOW):
            self._fail(f'best is "{self.best}", not "low" or ""')
        if not columns or len(set(columns)) < len(columns):
            self._fail(f"the columns must have different names, not {', '.join(columns) or 'none'}")
        for index, row in enumerate(rows, 1):
            if len(row) != len(columns):
                self._fail(f"row {index} has {len(row)} cells for {len(columns)} columns")
            for name, cell in zip(columns, row, strict=True):
                if not isinstance(cell, str | float | int | None):
                    self._fail(f'row {index}, "{name}": {cell!r:.60} is no text, number or None')

    def _fail(self, what: str) -> None:
        raise DataError(f'report table "{self.title}": {what}')

    def lines(self, width: int = 100) -> list[str]:
        """Return the table as aligned text with its title; columns that do not fit follow below, with the first one."""
        cells = [list(self.columns), *self.texts()]
        columns = [
            aligned(column, self._numeric(index))
            for index, column in enumerate(zip(*cells, strict=True))
        ]
        lines = [self.title] if self.title else []
        for block in blocks(columns, width):
            lines += [GAP.join(row).rstrip() for row in zip(*block, strict=True)]
        return lines

    def texts(self) -> list[list[str]]:
        """Return the rows as texts: numbers with four significant digits, a star behind the best ones."""
        return [self._texts(row) for row in self.rows]

    def _numeric(self, index: int) -> bool:
        return all(not isinstance(row[index], str) for row in self.rows)

    def _texts(self, row: Sequence[Cell]) -> list[str]:
        best = self._best(row)
        return [shown(cell) + ("*" if index in best else "") for index, cell in enumerate(row)]

    def _best(self, row: Sequence[Cell]) -> set[int]:
        """Return the places of the smallest number and of those shown alike; none if all are shown alike."""
        numbers = {
            index: cell
            for index, cell in enumerate(row)
            if index and isinstance(cell, int | float) and not math.isnan(cell)
        }
        texts = {index: shown(cell) for index, cell in numbers.items()}
        if not self.best or len(set(texts.values())) < 2:
            return set()
        least = shown(min(numbers.values()))
        return {index for index, text in texts.items() if text == least}

    def as_json(self) -> dict[str, Any]:
        """Return title, columns, rows and ``best``."""
        rows = [list(row) for row in self.rows]
        return {"title": self.title, "columns": list(self.columns), "rows": rows, "best": self.best}


@dataclass(frozen=True)
class Report:
    """What a trainer reports at the end of a training or of a test: tables, notes, and cautions, shown as warnings."""

    tables: Sequence[ReportTable]
    notes: Sequence[str] = ()
    cautions: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("tables", "notes", "cautions"):
            given = getattr(self, name)
            values = (given,) if isinstance(given, str | ReportTable) else tuple(given)
            object.__setattr__(self, name, values)
            kind = ReportTable if name == "tables" else str
            for each in values:
                if not isinstance(each, kind):
                    raise DataError(f"report: {each!r:.60} among its {name} is no {kind.__name__}")

    def lines(self, width: int = 100) -> list[str]:
        """Return tables and notes as text: numbers with four significant digits at the right of their columns."""
        lines: list[str] = []
        for table in self.tables:
            lines += [*([""] if lines else []), *table.lines(width)]
        lines += [""] if lines and self.notes else []
        for note in self.notes:
            lines += textwrap.wrap(note, max(width, 20), break_long_words=False)
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return tables, notes and cautions; numbers may be NaN or infinite."""
        tables = [table.as_json() for table in self.tables]
        return {"tables": tables, "notes": list(self.notes), "cautions": list(self.cautions)}

    def csv_text(self) -> str:
        """Return the tables as CSV with all digits; empty cells for None.

        Several become one: the first column, ``table``, has their titles, and columns of the same name are one.
        Texts that a spreadsheet would compute begin with an apostrophe.
        """
        return csv_text(self._csv_rows())

    def _csv_rows(self) -> Iterator[list[Any]]:
        columns = list(dict.fromkeys(name for table in self.tables for name in table.columns))
        several = len(self.tables) > 1
        yield ["table", *columns] if several else columns
        for table in self.tables:
            for row in table.rows:
                cells = dict(zip(table.columns, map(whole, row), strict=True))
                title = [table.title] if several else []
                yield [*title, *(cells.get(name, "") for name in columns)]

    def is_finite(self) -> bool:
        """Whether all numbers of the tables are finite."""
        cells = [cell for table in self.tables for row in table.rows for cell in row]
        return all(math.isfinite(cell) for cell in cells if isinstance(cell, int | float))


def report_of(trainer: Any) -> Report | None:
    """Return ``trainer.report()``; DataError unless it is a Report or None."""
    return _checked(trainer, "report", trainer.report())


def test_report_of(trainer: Any, net: Any) -> Report | None:
    """Return ``trainer.test_report(net)``; DataError unless it is a Report or None."""
    return _checked(trainer, "test_report", trainer.test_report(net))


def _checked(trainer: Any, method: str, found: Any) -> Report | None:
    if found is None or isinstance(found, Report):
        return found
    raise wrong_answer(trainer, method, f"returned {found!r:.60}, neither a Report nor None")


def _plain(cell: Any) -> Any:
    """Return a NumPy number as a number of Python."""
    return cell.item() if getattr(cell, "shape", None) == () and hasattr(cell, "item") else cell
