"""Which priors an image's objects are assigned to, by SSD's rules (bbox_util.cpp, MatchBBox)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..boxes import overlap_matrix

NONE, IGNORED = -1, -2
"""Instead of an object: there is none; the prior does not count."""
MOST_PAIRS = 1 << 27
"""Pairs of a prior and an object whose overlaps are kept at once: 1 GiB in float64."""
_LEAST = 1e-6


class Matches(NamedTuple):
    """For each of P priors; host arrays."""

    objects: np.ndarray
    """(P), the index of its object, NONE or IGNORED."""
    overlaps: np.ndarray
    """(P), the overlap with its object, or the largest with any."""


def match(
    boxes: np.ndarray,
    objects: np.ndarray,
    *,
    threshold: float | None,
    ignore_outside: bool = False,
) -> Matches:
    """Match predicted ``boxes`` (P, 4) with ``objects`` (G, 4).

    Each object gets the box that overlaps it most, the best pair first. Then, unless ``threshold`` is None, each
    other box gets the object that it overlaps most, if that is at least the threshold. ``ignore_outside``: boxes
    that leave the image do not count.
    """
    found = np.full(len(boxes), NONE)
    if not len(objects):
        return Matches(found, np.zeros(len(boxes), dtype=boxes.dtype))
    pairs = overlap_matrix(np, boxes, objects)
    pairs[~(pairs > _LEAST)] = 0
    if ignore_outside:
        outside = ((boxes < 0) | (boxes > 1)).any(axis=1)
        found[outside] = IGNORED
        pairs[outside] = 0
    best = pairs.max(axis=1)
    _assign_each_object(pairs, found, best)
    if threshold is not None:
        free = (found == NONE) & (best >= threshold) & (best > 0)
        found[free] = pairs[free].argmax(axis=1)
    return Matches(found, best)


def _assign_each_object(pairs: np.ndarray, found: np.ndarray, best: np.ndarray) -> None:
    """Give each object a box, the best pair first: of equal pairs that of the first box, then of the first object."""
    free = found == NONE
    waiting = np.arange(pairs.shape[1])
    boxes = pairs.argmax(axis=0)
    values = pairs[boxes, waiting]
    while True:
        largest = values.max(initial=0)
        if not largest > 0:
            return
        equal = np.flatnonzero(values == largest)
        at = equal[np.argmin(boxes[equal])]
        box, which = boxes[at], waiting[at]
        found[box], best[box], free[box] = which, largest, False
        values[at] = 0
        again = np.flatnonzero((boxes == box) & (values > 0))
        if len(again):
            columns = np.where(free[:, None], pairs[:, waiting[again]], 0)
            boxes[again] = columns.argmax(axis=0)
            values[again] = columns[boxes[again], np.arange(len(again))]
