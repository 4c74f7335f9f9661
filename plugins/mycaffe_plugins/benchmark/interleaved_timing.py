"""Comparison of two sides, in results and in time, with interleaved rounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

WARM_UP = 5
TOLERANCE = 1e-4  # of each array's maximum, float32
COLUMNS = ("ours ms", "torch ms", "ours / torch", "least", "most")


def deviation(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference of two arrays, relative to the maximum of the expected one."""
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-30))


def time_interleaved(
    sides: Sequence[Callable[[], Any]], rounds: int, steps: int = 1, warm_up: int = WARM_UP
) -> np.ndarray:
    """Time the sides in turn; return the median milliseconds of a step in each round, (rounds, sides).

    The side that begins alternates from round to round.
    """
    for _ in range(warm_up):
        for step in sides:
            step()
    times = np.empty((rounds, len(sides)))
    for index in range(rounds):
        order = range(len(sides)) if index % 2 else reversed(range(len(sides)))
        for side in order:
            times[index, side] = _time_of(sides[side], steps)
    return times


def _time_of(step: Callable[[], Any], steps: int) -> float:
    taken = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        taken.append(time.perf_counter() - start)
    return 1e3 * float(np.median(taken))


def figures(times: np.ndarray, over: int = 1) -> list[float]:
    """Return the medians of both sides, and the median, minimum and maximum of the rounds' ratios.

    ``over`` is the index of the side whose time is the divisor.
    """
    ratios = times[:, 1 - over] / times[:, over]
    row = (*np.median(times, axis=0), np.median(ratios), ratios.min(), ratios.max())
    return [float(figure) for figure in row]
