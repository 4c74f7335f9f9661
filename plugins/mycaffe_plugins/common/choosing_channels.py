"""The choice between NumPy's sums over channels and compiled ones."""

from __future__ import annotations

from mycaffe_py.compiled import in_use
from mycaffe_py.layer import Layer

from .channels import Channels


def channels_of(layer: Layer) -> Channels:
    """Return what divides a layer's arrays by channels: with compiled kernels where they are in use."""
    if not in_use(layer.device):
        return Channels(layer)
    from .compiled_channels import CompiledChannels

    return CompiledChannels(layer)
