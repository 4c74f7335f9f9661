"""Reading what a ``state()`` returned: each value of the kind that is expected, or a SnapshotError that names it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import SnapshotError

_MOST = 2**63 - 1


class Stored:
    """The state of ``whose``, for messages: "gym", "trainer", "layer \\"data\\" (Data)"; ``hint`` goes with each error.

    All methods raise SnapshotError for a value that is missing or of another kind, so that a ``load_state`` can read
    everything before it changes anything.
    """

    def __init__(self, state: Any, whose: str, hint: str | None = None):
        self.whose, self.hint = whose, hint
        if not isinstance(state, Mapping):
            raise SnapshotError(f"{whose} state: it is {described(state)}, not a dict", hint=hint)
        self.values = state

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __getitem__(self, name: str) -> Any:
        """Return a value of any kind."""
        if name not in self.values:
            raise SnapshotError(f"{self.whose} state: {name!r} is missing", hint=self.hint)
        return self.values[name]

    def wrong(self, name: str, expected: str) -> SnapshotError:
        """Return the error for a value that is not as expected."""
        found = described(self.values.get(name))
        return SnapshotError(
            f"{self.whose} state: {name!r} is {found}, not {expected}", hint=self.hint
        )

    def whole(self, name: str, least: int = 0, most: int = _MOST) -> int:
        """Return a whole number between ``least`` and ``most``."""
        value = self[name]
        if not isinstance(value, int | np.integer) or isinstance(value, bool):
            raise self.wrong(name, "a whole number")
        if not least <= value <= most:
            limits = f"of at least {least}" if most == _MOST else f"from {least} to {most}"
            raise self.wrong(name, f"a whole number {limits}")
        return int(value)

    def number(self, name: str, *, finite: bool = True) -> float:
        """Return a number; with ``finite=False`` NaN and infinite ones are allowed."""
        value = self[name]
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        try:
            found = float(value) if number else math.nan
        except (OverflowError, TypeError):  # a huge number; a complex one
            number, found = False, math.nan
        if not number or (finite and not math.isfinite(found)):
            raise self.wrong(name, "a finite number" if finite else "a number")
        return found

    def flag(self, name: str) -> bool:
        """Return True or False."""
        value = self[name]
        if not isinstance(value, bool | np.bool_):
            raise self.wrong(name, "true or false")
        return bool(value)

    def text(self, name: str, allowed: tuple[str, ...] = ()) -> str:
        """Return a text, one of ``allowed`` if any are given."""
        value = self[name]
        if not isinstance(value, str) or allowed and value not in allowed:
            raise self.wrong(name, f"one of {', '.join(allowed)}" if allowed else "a text")
        return value

    def items(self, name: str, count: int | None = None) -> list[Any]:
        """Return a list, of ``count`` items if that is given."""
        value = self[name]
        if not isinstance(value, list | tuple) or count not in (None, len(value)):
            raise self.wrong(name, "a list" if count is None else f"a list of {count}")
        return list(value)

    def inner(self, name: str) -> Stored:
        """Return the state of a part, a dict."""
        value = self[name]
        if not isinstance(value, Mapping):
            raise self.wrong(name, "a dict")
        return Stored(value, f"{self.whose}: {name}", self.hint)

    def array(
        self, name: str, shape: tuple[int | None, ...] | None = None, dtype: Any = np.float64
    ) -> np.ndarray:
        """Return a copy of numbers as an array of ``shape``, in which None stands for any length.

        With None for ``dtype`` their type is kept.
        """
        value = self[name]
        value = value.get() if hasattr(value, "dtype") and hasattr(value, "get") else value
        found: Any
        try:
            found = np.array(value)
            numbers = found.dtype.kind in "biuf" and not isinstance(value, str | bool)
            found = found.astype(dtype or found.dtype) if numbers or not found.size else None
        except (ValueError, TypeError, OverflowError, RecursionError):
            found = None
        if found is None:
            raise self.wrong(name, "an array of numbers")
        fits = shape is None or (
            len(shape) == found.ndim
            and all(wanted in (None, size) for wanted, size in zip(shape, found.shape, strict=True))
        )
        if not fits:
            wanted = ", ".join("n" if size is None else str(size) for size in shape or ())
            raise SnapshotError(
                f"{self.whose} state: {name!r} has shape {found.shape}, not ({wanted})",
                hint=self.hint or "the settings or the data have changed since the snapshot",
            )
        return found

    def rows(self, name: str, count: int) -> list[Any]:
        """Return an array's ``count`` rows, in its own type."""
        found = self.array(name, dtype=None)
        if not found.ndim or len(found) != count:
            raise self.wrong(name, f"an array with {count} rows")
        return list(found)

    def finite_array(self, name: str, shape: tuple[int | None, ...] | None = None) -> np.ndarray:
        """Return :meth:`array`, of finite numbers."""
        found = self.array(name, shape)
        if not np.isfinite(found).all():
            raise self.wrong(name, "an array of finite numbers")
        return found


def described(value: Any) -> str:
    """Return what a value is, in some characters; never raises, whatever it holds."""
    if value is None or isinstance(value, bool | float | str):
        return f"{value!r:.40}"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "a huge number"
    if isinstance(value, np.ndarray):
        return f"an array {value.shape} of {value.dtype}"
    article = "an" if type(value).__name__[0] in "aeiou" else "a"
    return f"{article} {type(value).__name__}"
