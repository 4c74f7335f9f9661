"""Small pictures: a PNG with few colours, at most 60 kB."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

MOST = 60_000
COLOURS = 64


def new_figure(width: float = 7.2, height: float = 3.4) -> Figure:
    """Return an empty figure; 7.2 inches are 720 pixels."""
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Any, path: Path) -> None:
    """Write a figure."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    shrink(Image.open(buffer), path)


def shrink(image: Image.Image, path: Path, colours: int = COLOURS) -> None:
    """Write an image with a palette; one that is too large is an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.convert("RGB").quantize(colours, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST:
        raise SystemExit(f"{path} has {size} bytes, more than {MOST}")
