"""The base of Exp and Log."""

from __future__ import annotations

import math

from mycaffe_py.layer import Layer


def log_of_base(layer: Layer, base: float, field: str) -> float:
    """Return the natural logarithm of a ``base`` setting, where -1 means e, or fail."""
    if base == -1:
        return 1.0
    if not 0 < base < math.inf:
        layer.fail(f"base is {base:g}, but must be above 0, or -1 for e", field=field)
    return math.log(base)
