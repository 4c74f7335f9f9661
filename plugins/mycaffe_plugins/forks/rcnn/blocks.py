"""The regions of a batch in blocks of one image each, of bounded size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .regions import Regions

MAX_BYTES = 1 << 24
"""What the values between the two products of a block may take."""


def blocks(regions: Regions, bytes_each: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Return image, indices (n) and corners (n, 4) of each block of regions; each region needs ``bytes_each``."""
    most = max(1, MAX_BYTES // max(1, bytes_each))
    for image, indices in regions.of_images():
        for start in range(0, len(indices), most):
            chosen = indices[start : start + most]
            yield image, chosen, regions.corners[chosen]
