"""pycaffe's ``caffe.io``: images, and conversion of arrays to and from BlobProto and Datum messages.

Images are float32 arrays (height, width, channels), colours in the order red, green, blue, values in
[0, 1]. :class:`Transformer` turns them into what a net's input takes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from io import TextIOBase
from typing import TYPE_CHECKING, Any

import numpy as np

from mycaffe_py.blob.blobproto import array_from_proto, array_to_proto
from mycaffe_py.errors import DataError, MissingFileError, ShapeError, naming_place, require
from mycaffe_py.plugins.registry import default_registry
from mycaffe_py.stores import datum, open_picture
from mycaffe_py.stores.eight_bit import check_kind
from mycaffe_py.stores.resizing import resize_image as resize_image

from .bound_names import bound_names
from .proto import caffe_pb2 as caffe_pb2  # scripts use caffe.io.caffe_pb2.Datum()
from .transformer import Transformer as Transformer

if not TYPE_CHECKING:
    _PARTS = "mycaffe_py.pycaffe.image_parts"
    __getattr__, __dir__ = bound_names(
        __name__,
        skimage=f"skimage.io:skimage skimage {_PARTS}:skimage",
        resize=f"skimage.transform:resize {_PARTS}:resize",
        zoom=f"scipy.ndimage:zoom {_PARTS}:zoom",
        sys="sys",
    )

# Luminance of red, green and blue, by ITU-R BT.709.
_LUMINANCE = np.array([0.2125, 0.7154, 0.0721], dtype=np.float32)


# Messages.


def blobproto_to_array(blob: Any, return_diff: bool = False) -> np.ndarray:
    """Return the values (or the diff) of a BlobProto in its shape, legacy or not."""
    return array_from_proto(blob, diff=return_diff)


def array_to_blobproto(arr: Any, diff: Any = None) -> Any:
    """Return a BlobProto of an array of any shape, as float32, and of its diff if there is one."""
    values = np.asarray(arr, dtype=np.float32)
    if diff is not None:
        diff = np.asarray(diff, dtype=np.float32)
        if diff.shape != values.shape:
            raise ShapeError(f"data {values.shape} and diff {diff.shape} of a blob differ in shape")
    blob = default_registry().schema.new("BlobProto")
    array_to_proto(values, blob, diff)
    return blob


def arraylist_to_blobprotovector_str(arraylist: Iterable[Any]) -> bytes:
    """Return arrays as the bytes of a BlobProtoVector."""
    vector = default_registry().schema.new("BlobProtoVector")
    vector.blobs.extend(map(array_to_blobproto, arraylist))
    return vector.SerializeToString()


arraylist_to_blobprotovecor_str = arraylist_to_blobprotovector_str
"""As Caffe spelt it for years."""


def blobprotovector_str_to_arraylist(string: bytes) -> list[np.ndarray]:
    """Return the arrays in the bytes of a BlobProtoVector."""
    vector = default_registry().schema.parse_binary(string, "BlobProtoVector")
    return [blobproto_to_array(blob) for blob in vector.blobs]


def array_to_datum(arr: Any, label: int | None = None) -> Any:
    """Return a Datum of an array (channels, height, width): uint8 as bytes, everything else as floats."""
    return datum.array_to_datum(default_registry().schema, np.asarray(arr), label)


def datum_to_array(datum_message: Any) -> np.ndarray:
    """Return the values of a Datum as (channels, height, width): uint8, or float32 of float_data.

    An encoded image is decoded, its channels in the order blue, green, red, as Caffe stores them.
    """
    with naming_place("a Datum cannot be read", DataError):
        return datum.datum_to_array(datum_message).copy()


# Images.


def load_image(filename: Any, color: bool = True) -> np.ndarray:
    """Read an image file as float32 in [0, 1]: (height, width, 3) red, green, blue.

    ``filename`` is a path, or a file or stream that is open for reading bytes, from its beginning if it can be
    rewound. Gray is repeated to three channels, alpha is dropped. ``color=False`` gives (height, width, 1), the
    luminance. An orientation in Exif data is not applied, as scikit-image, which Caffe uses here, does not apply it.
    Needs the extra ``image``.
    """
    pixels = read_pixels(filename)
    image = pixels.astype(np.float32) / np.float32(255 if pixels.dtype == np.uint8 else 65535)
    if image.ndim == 2:
        image = image[..., np.newaxis]
    if color:
        return np.tile(image, (1, 1, 3)) if image.shape[2] == 1 else image
    return image if image.shape[2] == 1 else (image @ _LUMINANCE)[..., np.newaxis]


def read_pixels(source: Any, alpha: bool = False) -> np.ndarray:
    """Return an image's pixels: uint8 (h, w) or (h, w, 3), with ``alpha`` also (h, w, 4), or uint16 (h, w).

    ``source`` is a path or an open file. Raises MissingFileError or DataError.
    """
    require("PIL.Image", "image")
    what = _named(source)
    try:
        with open_picture(source) as image:
            with naming_place(what, DataError):
                check_kind(image)
            if image.mode.startswith("I"):
                return np.asarray(image).astype(np.uint16)
            gray = image.mode in ("1", "L", "LA")
            colours = "RGBA" if alpha and image.mode == "RGBA" else "RGB"
            return np.asarray(image.convert("L" if gray else colours))
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{what} cannot be read: {error}") from error


def _named(source: Any) -> str:
    """Return what messages call an image; MissingFileError or DataError if there is nothing to read."""
    if not hasattr(source, "read"):
        if not isinstance(source, str | os.PathLike):
            raise DataError(
                f"an image is a path or a file open for reading, not {type(source).__name__}",
                hint="write io.BytesIO(content) for its bytes"
                if isinstance(source, bytes)
                else None,
            )
        if not os.path.isfile(source):
            raise MissingFileError(f'image "{source}" does not exist')
        return f'image "{source}"'
    name = getattr(source, "name", None)
    what = f'image "{name}"' if isinstance(name, str | os.PathLike) else "the image"
    if isinstance(source, TextIOBase):
        raise DataError(f'{what} is open as text: open it with mode "rb"')
    return what


def oversample(
    images: Sequence[np.ndarray] | np.ndarray, crop_dims: Sequence[int] | np.ndarray
) -> np.ndarray:
    """Return ten crops of each image: four corners, centre, then the same mirrored left to right.

    ``images`` are of one shape (H, W, K); the result is (10 * len(images), *crop_dims, K), float32.
    """
    height, width, channels = np.shape(images[0])
    high, wide = (int(size) for size in crop_dims)
    if high > height or wide > width:
        raise ShapeError(f"images {(height, width)} are smaller than the crops {(high, wide)}")
    corners = [(top, left) for top in (0, height - high) for left in (0, width - wide)]
    corners.append(((height - high) // 2, (width - wide) // 2))
    crops = np.empty((len(images), 10, high, wide, channels), dtype=np.float32)
    for image, ten in zip(images, crops, strict=True):
        for crop, (top, left) in zip(ten, corners, strict=False):
            crop[...] = image[top : top + high, left : left + wide]
        ten[5:] = ten[:5, :, ::-1]
    return crops.reshape(-1, high, wide, channels)
