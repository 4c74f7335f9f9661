"""pycaffe's ``caffe.proto``: ``caffe.proto.caffe_pb2`` is available as soon as ``caffe`` is imported, as in pycaffe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from . import caffe_pb2 as caffe_pb2
else:
    __getattr__, __dir__, __all__ = lazy_names(__name__, modules="caffe_pb2")
