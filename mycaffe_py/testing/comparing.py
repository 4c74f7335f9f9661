"""Whether what two runs left is the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def same_bits(first: Any, second: Any) -> bool:
    """Whether two nests of dicts, lists, numbers and arrays are equal to the last bit."""
    if isinstance(first, Mapping):
        same_keys = isinstance(second, Mapping) and first.keys() == second.keys()
        return same_keys and all(same_bits(value, second[key]) for key, value in first.items())
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same_bits, first, second))
    if isinstance(first, np.ndarray):
        second = np.asarray(second)
        kinds = first.dtype == second.dtype and first.shape == second.shape
        return kinds and first.tobytes() == second.tobytes()
    return first == second or (first != first and second != second)


def difference(found: Any, wanted: Any, where: str = "") -> str:
    """Return where two nests first differ, with both values, or "" if they are equal to the last bit."""
    if same_bits(found, wanted):
        return ""
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        for name in dict.fromkeys([*found, *wanted]):
            place = f"{where}[{name!r}]" if where else str(name)
            if name not in found or name not in wanted:
                return f"{place} is {'missing' if name in wanted else 'new'}"
            if not same_bits(found[name], wanted[name]):
                return difference(found[name], wanted[name], place)
    lists = isinstance(found, list | tuple) and isinstance(wanted, list | tuple)
    if lists and len(found) == len(wanted):
        if len(found) == 2 and isinstance(found[0], str) and found[0] == wanted[0]:
            return difference(found[1], wanted[1], found[0])
        pairs = enumerate(zip(found, wanted, strict=True))
        at, (one, other) = next(each for each in pairs if not same_bits(*each[1]))
        return difference(one, other, f"{where}[{at}]")
    if isinstance(found, np.ndarray) and isinstance(wanted, np.ndarray):
        return _in_arrays(found, wanted, where)
    return f"{where} is {found!r:.80}, not {wanted!r:.80}"


def _in_arrays(found: np.ndarray, wanted: np.ndarray, where: str) -> str:
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        kinds = (f"of shape {each.shape} and type {each.dtype}" for each in (found, wanted))
        return f"{where} is {' not '.join(kinds)}"
    same = (found == wanted) | ((found != found) & (wanted != wanted))
    differing = np.argwhere(~same)
    if not len(differing):
        return f"{where} differs in the sign of a zero or the bits of a NaN"
    at = tuple(int(each) for each in differing[0])
    place = f"{where}[{', '.join(map(str, at))}]" if at else where
    return f"{place} is {found[at]!r}, not {wanted[at]!r}"
