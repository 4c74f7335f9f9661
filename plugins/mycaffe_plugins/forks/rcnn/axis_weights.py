"""How much each cell along an axis counts for each bin of each region: host arrays (R, bins, cells).

Pooling that is linear and the same along rows and columns is two products with such weights.
"""

from __future__ import annotations

import numpy as np


def mean_weights(first: np.ndarray, last: np.ndarray, cells: int) -> np.ndarray:
    """Return weights that average the cells from ``first`` to before ``last`` (R, bins); 0 for an empty bin."""
    numbers = np.arange(cells)
    inside = (numbers >= first[..., None]) & (numbers < last[..., None])
    return inside / np.maximum(last - first, 1)[..., None]


def bilinear_weights(
    places: np.ndarray, counted: np.ndarray, share: np.ndarray, cells: int
) -> np.ndarray:
    """Return weights that add up ``share`` (R) of linear interpolations at ``places`` (R, bins, samples).

    Samples that are not ``counted`` add nothing; places before the first cell and after the last are moved there.
    """
    regions, bins, _ = places.shape
    inside = np.where(counted, np.clip(places, 0, cells - 1), 0)
    low = np.minimum(inside.astype(np.int64), cells - 1)
    part = inside - low
    rows = np.arange(regions * bins).reshape(regions, bins, 1) * cells
    whole = counted * share[:, None, None]
    weights = np.zeros(regions * bins * cells)
    for cell, weight in ((low, 1 - part), (np.minimum(low + 1, cells - 1), part)):
        index, value = (rows + cell).reshape(-1), (weight * whole).reshape(-1)
        weights += np.bincount(index, value, minlength=weights.size)
    return weights.reshape(regions, bins, cells)


def aligned_samples(
    start: np.ndarray, size: np.ndarray, bins: int, ratio: int, cells: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the samples of ROIAlign along one axis: places (R, bins, samples), which count, the share of one (R).

    Each of the ``bins`` of a region from ``start`` (R) of ``size`` (R), in cells, has ``ratio`` samples in the middle
    of equal parts, or as many as the cells that it spans. A sample more than one cell outside counts as 0. Only
    samples that count are returned, so their number is bounded by that of the cells.
    """
    kind = start.dtype.type
    step = size / kind(bins)
    samples = np.full(len(size), kind(ratio)) if ratio > 0 else np.ceil(step)
    samples = np.maximum(samples, 1)
    gap = (step / samples)[:, None]
    begin = start[:, None] + np.arange(bins, dtype=kind) * step[:, None]
    last = samples[:, None] - 1
    first = np.clip(np.floor((-1 - begin) / gap - 1), 0, last)
    most = np.clip(np.ceil((cells - begin) / gap), 0, last)
    number = first[..., None] + np.arange(int((most - first).max(initial=0)) + 1, dtype=kind)
    places = begin[..., None] + (number + kind(0.5)) * gap[..., None]
    counted = (number <= most[..., None]) & (places >= -1) & (places <= cells)
    return places, counted, 1 / samples
