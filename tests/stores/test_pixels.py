"""The limit on the pixels of an image: looked at before anything is decoded, wherever images are read."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mycaffe_py.errors import ConfigError, DataError
from mycaffe_py.plugins import default_registry
from mycaffe_py.pycaffe import io as caffe_io
from mycaffe_py.stores import datum, decode_image, images, read_image


def picture(width, height, kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, kind)
    return file.getvalue()


@pytest.fixture
def most(monkeypatch):
    monkeypatch.setattr(images, "MOST_PIXELS", 100)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP"])
@pytest.mark.usefixtures("most")
def test_an_image_with_more_pixels_is_refused(tmp_path, kind):
    assert decode_image(picture(10, 10, kind), True).shape == (3, 10, 10)
    (tmp_path / "a").write_bytes(picture(101, 1, kind))
    with pytest.raises(DataError) as caught:
        read_image(tmp_path / "a")
    message = "an image of 101 x 1 is too large: at most 100 pixels are read"
    assert caught.value.message == f"{tmp_path / 'a'}: {message}"
    assert caught.value.hint == "if it is to be read all the same: MYCAFFE_IMAGE_PIXELS=101"
    with pytest.raises(DataError, match="too large"):
        caffe_io.load_image(tmp_path / "a")


@pytest.mark.usefixtures("most")
def test_an_image_in_a_record_is_refused():
    message = default_registry().schema.new("Datum", encoded=True, data=picture(101, 1))
    with pytest.raises(DataError, match="an image of 101 x 1 is too large"):
        datum.datum_to_array(message)


@pytest.mark.usefixtures("most")
def test_of_an_animation_the_first_picture_is_read():
    frames = [Image.new("L", (9, 9), shade) for shade in (10, 200, 250)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert (decode_image(file.getvalue(), False) == 10).all()


@pytest.mark.usefixtures("most")
def test_the_limit_can_be_set(monkeypatch):
    monkeypatch.setenv("MYCAFFE_IMAGE_PIXELS", "200")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 150)  # Pillow's own, which would warn
    assert decode_image(picture(20, 10), True).shape == (3, 10, 20)
    with pytest.raises(DataError, match="at most 200 pixels"):
        decode_image(picture(201, 1), True)
    monkeypatch.setenv("MYCAFFE_IMAGE_PIXELS", "many")
    with pytest.raises(ConfigError, match="is no size"):
        decode_image(picture(1, 1), True)


def test_a_file_may_claim_any_size():
    data = bytearray(picture(1, 1))
    data[16:24] = np.array([2**31 - 1, 2**31 - 1], ">u4").tobytes()
    with pytest.raises(DataError):
        decode_image(bytes(data), True)
