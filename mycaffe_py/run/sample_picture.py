"""The picture of what a trainer showed: target, prediction and error of its samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from mycaffe_py.drawing import style
from mycaffe_py.wording import counted

from .follow import RunFollower

POINTS = 360
"""Points in one picture."""

_MOST_SAMPLES = 1_000_000


def read_samples(folder: Path) -> dict[str, Any] | None:
    """Return all samples of a run that are kept, as :meth:`RunFollower.live` does, or None if it has none."""
    follower = RunFollower(folder)
    follower.poll()
    samples = follower.live(_MOST_SAMPLES)
    return samples if samples["names"] and samples["x"] else None


def draw_samples(figure: Any, samples: dict[str, Any], end: int | None = None) -> None:
    """Draw the latest points up to sample ``end`` (None: the last one) of the first value, over x.

    Samples that were drawn at random, see :func:`scattered`, are points without lines.
    """
    end = len(samples["x"]) if end is None else end
    style.start(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1]})
    part = slice(max(0, end - POINTS), end)
    dates = bool(samples.get("dates"))
    x = _numbers(samples["x"][part])
    loose = scattered(x)
    if dates:
        start = style.dates_from()
        x = [value + start for value in x]
    seen = [value for value in x if math.isfinite(value)]
    target, prediction = (_numbers(samples[name][0][part]) for name in ("target", "prediction"))
    error = [p - t for p, t in zip(prediction, target, strict=True)]
    name, update = samples["names"][0], samples["iteration"][end - 1]
    style.titled(upper, f"{name} after {counted(update, 'update')}")
    if not loose:
        x, target, prediction, error = _broken(x, target, prediction, error)
    wide, thin, thinnest = ((_dots(size) if loose else {"linewidth": size}) for size in (4, 1.6, 1))
    upper.plot(x, target, color=style.TARGET, alpha=0.55, label="target", **wide)
    upper.plot(x, prediction, color=style.PREDICTION, label="prediction", **thin)
    everything = [v for v in _numbers(samples["target"][0]) if math.isfinite(v)]
    if everything:
        low, high = min(everything), max(everything)
        room = 0.15 * (high - low) or 1.0
        upper.set_ylim(low - room, high + room)
    lower.plot(x, error, color=style.PREDICTION, **thinnest)
    tolerance = samples["tolerance"]
    if tolerance:
        lower.axhspan(-tolerance, tolerance, color=style.TOLERANCE, alpha=0.12, linewidth=0)
    reach = _reach(samples)
    lower.set_ylim(-reach, reach)
    lower.set_ylabel("error")
    lower.set_xlabel(samples["x_name"], parse_math=False)
    if seen and min(seen) < max(seen):
        lower.set_xlim(min(seen), max(seen))
    if dates:
        style.short_dates(lower)
    for axes in (upper, lower):
        style.plain(axes)
    upper.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize="small")


def scattered(x: Sequence[float | None]) -> bool:
    """Whether samples lie at random along x: more than a fourth of their steps go back, so lines would be a tangle."""
    seen = [value for value in _numbers(x) if math.isfinite(value)]
    back = sum(later < before for before, later in pairwise(seen))
    return back > 2 and 4 * back > len(seen)


def _dots(size: float) -> dict[str, Any]:
    return {"linestyle": "", "marker": "o", "markersize": 2 + size, "markeredgewidth": 0}


def _broken(x: Sequence[float], *columns: Sequence[float]) -> list[list[float]]:
    """Return x and columns with a NaN where x goes back, as at the start of an episode: lines break there."""
    rows: list[tuple[float, ...]] = []
    for row in zip(x, *columns, strict=True):
        if rows and row[0] < rows[-1][0]:
            rows.append((math.nan,) * len(row))
        rows.append(row)
    return [list(column) for column in zip(*rows, strict=True)]


def _reach(samples: dict[str, Any]) -> float:
    """Return half the height of the error's axis, the same for every picture: most errors after the start fit."""
    pairs = zip(_numbers(samples["target"][0]), _numbers(samples["prediction"][0]), strict=True)
    errors = [abs(p - t) for t, p in pairs]
    seen = sorted(e for e in errors[len(errors) // 4 :] if math.isfinite(e))
    most = seen[len(seen) * 9 // 10] if seen else 0.0
    return max(2.4 * (samples["tolerance"] or 0.0), 1.2 * most) or 1.0


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]
