"""What data layers and their tools read and write: databases of records, images, lists and mean files."""

from __future__ import annotations

from mycaffe_py.stores.database import Database, Records, open_database
from mycaffe_py.stores.datum import array_to_datum, datum_to_array, parse_datum
from mycaffe_py.stores.images import (
    check_image_type,
    decode_image,
    encode_image,
    image_bytes,
    read_image,
    resize_image,
)
from mycaffe_py.stores.lists import ImageEntry, read_list, text_lines
from mycaffe_py.stores.mean import mean_to_bytes, read_mean
from mycaffe_py.stores.writing import DatabaseWriter, check_backend

__all__ = [
    "Database",
    "DatabaseWriter",
    "ImageEntry",
    "Records",
    "array_to_datum",
    "check_backend",
    "check_image_type",
    "datum_to_array",
    "decode_image",
    "encode_image",
    "image_bytes",
    "mean_to_bytes",
    "open_database",
    "parse_datum",
    "read_image",
    "read_list",
    "read_mean",
    "resize_image",
    "text_lines",
]
