"""Weights whose rows forward scales to length 1, as forks for face recognition do."""

from __future__ import annotations

from typing import Any

import numpy as np

_ROUNDING = 32
"""By how many units of rounding a length may differ from 1 and be left alone."""


def unit_rows(xp: Any, weight: Any) -> None:
    """Divide each row of ``weight`` (N, K) by its length, in place.

    Rows of zeros stay, and so do rows of length 1 but for rounding: a second call changes nothing.
    """
    length = xp.sqrt(xp.sum(weight * weight, axis=1, keepdims=True))
    close = xp.absolute(length - 1) <= _ROUNDING * float(np.finfo(weight.dtype).eps)
    xp.copyto(length, 1, where=close)
    xp.divide(weight, length + (length == 0), out=weight)
