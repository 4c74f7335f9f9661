"""Values of 8 bits; the pixels of Pillow's images as such, as OpenCV's ``imread`` gives them, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.errors import DataError, require

_SAMPLE_FORMAT, _BITS = 339, 258
_UNSIGNED = 1
_WIDE = ("I", "F")
_SIXTEEN = 16
_HINT = "convert it to 8 or 16 bits first"


def as_eight_bit(values: np.ndarray) -> np.ndarray:
    """Return values rounded to uint8 and kept within 0 and 255, as OpenCV's saturate_cast."""
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


def check_kind(image: Any) -> None:
    """Raise DataError if an image's values are no unsigned integers of at most 8 or of 16 bits, or L*a*b*."""
    if image.mode == "LAB":
        raise DataError("an image in L*a*b* is not read", hint="convert it to RGB first")
    if image.mode == "F":
        raise DataError("an image of floating-point values is not read", hint=_HINT)
    if image.format != "TIFF":
        return
    bits = max(image.tag_v2.get(_BITS, (1,)))
    kinds = image.tag_v2.get(_SAMPLE_FORMAT, (_UNSIGNED,))
    if (bits > 8 and bits != _SIXTEEN) or any(kind != _UNSIGNED for kind in kinds):
        raise DataError(
            f"an image of {bits} bits{' with a sign' if bits in (8, _SIXTEEN) else ''} is not read",
            hint=_HINT,
        )


def pixels(image: Any, color: bool | None) -> np.ndarray:
    """Return (height, width) or (height, width, channels) in the order red, green, blue, alpha.

    ``color``: True for three channels, False for one, None for those of the file. Values of 16 bits are reduced to
    the upper 8, alpha is dropped. Of a JPEG file grey is the Y that it contains.
    """
    check_kind(image)
    if color is False and image.format == "JPEG" and image.mode in ("RGB", "YCbCr"):
        image.draft("L", None)
    if image.mode.startswith("I"):
        return _colours((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8), color)
    if image.format == "JPEG" and image.mode == "CMYK":
        image = _from_ink(image)
    elif image.format == "TIFF" and image.mode == "RGBA":
        image = _on_black(image)
    elif image.format == "GIF" and image.mode == "P" and color is not None:
        image = _on_background(image)
    if color is None:
        return np.asarray(_native(image))
    return np.asarray(image.convert("RGB" if color else "L"))


def _colours(values: np.ndarray, color: bool | None) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2) if color else values


def _from_ink(image: Any) -> Any:
    """Return a CMYK image of a JPEG file as RGB: OpenCV takes the file's values as amounts of light."""
    light = np.asarray(image).astype(np.int32)
    if "adobe" in image.info:
        light = 255 - light  # which Pillow turned round
    black = light[..., 3:]
    return _picture((black - ((255 - light[..., :3]) * black >> 8)).astype(np.uint8))


def _on_black(image: Any) -> Any:
    """Return an image with its alpha channel as if before black, as libtiff gives it."""
    values = np.asarray(image).astype(np.uint16)
    values[..., :3] = (values[..., :3] * values[..., 3:] + 127) // 255
    return _picture(values.astype(np.uint8))


def _on_background(image: Any) -> Any:
    """Return a GIF with its background where it is transparent."""
    clear, behind = image.info.get("transparency"), image.info.get("background")
    if not isinstance(clear, int) or not isinstance(behind, int):
        return image
    return image.point([behind if index == clear else index for index in range(256)])


def _picture(values: np.ndarray) -> Any:
    """Return Pillow's image of pixels (height, width, channels) of uint8."""
    return require("PIL.Image", "image").fromarray(np.ascontiguousarray(values))


def _native(image: Any) -> Any:
    """Return an image in the channels that OpenCV gives without a wish for others."""
    if image.format == "TIFF" and image.mode == "LA":
        return image.getchannel(0)
    clear = "transparency" in image.info and image.mode not in ("1", "L")
    if clear or image.mode in ("LA", "PA", "RGBA", "La", "RGBa"):
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")
