"""The gaussian filler."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.layer import Filler


class Gaussian(Filler):
    """Normal distribution of mean ``mean`` (default 0) and standard deviation ``std`` (default 1).

    With ``sparse``, each element is kept with probability sparse / shape[0] and 0 otherwise, so that
    each input keeps that many weights to the shape[0] outputs on average.
    """

    type = "gaussian"
    uses = ("mean", "std", "sparse")

    def check(self) -> None:
        """Refuse a negative ``std`` and a ``sparse`` below -1 (off)."""
        for field, minimum in (("std", 0), ("sparse", -1)):
            value = getattr(self.param, field)
            if value < minimum:
                raise ConfigError(
                    f'{field} is {value:g} in a filler of type "gaussian", but must be at '
                    f"least {minimum}"
                )

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Draw the values, then which of them are kept."""
        values = rng.normal(self.param.mean, abs(self.param.std), shape)  # NumPy refuses -0.0
        if self.param.sparse >= 0:
            outputs = shape[0] if shape else 1
            if self.param.sparse > outputs:
                raise ConfigError(
                    f'sparse is {self.param.sparse} in a filler of type "gaussian", but a blob of shape '
                    f"{shape} has only {outputs} outputs, the size of its first axis"
                )
            values = values * (rng.random(shape) * outputs < self.param.sparse)
        return values
