"""Convolution, pooling and the other layers of image nets."""

from __future__ import annotations

from mycaffe_py.hookspecs import hookimpl

from .crop import Crop

LAYERS = [
    Crop,
]


@hookimpl
def mycaffe_layers():
    """Return the layers of this plugin."""
    return LAYERS
