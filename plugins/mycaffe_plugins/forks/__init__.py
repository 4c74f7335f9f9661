"""The layers that forks of Caffe added, and that published files need: one file a layer, one folder a field.

A class says in ``fork`` where its type, settings and rules come from. Importing the package loads nothing: its verb
``convert-annoset`` is found by an entry point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .hooks import mycaffe_layers as mycaffe_layers, mycaffe_schema as mycaffe_schema
else:
    __getattr__, __dir__, __all__ = lazy_names(__name__, hooks="mycaffe_layers mycaffe_schema")
