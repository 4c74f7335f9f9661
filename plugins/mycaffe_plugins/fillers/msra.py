"""The msra filler."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .dense import ScaledFiller


class MSRA(ScaledFiller):
    """Normal distribution of mean 0 and standard deviation sqrt(2 / n), made for ReLU.

    ``variance_norm`` chooses n: FAN_IN (default, count / shape[0]), FAN_OUT (count / shape[1]) or
    AVERAGE, the mean of the two.
    """

    type = "msra"
    uses = ("variance_norm",)

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Draw the values."""
        return rng.normal(0.0, math.sqrt(2.0 / self.fan(shape)), shape)
