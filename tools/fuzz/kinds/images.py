"""Image files, lists of them and mean files, as tools and layers read them."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mycaffe_py.plugins import default_registry
from mycaffe_py.stores import mean_to_bytes, read_image, read_list, read_mean
from tools.fuzz.case import MYCAFFE, Case, Kind
from tools.fuzz.mutating import change_bytes, change_text, change_wire

_MODES = ("RGB", "L", "RGBA", "1", "P", "LA", "I;16", "I", "F", "CMYK", "YCbCr")
_FORMATS = (
    "PNG",
    "JPEG",
    "BMP",
    "TIFF",
    "GIF",
    "PPM",
    "WEBP",
    "TGA",
    "ICO",
    "PCX",
    "SGI",
    "DDS",
    "JPEG2000",
    "SPIDER",
    "EPS",
    "PDF",
)
_LIST = "a.png 0\nb.jpg 1\n"
_WINDOWS = "# 0\na.png\n3\n4\n5\n2\n0 0.1 0 0 2 2\n3 1 1 1 4 3\n"
_TYPES = {
    "ImageData": 'image_data_param { source: "list.txt" batch_size: 2 root_folder: "" %s }',
    "WindowData": 'window_data_param { source: "windows.txt" batch_size: 2 %s } transform_param { crop_size: 4 }',
}
_MORE = (
    "",
    "",
    "is_color: false",
    "new_height: 3 new_width: 5",
    "shuffle: true",
    "new_height: 2147483647 new_width: 2147483647",
)


@dataclass
class Corpus:
    """Files of images in many formats and modes, and a mean file."""

    images: list[bytes]
    mean: bytes


def prepare(folder: Path) -> Corpus:
    """Write an image in every mode of every format."""
    values = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    images = []
    for kind in _FORMATS:
        for mode in _MODES:
            with suppress(OSError, ValueError, KeyError, AttributeError, ImportError):
                images.append(_written(values, mode, kind))
    return Corpus(images, mean_to_bytes(default_registry().schema, values.transpose(2, 0, 1)))


def _written(values: np.ndarray, mode: str, kind: str) -> bytes:
    """Return an image as a file; raises what Pillow raises for a mode that it cannot write in this format."""
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of those that it will not write soon
        image = Image.fromarray(values).convert("L" if mode == "I;16" else mode).convert(mode)
        image.save(content, kind)
    return content.getvalue()


def make(rng: random.Random, corpus: Corpus) -> Case:
    """Return a case: odd images, read alone, from a list, or by a layer."""
    files = {"a.png": _image(rng, corpus), "b.jpg": _image(rng, corpus)}
    how = rng.random()
    if how < 0.6:
        return Case([["image", "a.png", rng.choice(("color", "gray", "own", "resized"))]], files)
    if how < 0.7:
        change = rng.choice((change_wire, change_bytes))
        return Case([["mean", "mean.binaryproto"]], {"mean.binaryproto": change(rng, corpus.mean)})
    if how < 0.8:
        files["list.txt"] = change_bytes(rng, change_text(rng, _LIST).encode(errors="replace"), 2)
        return Case([["images", "list.txt"]], files)
    files["list.txt"] = (
        change_text(rng, _LIST, 2).encode(errors="replace")
        if rng.random() < 0.3
        else _LIST.encode()
    )
    files["windows.txt"] = (
        change_text(rng, _WINDOWS, 2).encode(errors="replace")
        if rng.random() < 0.7
        else _WINDOWS.encode()
    )
    if how < 0.9:
        options = rng.choice(
            (
                ["--gray"],
                ["--resize-width=3", "--resize-height=2147483647"],
                ["--encoded", "--encode-type=jpg"],
                ["--check-size"],
                [],
            )
        )
        return Case([[MYCAFFE, "convert-imageset", *options, ".", "list.txt", "db"]], files)
    kind = rng.choice(sorted(_TYPES))
    settings = _TYPES[kind] % rng.choice(_MORE if kind == "ImageData" else _MORE[:1])
    text = f'name: "n" layer {{ name: "d" type: "{kind}" top: "x" top: "y" {settings} }}'
    files["net.prototxt"] = text.encode()
    return Case(
        [[MYCAFFE, "time", "--model", "net.prototxt", "--iterations", "1", "--device", "cpu"]],
        files,
    )


def _image(rng: random.Random, corpus: Corpus) -> bytes:
    data = rng.choice(corpus.images)
    how = rng.random()
    if how < 0.1:
        return data
    if how < 0.3:
        return _claiming_png(rng)
    return change_bytes(rng, data, rng.choice((1, 3, 8)))


def _claiming_png(rng: random.Random) -> bytes:
    """Return a PNG whose header claims a size and a type of its own; its check sums are right."""
    sizes = (0, 1, 3, 8, 1000, 13000, 100000, 2**31 - 1, 2**32 - 1)
    header = struct.pack(
        ">IIBBBBB",
        rng.choice(sizes),
        rng.choice(sizes),
        rng.choice((1, 8, 16, 3)),
        rng.choice((0, 2, 3, 4, 6, 1)),
        0,
        0,
        rng.randrange(2),
    )
    texts = [
        b"tEXtComment\0" + b"a" * 10,
        b"zTXtc\0\0" + zlib.compress(bytes(rng.choice((10, 10**6)))),
        b"eXIf" + rng.randbytes(20),
        b"PLTE\0\0\0",
    ]
    chunks = [
        b"IHDR" + header,
        *rng.sample(texts, rng.randrange(3)),
        b"IDAT" + zlib.compress(bytes(rng.choice((0, 10, 10**5)))),
        b"IEND",
    ]
    parts = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def image(name: str, how: str) -> None:
    """Read an image."""
    color = {"color": True, "gray": False}.get(how, True)
    read_image(name, color, (3, 4) if how == "resized" else None)


def images(name: str) -> None:
    """Read a list and the images that it names."""
    for entry in read_list(name):
        read_image(entry.path)


def mean(name: str) -> None:
    """Read a mean file."""
    read_mean(default_registry().schema, name)


KIND = Kind("images", make, prepare, {"image": image, "images": images, "mean": mean})
