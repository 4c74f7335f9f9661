"""Pictures of what a run's trainer showed: the latest points, and an animation of the curve being learned."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mycaffe_py.drawing import style
from mycaffe_py.errors import ConfigError, MissingFileError, require
from mycaffe_py.run import RunFollower

POINTS = 360
"""Points in one picture."""

FRAMES_PER_SECOND = 12.5
_MOST_SAMPLES = 1_000_000
_SIZE, _DPI = (7.2, 3.6), 100


def draw(folder: Path) -> bytes:
    """Return a PNG of a run's latest points; raises ConfigError if it has no samples."""
    samples = _samples(folder)
    figure = _figure()
    _draw(figure, samples, len(samples["x"]))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    return buffer.getvalue()


def animate(folder: Path, seconds: float) -> bytes:
    """Return a GIF that moves along the run's samples, ``seconds`` long; raises ConfigError if it has none."""
    image = require("PIL.Image", "image")
    samples = _samples(folder)
    frames = [
        image.frombytes("RGB", size, pixels).quantize(64, dither=image.Dither.NONE)
        for size, pixels in _frames(samples, _ends(len(samples["x"]), seconds))
    ]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, format="GIF", save_all=True, append_images=frames[1:], loop=0, optimize=False,
        duration=[1000 / FRAMES_PER_SECOND] * (len(frames) - 1) + [2000],
    )  # fmt: skip
    return buffer.getvalue()


def _samples(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise MissingFileError(f"no such run folder: {folder}")
    follower = RunFollower(folder)
    follower.poll()
    samples = follower.live(_MOST_SAMPLES)
    if not samples["names"] or not samples["x"]:
        raise ConfigError(
            f"{folder} has no samples to draw",
            hint="only trainers with a gym give samples; loss.png has the loss",
        )
    return samples


def _ends(count: int, seconds: float) -> list[int]:
    """Return how many samples each frame has seen: evenly many more each time, the last frame all."""
    frames = max(2, round(seconds * FRAMES_PER_SECOND))
    return [max(1, math.ceil(count * (index + 1) / frames)) for index in range(frames)]


def _frames(
    samples: dict[str, Any], ends: Sequence[int]
) -> Iterator[tuple[tuple[int, int], bytes]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for end in ends:
        figure = _figure()
        canvas = FigureCanvasAgg(figure)
        _draw(figure, samples, end)
        canvas.draw()
        width, height = canvas.get_width_height()
        pixels = bytes(canvas.buffer_rgba())
        rgb = bytearray(width * height * 3)
        for channel in range(3):
            rgb[channel::3] = pixels[channel::4]
        yield (width, height), bytes(rgb)


def _figure() -> Any:
    return require("matplotlib.figure", "plot").Figure(figsize=_SIZE, dpi=_DPI)


def _draw(figure: Any, samples: dict[str, Any], end: int) -> None:
    """Draw the points up to sample ``end`` of the first value."""
    style.start(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1]})
    part = slice(max(0, end - POINTS), end)
    x = samples["x"][part]
    target, prediction = (_numbers(samples[name][0][part]) for name in ("target", "prediction"))
    error = [p - t for p, t in zip(prediction, target, strict=True)]
    name, update = samples["names"][0], samples["iteration"][end - 1]
    style.titled(upper, f"{name} after {update:,} updates")
    upper.plot(x, target, color=style.TARGET, linewidth=4, alpha=0.55, label="target")
    upper.plot(x, prediction, color=style.PREDICTION, linewidth=1.6, label="prediction")
    everything = [v for v in _numbers(samples["target"][0]) if math.isfinite(v)]
    if everything:
        low, high = min(everything), max(everything)
        room = 0.15 * (high - low) or 1.0
        upper.set_ylim(low - room, high + room)
    lower.plot(x, error, color=style.PREDICTION, linewidth=1)
    tolerance = samples["tolerance"]
    if tolerance:
        lower.axhspan(-tolerance, tolerance, color=style.TOLERANCE, alpha=0.12, linewidth=0)
    reach = _reach(samples)
    lower.set_ylim(-reach, reach)
    lower.set_ylabel("error")
    lower.set_xlabel(samples["x_name"], parse_math=False)
    if len(x) > 1 and x[0] < x[-1]:
        lower.set_xlim(x[0], x[-1])
    for axes in (upper, lower):
        style.plain(axes)
    upper.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize="small")


def _reach(samples: dict[str, Any]) -> float:
    """Return half the height of the error's axis, the same for every picture: most errors after the start fit."""
    pairs = zip(_numbers(samples["target"][0]), _numbers(samples["prediction"][0]), strict=True)
    errors = [abs(p - t) for t, p in pairs]
    seen = sorted(e for e in errors[len(errors) // 4 :] if math.isfinite(e))
    most = seen[len(seen) * 9 // 10] if seen else 0.0
    return max(2.4 * (samples["tolerance"] or 0.0), 1.2 * most) or 1.0


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]
