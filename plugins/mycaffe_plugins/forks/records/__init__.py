"""Data layers that forks of Caffe added, and the writer of databases with boxes; loaded when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .annotated_writer import AnnotatedWriter as AnnotatedWriter
    from .annotations import Box as Box
    from .layers import LAYERS as LAYERS
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__, annotated_writer="AnnotatedWriter", annotations="Box", layers="LAYERS"
    )
