"""Data layers: LMDB, HDF5, images, windows, memory and drawn bit streams."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.layer import Layer
from mycaffe_py.plugins import hookimpl

from .bit_stream_data import BitStreamData
from .data import Data
from .data_layer import PREFETCH_ONLY, Batch, DataLayer
from .data_transformer import (
    ANNOTATED_ONLY,
    SCALES_ONLY,
    DataTransformer,
    Placement,
    active,
    crop_of,
)
from .distortion import Distortion
from .expansion import Expansion
from .folders import image_prefix
from .hdf5_data import HDF5Data
from .hdf5_output import HDF5Output
from .image_data import ImageData
from .memory_data import MemoryData
from .order import Order
from .window_data import WindowData

__all__ = [
    "ANNOTATED_ONLY",
    "PREFETCH_ONLY",
    "SCALES_ONLY",
    "Batch",
    "Data",
    "DataLayer",
    "DataTransformer",
    "Distortion",
    "Expansion",
    "Order",
    "Placement",
    "active",
    "crop_of",
    "image_prefix",
]
"""What data layers of other plugins are made of."""

LAYERS: list[type[Layer]] = [
    BitStreamData,
    Data,
    HDF5Data,
    HDF5Output,
    ImageData,
    MemoryData,
    WindowData,
]


@hookimpl
def mycaffe_layers() -> list[type[Layer]]:
    """Return the layers of this plugin."""
    return LAYERS


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the settings that Caffe's own schema lacks."""
    return [Path(__file__).with_name(name) for name in ("bit_stream.proto", "transform.proto")]
