"""The xavier filler."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .dense import ScaledFiller


class Xavier(ScaledFiller):
    """Uniform distribution over [-s, s) with s = sqrt(3 / n), a variance of 1 / n.

    ``variance_norm`` chooses n: FAN_IN (default, count / shape[0]), FAN_OUT (count / shape[1]) or
    AVERAGE, the mean of the two.
    """

    type = "xavier"
    uses = ("variance_norm",)

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Draw the values."""
        scale = math.sqrt(3.0 / self.fan(shape))
        return rng.uniform(-scale, scale, shape)
