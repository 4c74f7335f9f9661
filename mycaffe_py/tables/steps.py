"""The typical step between numbers."""

from __future__ import annotations

import numpy as np


def typical_step(times: np.ndarray) -> float:
    """Return the median of the steps above 0; 1 if there is none."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    return float(np.median(steps)) if steps.size else 1.0


def rounded_step(times: np.ndarray) -> float:
    """Return the typical step without the rounding errors of the subtraction: 2000.1 - 2000 is 0.1."""
    step = typical_step(times)
    digits = np.log10(step / np.spacing(max(step, float(np.abs(times).max()))))
    return float(f"{step:.{max(1, int(digits))}g}")
