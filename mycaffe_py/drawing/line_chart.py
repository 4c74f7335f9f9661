"""A small chart of a few curves as SVG, without matplotlib: for notebooks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from mycaffe_py.showing import number_text

from .style import COLOURS
from .svg import escaped

WIDTH, HEIGHT = 480, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 26, 24
MOST_POINTS = 400

Points = tuple[Sequence[float], Sequence[float]]


def line_chart(curves: Mapping[str, Points], title: str = "") -> str:
    """Return curves over a common x as SVG, at most 400 points of each; values that are not finite are gaps.

    The y axis is logarithmic if all values are above 0 and the largest is at least 100 times the smallest.
    """
    thin = {name: _thinned(points) for name, points in curves.items()}
    finite = [(x, y) for points in thin.values() for x, y in points if math.isfinite(y)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
        f"<title>{escaped(title or 'chart')}</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    if finite:
        parts += _drawn(thin, finite)
    else:
        parts.append(
            f'<text x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle">no values yet</text>'
        )
    return "\n".join([*parts, "</svg>"])


def _thinned(points: Points) -> list[tuple[float, float]]:
    every = max(1, math.ceil(len(points[0]) / MOST_POINTS))
    kept = list(zip(points[0], points[1], strict=True))
    thin = kept[::every]
    return thin if not kept or thin[-1] == kept[-1] else [*thin, kept[-1]]


def _drawn(
    curves: Mapping[str, list[tuple[float, float]]], finite: Sequence[tuple[float, float]]
) -> list[str]:
    first, last = min(x for x, _ in finite), max(x for x, _ in finite)
    low, high = min(y for _, y in finite), max(y for _, y in finite)
    is_log = low > 0 and high >= 100 * low
    scale = math.log10 if is_log else float
    bottom, top = scale(low), scale(high)
    right, base = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - first) / (last - first) if last > first else 0.5
        up = (scale(y) - bottom) / (top - bottom) if top > bottom else 0.5
        return _LEFT + across * (right - _LEFT), base - up * (base - _TOP)

    parts = [f'<path d="M {_LEFT},{_TOP} V {base} H {right}" fill="none" stroke="#888"/>']
    parts += [
        f'<text x="{_LEFT - 6}" y="{place(first, value)[1] + 4:.1f}" text-anchor="end">'
        f"{escaped(number_text(value))}</text>"
        for value in dict.fromkeys((low, high))
    ]
    parts += [
        f'<text x="{place(x, low)[0]:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{x:.0f}</text>'
        for x, anchor in dict(((first, "start"), (last, "end"))).items()
    ]
    at = _LEFT
    for index, (name, points) in enumerate(curves.items()):
        colour = COLOURS[index % len(COLOURS)]
        parts += _curve(points, place, colour)
        parts.append(f'<text x="{at}" y="16" fill="{colour}">{escaped(name)}</text>')
        at += 7 * len(name) + 14
    return parts


def _curve(
    points: Sequence[tuple[float, float]],
    place: Callable[[float, float], tuple[float, float]],
    colour: str,
) -> list[str]:
    """Return a curve as polylines between its gaps, or as a dot where a single point is left."""
    runs: list[list[str]] = [[]]
    for x, y in points:
        if math.isfinite(y):
            across, up = place(x, y)
            runs[-1].append(f"{across:.1f},{up:.1f}")
        elif runs[-1]:
            runs.append([])
    parts = []
    for run in filter(None, runs):
        if len(run) == 1:
            across_text, up_text = run[0].split(",")
            parts.append(f'<circle cx="{across_text}" cy="{up_text}" r="2" fill="{colour}"/>')
        else:
            parts.append(
                f'<polyline points="{" ".join(run)}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
            )
    return parts
