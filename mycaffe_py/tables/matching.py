"""Finding columns again by their names, as a trained net needs them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mycaffe_py.errors import DataError, closest

from .table import Table


def match_columns(table: Table, wanted: Sequence[str], what: str) -> list[int]:
    """Return the index of each column that ``what`` (as "the net") needs, by name.

    A column without a name is known as "column N". DataError names every column that is missing or there twice, the
    names nearest to those, and the columns that are not needed.
    """
    names = [table.column_name(index) for index in range(table.width)]
    times, needed = Counter(names), dict.fromkeys(wanted)
    missing = [name for name in needed if name not in times]
    doubled = [name for name in needed if times[name] > 1]
    if missing:
        extra = [name for name in names if name not in needed]
        listed = f"; not needed: {_quoted(extra)}" if extra else ""
        near = [(name, closest(name, extra)) for name in missing]
        advice = [f'"{other}" for "{name}"' for name, other in near if other]
        raise DataError(
            f"{table.path}: {what} needs {_counted(missing)}, which the table lacks{listed}",
            hint=f"did you mean {', '.join(advice)}?" if advice else None,
        )
    if doubled:
        message = f"{table.path}: {what} needs {_counted(doubled)}, of which there are several"
        raise DataError(message, hint="give each column a name of its own")
    places = {name: index for index, name in enumerate(names)}
    return [places[name] for name in wanted]


def _counted(names: Sequence[str]) -> str:
    return f"the column{'' if len(names) == 1 else 's'} {_quoted(names)}"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
