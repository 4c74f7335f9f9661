"""What a loss is divided by."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer_settings import enum_name


def normalizer(loss_param: Any, full: int, batch_size: int, valid: int | None = None) -> int:
    """Return the divisor that a LossParameter asks for, at least 1.

    ``full`` counts all predictions, ``batch_size`` the items, ``valid`` the predictions that are
    not ignored (all, if None). The deprecated ``normalize`` counts only without ``normalization``.
    """
    mode = enum_name(loss_param, "normalization")
    if not loss_param.HasField("normalization") and loss_param.HasField("normalize"):
        mode = "VALID" if loss_param.normalize else "BATCH_SIZE"
    valid = full if valid is None else valid
    return max(1, {"FULL": full, "VALID": valid, "BATCH_SIZE": batch_size, "NONE": 1}[mode])
