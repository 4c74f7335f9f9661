"""Mean files: a BlobProto in binary format, with the four legacy dimensions, as Caffe writes it."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from mycaffe_py.blob.blobproto import array_from_proto, array_to_proto
from mycaffe_py.errors import DataError, SnapshotError

from .files import read_bytes


def read_mean(schema: Any, path: str | os.PathLike[str]) -> np.ndarray:
    """Return the mean image of a file as float32 (channels, height, width).

    Raises MissingFileError, or DataError if the file does not contain such a blob.
    """
    name = os.fspath(path)
    data = read_bytes(path, "mean file")
    try:
        values = array_from_proto(schema.parse_binary(data, "BlobProto"))
    except SnapshotError as error:
        raise DataError(f"{name} is not a mean file: {error.message}", hint=error.hint) from error
    shape = (1,) * (4 - values.ndim) + values.shape
    if len(shape) != 4 or shape[0] != 1 or not values.size:
        raise DataError(
            f"{name} contains a blob {values.shape}, but one image (1, channels, height, width) is expected"
        )
    return values.reshape(shape[1:]).astype(np.float32, copy=False)


def mean_to_bytes(schema: Any, mean: np.ndarray) -> bytes:
    """Return the content of a mean file for an image (channels, height, width)."""
    proto = schema.new("BlobProto")
    array_to_proto(mean.astype(np.float32), proto)
    proto.ClearField("shape")
    proto.num = 1
    proto.channels, proto.height, proto.width = mean.shape
    return proto.SerializeToString()
