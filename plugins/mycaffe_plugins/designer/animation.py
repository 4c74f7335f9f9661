"""Pictures of what a run's trainer showed: the latest points, and an animation of the curve being learned."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mycaffe_py.errors import ConfigError, MissingFileError, require
from mycaffe_py.run import draw_samples, read_samples
from mycaffe_py.weights import runs_hint

FRAMES_PER_SECOND = 12.5
_SIZE, _DPI = (7.2, 3.6), 100


def draw(folder: Path) -> bytes:
    """Return a PNG of a run's latest points; raises ConfigError if it has no samples."""
    samples = _samples(folder)
    figure = _figure()
    draw_samples(figure, samples, len(samples["x"]))
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
    if not os.path.isdir(folder):
        raise MissingFileError(f"no such run folder: {folder}", hint=runs_hint(folder))
    samples = read_samples(folder)
    if samples is None and not os.path.exists(folder / "run.json"):
        hint = runs_hint(folder / "001") or "give a folder such as runs/LiquidNetCfc/001"
        raise ConfigError(f"{folder} is not a run folder: it has no run.json", hint=hint)
    if samples is None:
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
        draw_samples(figure, samples, end)
        canvas.draw()
        width, height = canvas.get_width_height()
        pixels = bytes(canvas.buffer_rgba())
        rgb = bytearray(width * height * 3)
        for channel in range(3):
            rgb[channel::3] = pixels[channel::4]
        yield (width, height), bytes(rgb)


def _figure() -> Any:
    return require("matplotlib.figure", "plot").Figure(figsize=_SIZE, dpi=_DPI)
