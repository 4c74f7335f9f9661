"""Boxes: overlaps, deltas from anchors and back, non-maximum suppression; for every detector.

A box is (x1, y1, x2, y2) along an array's last axis. ``pixel`` is 1 for Caffe's pixel rule, by which both edges of
a box belong to it, so that its width is x2 - x1 + 1 (Faster R-CNN, R-FCN), and 0 for continuous coordinates (SSD).
"""

from __future__ import annotations

from typing import Any

import numpy as np

_PAIRS = 1 << 14
"""Overlaps that :func:`suppress` computes at once, about."""


def areas(xp: Any, boxes: Any, pixel: int = 0) -> Any:
    """Return the areas of ``boxes`` (..., 4), shape (...); 0 where an edge has no length or a negative one."""
    width, height = (
        xp.maximum(boxes[..., 2 + axis] - boxes[..., axis] + pixel, 0) for axis in (0, 1)
    )
    return width * height


def overlaps(xp: Any, first: Any, second: Any, pixel: int = 0) -> Any:
    """Return intersection / union of boxes (..., 4) whose leading axes are broadcast; 0 for boxes that do not meet."""
    sides = [
        xp.minimum(first[..., 2 + axis], second[..., 2 + axis])
        - xp.maximum(first[..., axis], second[..., axis])
        + pixel
        for axis in (0, 1)
    ]
    common = xp.maximum(sides[0], 0) * xp.maximum(sides[1], 0)
    union = areas(xp, first, pixel) + areas(xp, second, pixel) - common
    meet = common > 0
    return xp.where(meet, common / xp.where(meet, union, 1), 0)


def overlap_matrix(xp: Any, first: Any, second: Any, pixel: int = 0) -> Any:
    """Return the overlap of each of ``first`` (N, 4) with each of ``second`` (M, 4), shape (N, M)."""
    return overlaps(xp, first[:, None], second[None], pixel)


def encode(xp: Any, anchors: Any, boxes: Any, pixel: int = 0) -> Any:
    """Return the deltas (..., 4) that lead from ``anchors`` to ``boxes``: shift of the centre, log of the size.

    dx = (centre of box - centre of anchor) / width of anchor, dw = log(width of box / width of anchor), the same for
    y and height. Divided by variances they are SSD's CENTER_SIZE. An anchor without area gives infinities.
    """
    centres, sizes = _centres(anchors, pixel)
    box_centres, box_sizes = _centres(boxes, pixel)
    return xp.concatenate(
        ((box_centres - centres) / sizes, xp.log(box_sizes / sizes)), axis=boxes.ndim - 1
    )


def decode(xp: Any, anchors: Any, deltas: Any, pixel: int = 0) -> Any:
    """Return the boxes (..., 4) to which ``deltas`` lead from ``anchors``.

    The corners are centre -+ size / 2 for either rule, as in Fast R-CNN: by its pixel rule x2 is one more than
    :func:`encode` was given.
    """
    centres, sizes = _centres(anchors, pixel)
    centres = deltas[..., :2] * sizes + centres
    half = xp.exp(deltas[..., 2:]) * sizes * 0.5
    return xp.concatenate((centres - half, centres + half), axis=deltas.ndim - 1)


def _centres(boxes: Any, pixel: int) -> tuple[Any, Any]:
    sizes = boxes[..., 2:] - boxes[..., :2] + pixel
    return boxes[..., :2] + sizes * 0.5, sizes


def clip(xp: Any, boxes: Any, width: Any, height: Any, pixel: int = 0) -> Any:
    """Return ``boxes`` (..., 4) moved into an image: x from 0 to ``width`` - ``pixel``, y likewise."""
    limits = [xp.clip(boxes[..., i], 0, (width, height)[i % 2] - pixel) for i in range(4)]
    return xp.stack(limits, axis=boxes.ndim - 1)


def by_score(
    scores: np.ndarray, lowest: float | None = None, limit: int | None = None
) -> np.ndarray:
    """Return the indices of ``scores`` (N), on the host, the highest first and equal ones in order.

    Only scores above ``lowest``, and of these at most ``limit``. A NaN is below every number.
    """
    given = np.flatnonzero(~np.isnan(scores) if lowest is None else scores > lowest)
    order = given[np.argsort(-scores[given], kind="stable")]
    return order if limit is None else order[:limit]


def suppress(
    boxes: np.ndarray,
    threshold: float,
    *,
    limit: int | None = None,
    eta: float = 1.0,
    pixel: int = 0,
) -> np.ndarray:
    """Return the indices of the ``boxes`` (N, 4) that non-maximum suppression keeps, in order; host arrays.

    The boxes stand in the order of falling scores. A box is kept if its overlap with each box kept before is at most
    ``threshold``; it ends after ``limit`` kept boxes. With ``eta`` below 1 the threshold, while above 0.5, is
    multiplied by it after each kept box (SSD's adaptive threshold). Memory is proportional to N.
    """
    kept: list[int] = []
    waiting = np.arange(len(boxes))
    worst = np.zeros(len(boxes))
    while len(waiting) and (limit is None or len(kept) < limit):
        block = max(1, min(len(waiting), _PAIRS // len(waiting)))
        table = overlaps(np, boxes[waiting[:block], None], boxes[waiting], pixel)
        for place in range(block):
            if worst[place] <= threshold and (limit is None or len(kept) < limit):
                kept.append(int(waiting[place]))
                np.maximum(worst, table[place], out=worst)
                if eta < 1 and threshold > 0.5:
                    threshold *= eta
        left = np.flatnonzero(worst[block:] <= threshold) + block
        waiting, worst = waiting[left], worst[left]
    return np.array(kept, dtype=np.int64)
