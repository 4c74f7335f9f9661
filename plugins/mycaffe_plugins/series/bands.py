"""How far a net's correction is trusted, and intervals around forecasts, both from data that were not learned from."""

from __future__ import annotations

import numpy as np

STEPS = np.linspace(0.0, 1.0, 11)
"""The gains that are tried."""
_DOUBTED = 4.0
"""A gain that so many independent samples speak for counts half."""


def gains(
    change: np.ndarray, rest: np.ndarray, ahead: np.ndarray, horizon: int
) -> tuple[np.ndarray, float]:
    """Return the gain of each distance and value, (H, O), and the share of the baseline's error that is left.

    ``change`` (k, O) is what the net adds, ``rest`` (k, O) what the baseline misses, NaN where unknown. For each
    distance the gain that takes most off the mean absolute error over the neighbouring distances counts; 0 if that is
    not more than its standard error. As samples that overlap in time tell the same story, they count
    as that many fewer, and few samples are trusted less.
    """
    outputs = change.shape[1]
    found = np.zeros((horizon, outputs))
    for column in range(outputs):
        known = np.isfinite(rest[:, column])
        at, x, y = ahead[known], change[known, column], rest[known, column]
        if not len(at):
            continue
        errors = np.abs(y[:, None] - x[:, None] * STEPS)
        distances = np.unique(at)
        best = np.zeros(len(distances))
        for index, distance in enumerate(distances):
            near = np.abs(at - distance) <= max(1, distance // 2)
            saved = errors[near, :1] - errors[near]
            mean = saved.mean(axis=0)
            independent = max(2.0, near.sum() / len(np.unique(at[near])) / distance)
            doubt = saved.std(axis=0) / np.sqrt(independent)
            chosen = int(np.argmax(mean))
            trusted = independent / (independent + _DOUBTED)
            best[index] = trusted * STEPS[chosen] if mean[chosen] > doubt[chosen] else 0.0
        found[:, column] = np.interp(np.arange(1, horizon + 1), distances, best)
    left = np.abs(rest - found[np.minimum(ahead, horizon) - 1] * change)
    before = np.nansum(np.abs(rest))
    return found, float(np.nansum(left) / before) if before > 0 else 1.0


def bands(missed: np.ndarray, ahead: np.ndarray, horizon: int, coverage: float) -> np.ndarray:
    """Return what to add to forecasts for the ends of intervals that hold ``coverage`` of the values, (H, O, 2).

    ``missed`` (k, O) is truth minus forecast in net units, NaN where unknown. Split conformal prediction (Papadopoulos
    and others 2002; Lei and others 2018): quantiles of what was missed, the tails widened for the number of samples,
    neighbouring distances together; then widths that do not fall with the distance.
    """
    outputs = missed.shape[1]
    found = np.zeros((horizon, outputs, 2))
    for column in range(outputs):
        known = np.isfinite(missed[:, column])
        at, values = ahead[known], missed[known, column]
        if not len(at):
            continue
        for distance in range(1, horizon + 1):
            reach = max(1, distance // 4)
            near = values[np.abs(at - distance) <= reach]
            while len(near) < min(20, len(values)):
                reach *= 2
                near = values[np.abs(at - distance) <= reach]
            found[distance - 1, column] = _ends(near, coverage)
        found[:, column, 0] = np.minimum.accumulate(found[:, column, 0])
        found[:, column, 1] = np.maximum.accumulate(found[:, column, 1])
    return found


def _ends(values: np.ndarray, coverage: float) -> tuple[float, float]:
    count = len(values)
    tail = (1 - coverage) / 2
    share = max(0.0, (tail * (count + 1) - 1) / max(count - 1, 1))
    low, high = np.quantile(values, [share, 1 - share])
    return min(float(low), 0.0), max(float(high), 0.0)
