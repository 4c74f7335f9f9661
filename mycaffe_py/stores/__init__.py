"""Data files for data layers and tools: databases of records, images, lists and mean files."""

from __future__ import annotations

from .database import Database, Records, open_database, record_name
from .datum import array_to_datum, datum_to_array, parse_datum
from .eight_bit import as_eight_bit
from .hdf5 import HDF5Group, open_hdf5
from .hdf5_dataset import HDF5Dataset
from .images import (
    check_image_type,
    decode_image,
    encode_image,
    image_bytes,
    open_picture,
    read_image,
    resize_image,
    resize_pixels,
)
from .lists import ImageEntry, listed_path, read_list, text_lines
from .mean import mean_to_bytes, read_mean
from .resampling import resample
from .writing import DatabaseWriter, check_backend

__all__ = [
    "Database",
    "DatabaseWriter",
    "HDF5Dataset",
    "HDF5Group",
    "ImageEntry",
    "Records",
    "array_to_datum",
    "as_eight_bit",
    "check_backend",
    "check_image_type",
    "datum_to_array",
    "decode_image",
    "encode_image",
    "image_bytes",
    "listed_path",
    "mean_to_bytes",
    "open_database",
    "open_hdf5",
    "open_picture",
    "parse_datum",
    "read_image",
    "read_list",
    "read_mean",
    "record_name",
    "resample",
    "resize_image",
    "resize_pixels",
    "text_lines",
]
