"""Convolution, pooling and the other layers of image nets.

Importing the package loads nothing: its verb ``fold-bn`` is found by an entry point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .convolution import Convolution as Convolution
    from .hooks import mycaffe_layers as mycaffe_layers, mycaffe_schema as mycaffe_schema
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__, convolution="Convolution", hooks="mycaffe_layers mycaffe_schema"
    )
