"""Data layers: LMDB, HDF5, images, windows and memory."""

from __future__ import annotations

from mycaffe_py.hookspecs import hookimpl

from .data import Data
from .hdf5_data import HDF5Data
from .hdf5_output import HDF5Output
from .image_data import ImageData
from .memory_data import MemoryData
from .window_data import WindowData

LAYERS: list[type] = [Data, HDF5Data, HDF5Output, ImageData, MemoryData, WindowData]


@hookimpl
def mycaffe_layers():
    """Return the layers of this plugin."""
    return LAYERS
