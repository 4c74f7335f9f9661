"""pycaffe's ``caffe.proto``: ``caffe.proto.caffe_pb2`` is available as soon as ``caffe`` is imported, as in pycaffe."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    if name == "caffe_pb2":
        return importlib.import_module(f"{__name__}.caffe_pb2")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
