"""The anchors of Faster R-CNN: boxes of several shapes and sizes around each cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def base_anchors(base_size: int, ratios: Sequence[float], scales: Sequence[float]) -> np.ndarray:
    """Return the anchors (A, 4) of the first cell, (x1, y1, x2, y2) with both corners inside, as float64.

    A square of ``base_size`` pixels from (0, 0) on gets each ratio height / width, sides rounded, at the same area and
    centre; each of these gets each scale.
    """
    anchors = []
    centre = (base_size - 1) / 2
    for ratio in ratios:
        width = np.floor(np.sqrt(base_size * base_size / ratio) + 0.5)
        height = np.floor(width * ratio + 0.5)
        for scale in scales:
            reach = (width * scale - 1) / 2, (height * scale - 1) / 2
            anchors.append(
                [centre - reach[0], centre - reach[1], centre + reach[0], centre + reach[1]]
            )
    return np.array(anchors, dtype=np.float64).reshape(-1, 4)


def all_anchors(base: np.ndarray, height: int, width: int, stride: int) -> np.ndarray:
    """Return the anchors (height * width * A, 4) of all cells, row by row, those of a cell together."""
    x, y = np.meshgrid(np.arange(width) * stride, np.arange(height) * stride)
    shifts = np.stack((x, y, x, y), axis=-1).reshape(-1, 1, 4)
    return np.asarray((shifts + base).reshape(-1, 4), dtype=base.dtype)
