"""The uniform filler."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError

from .dense import DenseFiller


class Uniform(DenseFiller):
    """Uniform distribution over [``min``, ``max``) (default [0, 1))."""

    type = "uniform"
    uses = ("min", "max")

    def check(self) -> None:
        """Refuse a range that is empty or not finite."""
        super().check()
        if not math.isfinite(self.param.max - self.param.min):
            raise ConfigError(
                f"min is {self.param.min:g} and max is {self.param.max:g} in a filler of type "
                '"uniform", but both must be finite'
            )
        if self.param.min > self.param.max:
            raise ConfigError(
                f"min is {self.param.min:g} and max is {self.param.max:g} in a filler of type "
                '"uniform", but min must not be above max'
            )

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Draw the values."""
        # + 0.0: NumPy takes the difference of -0.0 and 0 for a negative one.
        return rng.uniform(self.param.min, self.param.max + 0.0, shape)
