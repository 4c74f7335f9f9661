"""Liquid neural networks as layers: CfC and LTC cells, and the layer that runs them over a sequence.

Importing the package loads nothing: its verb ``convert-weights`` is found by an entry point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .hooks import (
        mycaffe_commands as mycaffe_commands,
        mycaffe_layers as mycaffe_layers,
        mycaffe_schema as mycaffe_schema,
    )
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__, hooks="mycaffe_commands mycaffe_layers mycaffe_schema"
    )
