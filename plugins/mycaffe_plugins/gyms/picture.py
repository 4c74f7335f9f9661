"""The Curve gym's picture: the curve with its predictions, and the error below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mycaffe_py.drawing import style


def growing(position: np.ndarray, step: float) -> np.ndarray:
    """Return growing positions: where they restart, everything before is moved to the left."""
    position = position.copy()
    for restart in np.flatnonzero(np.diff(position) < 0) + 1:
        position[:restart] += position[restart] - step - position[restart - 1]
    return position


def draw_curve(
    figure: Any,
    points: Mapping[str, np.ndarray],
    title: str,
    labels: tuple[str, str],
    tolerance: float,
) -> None:
    """Draw ``CurveGym.curve_points`` and their ``error`` (NaN: unknown), replacing the contents of ``figure``."""
    style.start(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1]})
    summary = _summary(points["error"], points["ahead"] == 1, tolerance)
    style.titled(upper, f"{title}: {summary}")
    _draw_values(upper, points)
    _draw_error(lower, points, tolerance)
    upper.set_ylabel(labels[1], parse_math=False)
    lower.set_ylabel("error")
    lower.set_xlabel(labels[0], parse_math=False)
    if len(points["x"]) > 1 and points["x"][0] < points["x"][-1]:
        lower.set_xlim(points["x"][0], points["x"][-1])
    for axes in (upper, lower):
        style.plain(axes)
        style.legend_beside(axes)
    figure.align_ylabels([upper, lower])


def _summary(error: np.ndarray, ahead: np.ndarray, tolerance: float) -> str:
    seen, future = (np.abs(error[part & np.isfinite(error)]) for part in (~ahead, ahead))
    parts = []
    if seen.size:
        within = np.mean(seen < tolerance)
        parts = [
            f"mean absolute error {seen.mean():.4g}, {within:.0%} of {seen.size} within {tolerance:g}"
        ]
    if future.size:
        parts.append(f"{future.mean():.4g} over {future.size} ahead")
    return "; ".join(parts) or "no predictions yet"


def _split(points: Mapping[str, np.ndarray], name: str) -> list[tuple[np.ndarray, str, str]]:
    """Split a column into what was seen and what lies ahead, each with the colour and name of its line.

    Each is NaN in the other's part, except that the lines meet.
    """
    values, ahead = points[name], points["ahead"] == 1
    if not ahead.any():
        return [(values, style.PREDICTION, "prediction")]
    future = ahead.copy()
    future[:-1] |= ahead[1:]
    seen, coming = np.where(ahead, np.nan, values), np.where(future, values, np.nan)
    return [
        (seen, style.PREDICTION, "prediction"),
        (coming, style.AHEAD, "prediction ahead"),
    ]


def _draw_values(axes: Any, points: Mapping[str, np.ndarray]) -> None:
    axes.plot(
        points["x"], points["target"], color=style.TARGET, linewidth=3, alpha=0.55, label="target"
    )
    for values, colour, label in _split(points, "prediction"):
        axes.plot(
            points["x"],
            values,
            color=colour,
            linewidth=1.2,
            marker="." if np.isfinite(values).sum() < 3 else None,
            label=label,
        )
    unobserved = (points["mask"] == 0) & (points["ahead"] == 0)
    if unobserved.any():
        axes.plot(
            points["x"][unobserved],
            points["target"][unobserved],
            linestyle="none",
            marker="o",
            markersize=4,
            markerfacecolor="white",
            markeredgecolor=style.UNOBSERVED,
            markeredgewidth=0.8,
            label="not observed",
        )


def _draw_error(axes: Any, points: Mapping[str, np.ndarray], tolerance: float) -> None:
    axes.axhspan(
        -tolerance,
        tolerance,
        color=style.TOLERANCE,
        alpha=0.2,
        linewidth=0,
        label=f"within {tolerance:g}",
    )
    axes.axhline(0, color="black", linewidth=0.6)
    for values, colour, label in _split(points, "error"):
        axes.plot(points["x"], values, color=colour, linewidth=1, label=f"{label} - target")
    error = points["error"]
    known = np.abs(error[np.isfinite(error)])
    # The few largest errors, often of the first predictions, may be cut off: to scale, they would
    # flatten all others.
    reach = 1.2 * max(2 * tolerance, np.percentile(known, 98) if known.size else 0)
    axes.set_ylim(-reach, reach)
