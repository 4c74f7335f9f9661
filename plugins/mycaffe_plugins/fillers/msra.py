"""The msra filler."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .dense import ScaledFiller


class MSRA(ScaledFiller):
    """Normal distribution of mean 0 and standard deviation sqrt(2 / ((1 + alpha^2) n)), made for ReLU.

    ``alpha``, of forks of Caffe, is the slope below 0 of the unit behind the weights, as for PReLU in
    He et al., "Delving Deep into Rectifiers" (2015), equation 15; 0 is Caffe's rule.

    ``variance_norm`` chooses n: FAN_IN (default, count / shape[0]), FAN_OUT (count / shape[1]) or
    AVERAGE, the mean of the two.
    """

    type = "msra"
    uses = ("variance_norm", "alpha")

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Draw the values."""
        gain = 2.0 / (1.0 + self.param.alpha**2)
        return rng.normal(0.0, math.sqrt(gain / self.fan(shape)), shape)
