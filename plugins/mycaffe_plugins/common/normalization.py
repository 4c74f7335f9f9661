"""The divisor of a loss, by ``loss_param``."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer import enum_name
from mycaffe_py.plugins import Only

ONE_NORMALIZATION = Only("loss_param.normalize", when="no normalization")
"""The condition that loss layers with a ``loss_param`` declare."""

PRE_FIXED_NORMALIZER = Only("loss_param.pre_fixed_normalizer", when="normalization: PRE_FIXED")
"""The other one."""


class Normalization:
    """The divisor set by a LossParameter; ``default`` is the mode if it sets none.

    The deprecated ``normalize`` applies only without ``normalization``.
    """

    def __init__(self, loss_param: Any, default: str = "VALID"):
        self.pre_fixed = float(loss_param.pre_fixed_normalizer)
        if loss_param.HasField("normalization"):
            self.mode = enum_name(loss_param, "normalization")
        elif loss_param.HasField("normalize"):
            self.mode = "VALID" if loss_param.normalize else "BATCH_SIZE"
        else:
            self.mode = default

    def divisor(self, full: int, batch_size: int, valid: Any = None) -> Any:
        """Return the divisor, at least 1; on a GPU it is a 0-d array if ``valid`` is one and counts.

        ``full`` counts all predictions, ``batch_size`` the items, ``valid`` the predictions that are
        not ignored (all, if None).
        """
        valid = full if valid is None else valid
        if self.mode == "PRE_FIXED":
            return max(1.0, self.pre_fixed)
        return at_least_one(
            {"FULL": full, "VALID": valid, "BATCH_SIZE": batch_size, "NONE": 1}[self.mode]
        )


def at_least_one(count: Any) -> Any:
    """Return a number of items, or 1 if there are none; ``count`` may be a 0-d array of a device."""
    return max(1, count) if isinstance(count, int) else count.clip(1)
