"""Image files of all kinds and what OpenCV reads of them: expected values for ``mycaffe_py.stores.decode_image``.

Each is written to a file first, since only there OpenCV reads a JPEG file without its end, as Caffe does.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

PATH = Path(__file__).parents[2] / "tests" / "data" / "images.npz"
FLAGS = {"color": cv2.IMREAD_COLOR, "grey": cv2.IMREAD_GRAYSCALE, "native": cv2.IMREAD_UNCHANGED}
_Y, _X = np.mgrid[:12, :16]
RGB = np.stack([_Y * 20, _X * 15, (_X + _Y) * 8], axis=-1).astype(np.uint8)
GREY = (_Y * 16 + _X * 3).astype(np.uint8)
ALPHA = (255 - _X * 10).astype(np.uint8)
DEEP = (_Y * 5000 + _X * 300 + 7).astype(np.uint16)
PLAIN = {
    "png": "PNG",
    "bmp": "BMP",
    "tiff": "TIFF",
    "gif": "GIF",
    "webp": "WEBP",
    "jpeg": "JPEG",
    "ppm": "PPM",
}


def saved(values: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    """Return the bytes of an image's file as Pillow writes it."""
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    stream = io.BytesIO()
    options = {"lossless": True, **options} if kind == "WEBP" else options
    image.save(stream, kind, **options)
    return stream.getvalue()


def encoded(kind: str, values: np.ndarray) -> bytes:
    """Return the bytes of an image's file as OpenCV writes it."""
    return cv2.imencode(kind, values)[1].tobytes()


def held(orientation: int) -> Image.Exif:
    """Return Exif data with an orientation."""
    exif = Image.Exif()
    exif[0x112] = orientation
    return exif


def kinds() -> dict[str, bytes]:
    """Return files of all formats and modes."""
    found = {}
    for name, kind in PLAIN.items():
        found[f"{name}_colour"] = saved(RGB, kind)
        found[f"{name}_grey"] = saved(GREY, kind)
    for name in ("png", "tiff", "webp", "bmp"):
        found[f"{name}_alpha"] = saved(np.dstack([RGB, ALPHA]), PLAIN[name])
    palette = Image.fromarray(RGB).quantize(16)
    for name in ("png", "gif", "bmp", "tiff"):
        found[f"{name}_palette"] = saved(palette, PLAIN[name])
    for name in ("png", "tiff", "bmp", "ppm"):
        found[f"{name}_one_bit"] = saved(GREY > 100, PLAIN[name])
    two = Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(ALPHA)])
    found["png_grey_alpha"], found["tiff_grey_alpha"] = saved(two, "PNG"), saved(two, "TIFF")
    found["png_palette_clear"] = saved(palette, "PNG", transparency=2)
    found["gif_palette_clear"] = saved(palette, "GIF", transparency=2)
    found["png_colour_clear"] = saved(RGB, "PNG", transparency=(0, 0, 0))
    found["png_grey_clear"] = saved(GREY, "PNG", transparency=0)
    other = [Image.fromarray(RGB[::-1]).quantize(8)]
    found["gif_moving"] = saved(
        Image.fromarray(RGB).quantize(8), "GIF", save_all=True, append_images=other
    )
    found["jp2_colour"] = saved(RGB, "JPEG2000", irreversible=False)
    return {**found, **deep(), **ink()}


def deep() -> dict[str, bytes]:
    """Return files with more than 8 bits for a value."""
    three = np.stack([DEEP, DEEP // 2, DEEP // 3], axis=-1)
    share = (DEEP / 70000).astype(np.float32)
    return {
        "png_grey_16": encoded(".png", DEEP),
        "tiff_grey_16": encoded(".tiff", DEEP),
        "pgm_grey_16": encoded(".pgm", DEEP),
        "png_colour_16": encoded(".png", three),
        "tiff_colour_16": encoded(".tiff", three),
        "ppm_colour_16": encoded(".ppm", three),
        "png_alpha_16": encoded(".png", np.dstack([three, DEEP])),
        "tiff_grey_32": saved(DEEP.astype(np.int32) * 30000, "TIFF"),
        "tiff_grey_float": saved(share, "TIFF"),
        "tiff_grey_float_255": saved(share * np.float32(255), "TIFF"),
        "tiff_colour_float": encoded(".tiff", np.dstack([share, share / 2, share / 3])),
        "tiff_grey_signed": encoded(".tiff", (DEEP // 2 - 4000).astype(np.int16)),
    }


def ink() -> dict[str, bytes]:
    """Return files whose values are no red, green and blue."""
    four = Image.merge(
        "CMYK", [Image.fromarray(plane) for plane in (*RGB.transpose(2, 0, 1), 255 - GREY)]
    )
    return {
        "jpeg_cmyk": saved(four, "JPEG", quality=98),
        "tiff_cmyk": saved(four, "TIFF"),
        "tiff_ycbcr": saved(Image.fromarray(RGB).convert("YCbCr"), "TIFF"),
        "tiff_lab": saved(Image.fromarray(RGB).convert("LAB"), "TIFF"),
    }


def turned() -> dict[str, bytes]:
    """Return files with an orientation."""
    found = {
        f"jpeg_held_{way}": saved(RGB, "JPEG", exif=held(way), quality=95) for way in range(1, 9)
    }
    found["png_held_6"] = saved(RGB, "PNG", exif=held(6))
    found["webp_held_6"] = saved(RGB, "WEBP", exif=held(6))
    return found


def cut() -> dict[str, bytes]:
    """Return files without their end."""
    large = Image.fromarray(RGB).resize((64, 48), Image.Resampling.BICUBIC)
    found = {}
    for name, image, options in (
        ("jpeg", large, {}),
        ("progressive", large, {"progressive": True}),
        ("grey_jpeg", large.convert("L"), {}),
    ):
        whole = saved(image, "JPEG", quality=90, **options)
        for percent in (99, 70):
            found[f"{name}_cut_{percent}"] = whole[: len(whole) * percent // 100]
        found[f"{name}_cut_end"] = whole[:-2]
    for name in ("png", "bmp", "tiff", "gif", "webp", "ppm"):
        whole = saved(large, PLAIN[name])
        found[f"{name}_cut_70"] = whole[: len(whole) * 7 // 10]
    found["png_cut_end"] = saved(large, "PNG")[:-12]
    return found


def read(data: bytes, flag: int, folder: str) -> np.ndarray:
    """Return what OpenCV reads, as (channels, height, width); an empty array if nothing."""
    path = Path(folder) / "image"
    path.write_bytes(data)
    values = cv2.imread(str(path), flag)
    if values is None:
        return np.empty(0, np.uint8)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)


if __name__ == "__main__":
    arrays = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, data in {**kinds(), **turned(), **cut()}.items():
            arrays[f"{name}/file"] = np.frombuffer(data, np.uint8)
            for wish, flag in FLAGS.items():
                arrays[f"{name}/{wish}"] = read(data, flag, folder)
    np.savez_compressed(PATH, **arrays)
