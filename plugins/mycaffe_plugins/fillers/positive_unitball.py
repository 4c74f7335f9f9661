"""The positive_unitball filler."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .dense import DenseFiller


class PositiveUnitball(DenseFiller):
    """Positive elements that add up to 1 within each item of the first axis."""

    type = "positive_unitball"
    uses = ()

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Draw from [0, 1) and divide by the sum of the item."""
        items = shape[0] if shape else 1
        values = rng.random((items, math.prod(shape[1:])))
        return (values / values.sum(axis=1, keepdims=True)).reshape(shape)
