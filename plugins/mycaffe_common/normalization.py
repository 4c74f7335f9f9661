"""The divisor of a loss, by ``loss_param``."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer import enum_name


class Normalization:
    """The divisor set by a LossParameter; ``default`` is the mode if it sets none.

    The deprecated ``normalize`` applies only without ``normalization``.
    """

    def __init__(self, loss_param: Any, default: str = "VALID"):
        if loss_param.HasField("normalization"):
            self.mode = enum_name(loss_param, "normalization")
        elif loss_param.HasField("normalize"):
            self.mode = "VALID" if loss_param.normalize else "BATCH_SIZE"
        else:
            self.mode = default

    def divisor(self, full: int, batch_size: int, valid: int | None = None) -> int:
        """Return the divisor, at least 1.

        ``full`` counts all predictions, ``batch_size`` the items, ``valid`` the predictions that are
        not ignored (all, if None).
        """
        valid = full if valid is None else valid
        return max(
            1, {"FULL": full, "VALID": valid, "BATCH_SIZE": batch_size, "NONE": 1}[self.mode]
        )
