"""Checks for the authors of plugins: each raises AssertionError that says what is wrong."""

from __future__ import annotations

from .fillers import check_filler
from .layers import check_layer
from .strict import strict_device

__all__ = ["check_filler", "check_layer", "strict_device"]
