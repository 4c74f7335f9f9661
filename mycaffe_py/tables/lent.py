"""Tables in memory under names that can stand for files, as ``csv_file`` in a gym's settings, while they are lent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from mycaffe_py.errors import MissingFileError

from .frames import table_of
from .marks import Marks
from .table import Table

_NAME = re.compile(r"table:([0-9]+)")
_numbers = count(1)
_lent: dict[str, Table] = {}
_given_back: set[str] = set()


def lend(data: Any) -> str:
    """Keep a table in memory (what :func:`table_of` accepts) under a new name, such as ``table:1``, and return that.

    :func:`read_table` accepts the name in this process until :func:`give_back`. Later changes of ``data`` are not seen.
    """
    table = table_of(data)
    name = f"table:{next(_numbers)}"
    _lent[name] = replace(table, path=Path(name))
    return name


def give_back(name: str) -> None:
    """End the lending of a table; a name that is not lent is no error."""
    if _lent.pop(name, None) is not None:
        _given_back.add(name)


@contextmanager
def lent(data: Any) -> Iterator[str]:
    """Lend a table within a block: ``with lent(frame) as name: ...``."""
    name = lend(data)
    try:
        yield name
    finally:
        give_back(name)


def is_lent_name(name: str | Path) -> bool:
    """Whether a name is one of those that :func:`lend` gives."""
    return _NAME.fullmatch(str(name)) is not None


def lent_path(name: str, field: str = "") -> Path:
    """Return the path that stands for a lent table; MissingFileError if it is not lent now."""
    if name not in _lent:
        setting = f" ({field})" if field else ""
        was = "was given back" if name in _given_back else "is not lent in this process"
        raise MissingFileError(
            f"{name}{setting} is the name of a table in memory, which {was}",
            hint="name a file, or lend the table as long as it is used: with lent(frame) as name",
            field=field,
        )
    return Path(name)


def lent_table(path: Path, marks: Marks) -> Table:
    """Return a lent table, its text read with the given marks; MissingFileError if it is not lent now."""
    return replace(_lent[str(lent_path(str(path)))], marks=marks)
