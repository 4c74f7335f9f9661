"""The choice between the compiled kernels of depthwise correlations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.device import Device

from .compiled_depthwise import CompiledDepthwise
from .geometry import Geometry
from .turned_depthwise import TurnedDepthwise

LEAST_CHANNELS = 4
"""Fewer are turned one element at a time, which takes longer than whole planes."""


def compiled_depthwise(
    device: Device, dtype: Any, geometry: Geometry, images: Sequence[int], maps: Sequence[int]
) -> CompiledDepthwise | TurnedDepthwise:
    """Return what correlates images and maps of these shapes: with both gradients for kernels of 3 x 3."""
    if images[1] >= LEAST_CHANNELS and TurnedDepthwise.fits(geometry, images, maps):
        return TurnedDepthwise(device, dtype, geometry)
    return CompiledDepthwise(device, dtype, geometry)
