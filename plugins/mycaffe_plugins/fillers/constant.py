"""The constant filler."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dense import DenseFiller


class Constant(DenseFiller):
    """Every element is ``value`` (default 0)."""

    type = "constant"
    uses = ("value",)

    def values(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Return the value."""
        return self.param.value
