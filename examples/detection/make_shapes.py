"""Draw images of circles and squares, with the boxes of these objects, into two databases in the current folder.

``shapes_train_lmdb`` and ``shapes_test_lmdb`` hold AnnotatedDatum messages, as SSD reads them: an image of 64 x 64
pixels, and a box with class 1 (circle) or 2 (square) for each of its one to six objects. Shapes are filled or
outlines, of any colour, on a background of noise and lines. Needs ``pip install "mycaffe-py[caffe]"``. Numbers of
images may be given: ``python make_shapes.py 4000 300``.
"""

from __future__ import annotations

import sys

import numpy as np
from mycaffe_plugins.forks.records import AnnotatedWriter, Box

SIZE = 64
CIRCLE, SQUARE = 1, 2
SMALLEST, LARGEST = 12, 30
COUNTS = {"train": 4000, "test": 300}


def background(rng: np.random.Generator) -> np.ndarray:
    """Return a canvas (height, width, 3) of values from 0 to 255: a slope of two colours, noise and some lines."""
    first, second = rng.uniform(0, 255, (2, 3))
    slope = np.linspace(0, 1, SIZE)[:, None, None] * np.ones((1, SIZE, 1))
    if rng.random() < 0.5:
        slope = slope.transpose(1, 0, 2)
    canvas = first * (1 - slope) + second * slope
    for _ in range(rng.integers(4)):
        canvas[rng.integers(SIZE)] = rng.uniform(0, 255, 3)
        canvas[:, rng.integers(SIZE)] = rng.uniform(0, 255, 3)
    return canvas + rng.normal(0, 12, canvas.shape)


def places(rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Return left and upper edge and side of one to six squares that do not overlap."""
    found: list[tuple[int, int, int]] = []
    for _ in range(20):
        if len(found) == rng.integers(1, 5):
            break
        side = int(rng.integers(SMALLEST, LARGEST + 1))
        x, y = (int(rng.integers(SIZE - side + 1)) for _ in range(2))
        if all(
            abs(2 * (x - a) + side - s) >= side + s or abs(2 * (y - b) + side - s) >= side + s
            for a, b, s in found
        ):
            found.append((x, y, side))
    return found


def draw(
    canvas: np.ndarray, kind: int, x: int, y: int, side: int, rng: np.random.Generator
) -> None:
    """Draw a shape that fills a square of the canvas, in a colour that is seen there."""
    rows, columns = np.mgrid[:side, :side] + 0.5 - side / 2
    far = np.hypot(rows, columns) if kind == CIRCLE else np.maximum(abs(rows), abs(columns))
    inside = far <= side / 2
    if rng.random() < 0.4:
        inside &= far > side / 2 - rng.integers(2, 4)
    part = canvas[y : y + side, x : x + side]
    behind = part.mean(axis=(0, 1))
    colour = rng.uniform(0, 255, 3)
    while np.abs(colour - behind).max() < 80:
        colour = rng.uniform(0, 255, 3)
    part[inside] = colour + rng.normal(0, 8, (int(inside.sum()), 3))


def make_image(rng: np.random.Generator) -> tuple[np.ndarray, list[Box]]:
    """Return an image (3, height, width), uint8, and the boxes of its objects."""
    canvas, boxes = background(rng), []
    for x, y, side in places(rng):
        kind = int(rng.choice([CIRCLE, SQUARE]))
        draw(canvas, kind, x, y, side, rng)
        boxes.append(Box(kind, x / SIZE, y / SIZE, (x + side) / SIZE, (y + side) / SIZE))
    return np.clip(canvas, 0, 255).astype(np.uint8).transpose(2, 0, 1), boxes


def main(counts: dict[str, int]) -> None:
    """Write both databases."""
    for seed, (part, count) in enumerate(counts.items()):
        rng = np.random.default_rng(seed)
        with AnnotatedWriter(f"shapes_{part}_lmdb") as writer:
            for _ in range(count):
                writer.put(*make_image(rng))
        print(f"shapes_{part}_lmdb: {count} images")


if __name__ == "__main__":
    main(dict(zip(COUNTS, map(int, sys.argv[1:]), strict=False)) if sys.argv[1:] else COUNTS)
