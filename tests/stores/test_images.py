"""Images: kinds of files, colours, resizing; OpenCV says what is right."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.stores import decode_image, encode_image, open_picture, read_image, resize_pixels
from mycaffe_py.stores.images import _READ

from ..storing import images


def stored(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def by_opencv(data, flag):
    found = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    return found[None] if found.ndim == 2 else found.transpose(2, 0, 1)


SMOOTH = np.add.outer(np.arange(12) * 9, np.add.outer(np.arange(10) * 6, [0, 40, 90]))
RGB = Image.fromarray(SMOOTH.astype(np.uint8))
RGBA = Image.fromarray(images(1, (4, 5, 4))[0].transpose(1, 2, 0).copy())
FILES = {
    "colour": stored(RGB),
    "gray": stored(RGB.convert("L")),
    "palette": stored(RGB.quantize(16)),
    "black and white": stored(RGB.convert("1")),
    "transparent": stored(RGBA),
    "gray and transparent": stored(RGBA.convert("LA")),
    "bmp": stored(RGB, "BMP"),
    "jpeg": stored(RGB, "JPEG", quality=95),
    "gray jpeg": stored(RGB.convert("L"), "JPEG", quality=95),
    "16 bits": stored(Image.fromarray((SMOOTH[..., 0] * 256).astype(np.uint16))),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("color", "flag"), [(True, cv2.IMREAD_COLOR), (False, cv2.IMREAD_GRAYSCALE)]
)
def test_files_are_read_as_by_opencv(name, color, flag):
    found, expected = decode_image(FILES[name], color), by_opencv(FILES[name], flag)
    assert found.dtype == np.uint8 and found.flags.c_contiguous
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= (2 if "jpeg" in name else 1)


@pytest.mark.parametrize("name", sorted(FILES.keys() - {"16 bits", "jpeg", "gray jpeg"}))
def test_files_as_they_are(name):
    found, expected = decode_image(FILES[name]), by_opencv(FILES[name], cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", ["png", ".png", "PNG", "bmp", "tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_encoded_reads_the_same(kind, channels):
    (image,) = images(1, (channels, 4, 6))
    np.testing.assert_array_equal(decode_image(encode_image(image, kind)), image)


def test_kinds_that_are_not_written():
    with pytest.raises(DataError, match='images cannot be written as "gif"') as caught:
        encode_image(images(1)[0], "gif")
    assert caught.value.hint == "valid: bmp, jpeg, jpg, png, tif, tiff"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((37, 53), (20, 20)),
        ((37, 53), (80, 70)),
        ((1, 1), (4, 4)),
        ((3, 2), (1, 1)),
        ((5, 9), (5, 3)),
    ],
)
def test_resizing_is_opencvs_to_within_one(before, after):
    (image,) = images(1, (3, *before))
    expected = cv2.resize(image.transpose(1, 2, 0), after[::-1]).transpose(2, 0, 1)
    found = resize_pixels(image, after)
    assert found.dtype == np.uint8 and found.shape == (3, *after)
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(MissingFileError, match=r"image .*a.png does not exist"):
        read_image(tmp_path / "a.png")
    with pytest.raises(DataError, match="cannot read image"):
        read_image(tmp_path)
    (tmp_path / "b.png").write_bytes(FILES["colour"][:50])
    with pytest.raises(DataError, match=r"b.png: 50 bytes that are not a complete image"):
        read_image(tmp_path / "b.png")


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n"
BINARY_EPS = b"\xc5\xd0\xd3\xc6" + np.array([30, len(EPS), 0, 0, 0, 0], "<u4").tobytes() + EPS


@pytest.mark.parametrize("data", [EPS, BINARY_EPS, b"\n" + EPS])
def test_postscript_is_not_read_as_that_would_run_it(data, monkeypatch):
    def run(*arguments, **options):
        raise AssertionError(f"Ghostscript was started: {arguments}")

    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", run)
    with pytest.raises(DataError):
        decode_image(data)


@pytest.mark.parametrize("data", [EPS, BINARY_EPS])
def test_postscript_is_not_even_opened(data):
    with pytest.raises(UnidentifiedImageError):
        open_picture(io.BytesIO(data))


def test_pillow_knows_every_format_that_is_read():
    Image.init()
    assert set(_READ) <= Image.OPEN.keys() and "EPS" not in _READ


def test_an_image_that_is_too_long_for_jpeg():
    with pytest.raises(DataError, match="70000 x 1 cannot be written as JPEG"):
        encode_image(np.zeros((1, 1, 70_000), np.uint8), "jpg")
