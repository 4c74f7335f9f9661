"""Recurrent layers over time-major sequences."""

from __future__ import annotations

from mycaffe_py.hookspecs import hookimpl

LAYERS: list[type] = []


@hookimpl
def mycaffe_layers():
    """Return the layers of this plugin."""
    return LAYERS
