"""Image files as arrays (channels, height, width) of uint8; colours in the order blue, green, red."""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

import numpy as np

from mycaffe_py.device.memory_limits import out_of_memory
from mycaffe_py.errors import DataError, MyCaffeWarning, naming_place, require
from mycaffe_py.foreign.files import stand_in
from mycaffe_py.reading import size_setting
from mycaffe_py.visible import visible

from .eight_bit import pixels
from .files import read_bytes
from .jpeg_end import with_end
from .orientation import orientation, upright
from .resampling import resample

_FORMATS = {
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "png": "PNG",
    "bmp": "BMP",
    "tif": "TIFF",
    "tiff": "TIFF",
}
_READ = (
    *("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP", "JPEG2000"),
    *("DIB", "ICO", "PCX", "SGI", "SUN", "TGA"),
)
"""Formats that are read. Pillow knows more, among them PostScript, for which it runs Ghostscript on the file."""
_POSTSCRIPT = (b"%!PS", b"\xc5\xd0\xd3\xc6")
_OPTIONS = {"JPEG": {"quality": 95}}  # OpenCV's
PIXELS_SETTING = "MYCAFFE_IMAGE_PIXELS"
"""Names the environment variable that says how many pixels an image may have."""
MOST_PIXELS = 50_000_000
"""Decoded and converted, they take about 0.7 GiB; a file of 150 kB can claim them."""
_PNG_END = b"IEND"
_BGR, _BGRA = [2, 1, 0], [2, 1, 0, 3]


def read_image(
    path: str | os.PathLike[str], color: bool = True, size: tuple[int, int] | None = None
) -> np.ndarray:
    """Return the image in a file, with three channels or with one, resized to ``size``.

    ``size`` is (height, width). Raises MissingFileError, DataError if the file is not an image, or
    MissingExtraError without the package pillow.
    """
    data = image_bytes(path)
    with naming_place(os.fspath(path), DataError):
        image = decode_image(data, color, visible(os.fspath(path)))
    return image if size is None else resize_pixels(image, size)


def image_bytes(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of an image file; raises MissingFileError or DataError."""
    return read_bytes(path, "image")


def decode_image(data: bytes, color: bool | None = None, name: str = "") -> np.ndarray:
    """Return an image from the bytes of its file.

    ``color``: True for three channels, False for one (0.299 R + 0.587 G + 0.114 B), None for those
    of the file, with its alpha channel. Of an animation, it is the first picture. A stored orientation is applied
    where ``color`` is given, as by OpenCV from version 3 on. Of a JPEG file without its end, the rest is grey, with a
    warning that calls it ``name``. Raises DataError or MissingExtraError.
    """
    module = require("PIL.Image", "image")
    if data.startswith(_POSTSCRIPT):
        raise DataError(
            "PostScript is not read, since that would run it", hint="convert it to PNG first"
        )
    size = len(data)
    data, cut = with_end(data)
    try:
        with open_picture(io.BytesIO(data)) as image:
            values = pixels(image, color)
            if color is not None and image.format != "TIFF":  # Pillow turns TIFF itself
                values = upright(values, orientation(image.info.get("exif")))
            kind = image.format
    except DataError:
        raise
    except MemoryError as error:
        raise out_of_memory("an image is too large for the available memory") from error
    except module.UnidentifiedImageError as error:  # its text contains a buffer's address
        what, hint = stand_in(data) or (f"{size} bytes that are not a complete image", None)
        raise DataError(what, hint=hint) from error
    except Exception as error:  # Pillow raises many kinds for a damaged file
        raise DataError(f"{size} bytes that are not a complete image: {error}") from error
    if kind == "PNG" and _PNG_END not in data:
        raise DataError(f"{size} bytes that are not a complete image: a PNG file without its end")
    if cut:
        named = f"{name}: " if name else ""
        warnings.warn(
            f"{named}a JPEG file of {size} bytes without its end: what is missing is grey",
            MyCaffeWarning,
            stacklevel=2,
        )
    return _planes(values)


def _planes(values: np.ndarray) -> np.ndarray:
    """Return pixels (height, width[, channels]) as (channels, height, width), blue first."""
    if values.ndim == 2:
        return np.ascontiguousarray(values[None])
    order = _BGRA if values.shape[2] == 4 else _BGR
    return np.ascontiguousarray(values.transpose(2, 0, 1)[order])


def open_picture(source: Any) -> Any:
    """Return Pillow's image of a file, its name or a stream, if it is of a format that is read here.

    DataError if it has more than 50 million pixels, or what MYCAFFE_IMAGE_PIXELS says. Nothing is decoded yet.
    """
    module, most = require("PIL.Image", "image"), size_setting(PIXELS_SETTING)
    if most is not None and module.MAX_IMAGE_PIXELS is not None:
        module.MAX_IMAGE_PIXELS = max(module.MAX_IMAGE_PIXELS, 2 * most)  # ours comes first
    most = MOST_PIXELS if most is None else most
    image = module.open(source, formats=_READ)
    width, height = image.size
    if width * height > most:
        image.close()
        raise DataError(
            f"an image of {width} x {height} is too large: at most {most:,} pixels are read",
            hint=f"if it is to be read all the same: {PIXELS_SETTING}={width * height}",
        )
    return image


def check_image_type(kind: str) -> str:
    """Return Pillow's name for the format of a file extension, or raise DataError."""
    name = _FORMATS.get(kind.lower().lstrip("."))
    if name is None:
        known = ", ".join(sorted(_FORMATS))
        raise DataError(f'images cannot be written as "{kind}"', hint=f"valid: {known}")
    return name


def encode_image(image: np.ndarray, kind: str, quality: int | None = None) -> bytes:
    """Return an image as the bytes of a file; ``kind`` is an extension such as ``png``.

    ``quality``, 1 to 100, is JPEG's; OpenCV's 95 if not given.

    Raises DataError if images of this size cannot have that form: JPEG's sides have at most 65,535 pixels.
    """
    module = require("PIL.Image", "image")
    name = check_image_type(kind)
    values = image[0] if len(image) == 1 else image[_BGR].transpose(1, 2, 0)
    options = _OPTIONS.get(name, {}) if quality is None else {"quality": quality}
    buffer = io.BytesIO()
    try:
        module.fromarray(np.ascontiguousarray(values)).save(buffer, name, **options)
    except (OSError, ValueError) as error:
        height, width = image.shape[1:]
        raise DataError(
            f"an image of {width} x {height} cannot be written as {name}: {error}"
        ) from error
    return buffer.getvalue()


def resize_pixels(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return an image (channels, height, width) of uint8 resized to (height, width).

    Bilinear between the four nearest pixels, as OpenCV's INTER_LINEAR in Caffe (to within 1, as that
    one rounds its weights); not Pillow's bilinear filter, which averages over more pixels when it
    shrinks an image.
    """
    return resample(image, size)


resize_image = resize_pixels
"""The name that resize_pixels had before 0.2."""
