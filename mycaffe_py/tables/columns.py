"""Columns of one type: arrays and lists of values made float64, int64, bool, datetime64[ns] or text."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

import numpy as np

from .numbers import MAX_MAGNITUDE, BadCell

_FIRST_DAY, _LAST_DAY = np.datetime64("1677-09-22", "D"), np.datetime64("2262-04-11", "D")
_MISSING = {"NAType", "NaTType", "MaskedConstant"}


@dataclass(frozen=True)
class Unreadable:
    """A column that cannot be used, and why; an error only once somebody asks for it."""

    reason: str
    hint: str | None = None
    length: int = 0

    def __len__(self) -> int:
        return self.length


Typed = tuple["np.ndarray | Unreadable", "str | None"]
"""A column and its time zone, whose moments are in UTC."""


def typed_column(values: Any) -> Typed:
    """Return a copy of a one-dimensional array as a read-only column of one of the types, and its zone."""
    if isinstance(values, np.ma.MaskedArray):
        return object_column(values.tolist())
    values = np.asarray(values)
    kind = values.dtype.kind
    if kind in "OT":
        return object_column(values.tolist())
    if kind == "S":
        return object_column(list(map(_decoded, values.tolist())))
    if kind == "M":
        return _nanoseconds(values), None
    if kind == "u" and values.size and values.max() > np.iinfo(np.int64).max:
        kind = "f"
    kinds = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64, "U": object}
    if kind not in kinds:
        return unreadable(values.dtype.name, len(values)), None
    return _locked(np.array(values, kinds[kind])), None


def object_column(cells: Sequence[Any]) -> Typed:
    """Return a list of Python values as a column: of one type, or, where they are mixed, as text."""
    missing = [_is_missing(cell) for cell in cells]
    present = [cell for cell, gap in zip(cells, missing, strict=True) if not gap]
    for fits, convert in _KINDS:
        if all(map(fits, present)):
            return convert(cells, missing)
    strange = next((cell for cell in present if not isinstance(cell, _PLAIN)), None)
    if strange is not None:
        return unreadable(type(strange).__name__, len(cells)), None
    return _text(_filled(cells, missing, "", str), missing)


def cell_texts(cells: list[str] | np.ndarray, zone: str | None) -> list[str]:
    """Return the cells of a column as text, "" for gaps."""
    if isinstance(cells, list):
        return cells
    kind = cells.dtype.kind
    if kind == "M":
        return _moments(cells, zone)
    if kind == "f":
        return [_digits(value) for value in cells.tolist()]
    if kind == "b":
        return [str(int(value)) for value in cells.tolist()]
    return list(map(str, cells.tolist()))


def typed_numbers(cells: np.ndarray) -> np.ndarray:
    """Return a column of numbers as float64; BadCell for the first one that is too large, and for dates."""
    if cells.dtype.kind == "M":
        at = int(np.argmax(~np.isnat(cells))) if len(cells) else 0
        raise BadCell(at, "is a date, not a number")
    values = cells.astype(np.float64)
    huge = np.flatnonzero(np.abs(values) > MAX_MAGNITUDE)
    if huge.size:
        at = int(huge[0])
        if np.isinf(values[at]):
            raise BadCell(at, "is not a finite number; use NaN where a value is missing")
        raise BadCell(at, f"is too large: values go up to {MAX_MAGNITUDE:g}")
    return values


def _locked(column: np.ndarray) -> np.ndarray:
    column.flags.writeable = False
    return column


def _nanoseconds(values: np.ndarray) -> np.ndarray | Unreadable:
    """Return moments as datetime64[ns], which NumPy would let overflow."""
    known = values[~np.isnat(values)]
    if known.size and np.datetime_data(values.dtype)[0] != "ns":
        outside = (known < _FIRST_DAY) | (known >= _LAST_DAY)
        if outside.any():
            first = known[int(np.argmax(outside))]
            reason = (
                f"{first} is outside of {_FIRST_DAY} to {_LAST_DAY}, the days of datetime64[ns]"
            )
            return Unreadable(reason, "give such times as numbers", len(values))
    return _locked(values.astype("datetime64[ns]"))


def unreadable(kind: str, length: int) -> Unreadable:
    """Return a column whose cells are of a type that cannot be used."""
    hint = "a column has numbers, moments, text or booleans"
    if "timedelta" in kind:
        hint = "give time spans as numbers, such as seconds"
    return Unreadable(f"its cells are of the type {kind}, which cannot be used", hint, length)


def _is_missing(cell: Any) -> bool:
    if cell is None or type(cell).__name__ in _MISSING:
        return True
    if isinstance(cell, float | np.floating):
        return math.isnan(cell)
    if isinstance(cell, Decimal):
        return cell.is_nan()
    return isinstance(cell, np.datetime64) and bool(np.isnat(cell))


def _filled(
    cells: Sequence[Any], missing: Sequence[bool], gap: Any, convert: Callable[[Any], Any]
) -> list[Any]:
    """Return ``gap`` for each missing cell, the others converted."""
    return [gap if absent else convert(cell) for cell, absent in zip(cells, missing, strict=True)]


def _text(cells: Sequence[Any], missing: Sequence[bool]) -> Typed:
    column = np.empty(len(cells), object)
    column[:] = _filled(cells, missing, "", str)
    return _locked(column), None


def _bytes_text(cells: Sequence[Any], missing: Sequence[bool]) -> Typed:
    return _text(_filled(cells, missing, "", _decoded), missing)


def _decoded(cell: bytes) -> str:
    return cell.decode("utf-8", "replace")


def _booleans(cells: Sequence[Any], missing: Sequence[bool]) -> Typed:
    return (_floats if any(missing) else _typed_as(np.bool_))(cells, missing)


def _integers(cells: Sequence[Any], missing: Sequence[bool]) -> Typed:
    fitting = not any(missing) and all(-(2**63) <= cell < 2**63 for cell in cells)
    return (_typed_as(np.int64) if fitting else _floats)(cells, missing)


def _typed_as(dtype: type) -> Callable[[Sequence[Any], Sequence[bool]], Typed]:
    return lambda cells, missing: (_locked(np.array(cells, dtype)), None)


def _floats(cells: Sequence[Any], missing: Sequence[bool]) -> Typed:
    return _locked(np.array(_filled(cells, missing, math.nan, _float), np.float64)), None


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except OverflowError:
        return math.inf if cell > 0 else -math.inf


def _dates(cells: Sequence[Any], missing: Sequence[bool]) -> Typed:
    return _nanoseconds(np.array(_filled(cells, missing, None, _same), "datetime64[D]")), None


def _moments_of(cells: Sequence[Any], missing: Sequence[bool]) -> Typed:
    present = [cell for cell, gap in zip(cells, missing, strict=True) if not gap]
    zones = {str(zone) for cell in present if (zone := getattr(cell, "tzinfo", None)) is not None}
    aware = [getattr(cell, "tzinfo", None) is not None for cell in present]
    if any(aware) and not all(aware):
        reason = "some of its moments have a time zone and others have none"
        return Unreadable(reason, "give all of them a zone, or none", len(cells)), None
    moments = _filled(cells, missing, None, _moment)
    fine = any(moment is not None and np.datetime_data(moment)[0] == "ns" for moment in moments)
    values = np.array(moments, "datetime64[ns]" if fine else "datetime64[us]")
    zone = None if not zones else zones.pop() if len(zones) == 1 else "UTC"
    return _nanoseconds(values), zone


def _moment(cell: Any) -> np.datetime64:
    if hasattr(cell, "to_datetime64"):  # a Timestamp of pandas, with nanoseconds and in UTC
        return cell.to_datetime64()
    if isinstance(cell, np.datetime64):
        return cell
    if cell.tzinfo:
        cell = cell.astimezone(timezone.utc).replace(tzinfo=None)
    return np.datetime64(cell, "us")


def _same(cell: Any) -> Any:
    return cell


def _is_boolean(cell: Any) -> bool:
    return isinstance(cell, bool | np.bool_)


def _is_integer(cell: Any) -> bool:
    return isinstance(cell, numbers.Integral) and not _is_boolean(cell)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, numbers.Real | Decimal) and not _is_boolean(cell)


def _is(*types: type) -> Callable[[Any], bool]:
    return lambda cell: isinstance(cell, types)


def _is_date(cell: Any) -> bool:
    return isinstance(cell, date) and not isinstance(cell, datetime)


def _nothing(cell: Any) -> bool:
    return False


_PLAIN = (str, bool, np.bool_, numbers.Real, Decimal, date, time)
_KINDS: tuple[tuple[Callable[[Any], bool], Callable[..., Typed]], ...] = (
    (_nothing, _floats),  # a column without any value
    (_is_boolean, _booleans),
    (_is_integer, _integers),
    (_is_number, _floats),
    (_is(str), _text),
    (_is(datetime, np.datetime64), _moments_of),
    (_is_date, _dates),
    (_is(bytes), _bytes_text),
)


def _digits(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def _moments(cells: np.ndarray, zone: str | None) -> list[str]:
    known = cells[~np.isnat(cells)].astype(np.int64)
    unit = "ns"
    for nanoseconds, name in ((10**9, "s"), (86400 * 10**9, "D")):
        if not (known % nanoseconds).any() and not (zone and name == "D"):
            unit = name
    texts: list[str] = np.datetime_as_string(cells.astype(f"datetime64[{unit}]")).tolist()
    return ["" if text == "NaT" else f"{text}+00:00" if zone else text for text in texts]
