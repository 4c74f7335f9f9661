"""Which periods a series has: those of its settings, or those that its autocorrelation shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

DAY, WEEK, YEAR = 1.0, 7.0, 365.2425
_CALENDAR = (DAY, WEEK, YEAR)
_CLEAR = 0.25
"""The least autocorrelation of a season; noise of n rows stays below 2 / sqrt(n) 95 times in 100."""
_CLEARER, _TIMES = 0.35, 4
"""The same for periods that are not the calendar's, which must also have come so many times."""
_MOST = 2


def seasons_of(times: np.ndarray, values: np.ndarray, dates: bool) -> list[float]:
    """Return up to two periods in units of the times, the clearest first; empty if there is none.

    ``values`` (n, O) without gaps; at irregular times they are first interpolated to regular ones. The trend is removed
    by differences over one row; a season of m rows has a peak of the autocorrelation at m that is well above chance. Of
    dates, the day, the week and the year are tried first, and a period within 3 % of one of them is taken to be it. A
    multiple of a season counts only if it is clearer.
    """
    steps = np.diff(times)
    if len(steps) < 12:
        return []
    if not is_regular(steps):
        times, values = _regular(times, values)
        steps = np.diff(times)
    step = (times[-1] - times[0]) / len(steps)
    correlation = _autocorrelation(values, len(steps) // 2)
    limit = max(_CLEAR, 2.5 / np.sqrt(len(steps)))
    found: list[float] = []
    for period in _CALENDAR if dates else ():
        rows = period / step
        if 1.5 < rows < len(correlation) - 1 and _peak(correlation, round(rows)) > limit:
            found.append(period)
    if not found:
        # Of all the others that might be tried, some are high by chance.
        limit = max(_CLEARER, 3.5 / np.sqrt(len(steps)))
        several = correlation[: len(steps) // _TIMES + 2]
        found = [_snapped(rows * step, dates) for rows in _peaks(several, limit)]
    strength = {period: _peak(correlation, round(period / step)) for period in found}
    clear = [
        period
        for period in found
        if all(
            strength[period] > strength[other] + 0.05 for other in found if _divides(other, period)
        )
    ]
    return sorted(clear, key=lambda period: -strength[period])[:_MOST]


def _divides(part: float, period: float) -> bool:
    """Whether a period is shorter than another and goes into it a whole number of times."""
    ratio = period / part
    return ratio > 1.5 and abs(ratio - round(ratio)) < 0.02 * ratio


def _regular(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return as many regular times as there are irregular ones, and the values interpolated to them."""
    regular = np.linspace(times[0], times[-1], len(times))
    columns = [np.interp(regular, times, column) for column in values.T]
    return regular, np.stack(columns, axis=1)


def is_regular(steps: np.ndarray) -> bool:
    """Whether rows come at nearly regular times: nine of ten steps within 15 % of the median (months differ by 10)."""
    middle = float(np.median(steps))
    return middle > 0 and float(np.mean(np.abs(steps - middle) <= 0.15 * middle)) >= 0.9


def _autocorrelation(values: np.ndarray, most: int) -> np.ndarray:
    """Return the mean autocorrelation of the columns' differences at 0, 1, ..., ``most`` rows.

    Differences are cut off at three deviations by their quartiles, so that single jumps do not decide.
    """
    total = np.zeros(most + 1)
    columns = 0
    for column in values.T:
        changes = np.diff(column)
        changes = changes - np.median(changes)
        low, high = np.quantile(changes, [0.25, 0.75])
        if high <= low:
            continue
        changes = np.clip(changes, -3 * (high - low), 3 * (high - low))
        size = 1 << (2 * len(changes) - 1).bit_length()
        power = np.abs(np.fft.rfft(changes, size)) ** 2
        raw = np.fft.irfft(power, size)[: most + 1]
        # Each lag by its own number of products, as long ones have fewer.
        raw /= np.maximum(len(changes) - np.arange(most + 1), 1)
        total += raw / raw[0]
        columns += 1
    return total / max(columns, 1)


def _peak(correlation: np.ndarray, rows: int) -> float:
    near = correlation[max(2, rows - 1) : rows + 2]
    return float(near.max()) if near.size else 0.0


def _peaks(correlation: np.ndarray, limit: float) -> Sequence[int]:
    """Return the lags, from 3 rows on, of the clearest peaks: the smallest one nearly as high as the highest."""
    inner = correlation[3:-1]
    is_peak = (inner > correlation[2:-2]) & (inner >= correlation[4:]) & (inner > limit)
    lags = np.flatnonzero(is_peak) + 3
    if not lags.size:
        return []
    heights = correlation[lags]
    # By chance, one of the many multiples of a season is somewhat higher than the season itself.
    chance = 2 / np.sqrt(2 * len(correlation))
    return [int(lags[heights >= 0.8 * heights.max() - chance][0])]


def _snapped(period: float, dates: bool) -> float:
    for known in _CALENDAR if dates else ():
        if abs(period - known) <= 0.03 * known:
            return known
    return period
