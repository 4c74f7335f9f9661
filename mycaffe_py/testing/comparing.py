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
