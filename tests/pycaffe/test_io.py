from __future__ import annotations

import io as stream

import numpy as np
import pytest
from PIL import Image

import mycaffe_py as caffe
from mycaffe_py.errors import DataError, MissingExtraError, MissingFileError, ShapeError
from mycaffe_py.pycaffe.proto import caffe_pb2

# Messages.


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 3, 4, 5), (1, 2, 1, 2, 1)])
def test_arrays_go_through_blobprotos(shape, rng):
    data, diff = rng.standard_normal((2, *shape)).astype(np.float32)
    blob = caffe.io.array_to_blobproto(data, diff)
    assert list(blob.shape.dim) == list(shape) and not blob.double_data
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob), data)
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob, return_diff=True), diff)


def test_float64_is_stored_as_float32_as_pycaffe_does(rng):
    data = rng.standard_normal((2, 3))
    found = caffe.io.blobproto_to_array(caffe.io.array_to_blobproto(data))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, data.astype(np.float32))


def test_old_format():
    blob = caffe_pb2.BlobProto(data=range(100), num=1, channels=1, height=10, width=10)
    found = caffe.io.blobproto_to_array(blob)
    assert found.shape == (1, 1, 10, 10)
    np.testing.assert_array_equal(found.ravel(), np.arange(100))


def test_scalar():
    blob = caffe.io.array_to_blobproto(np.array(123))
    assert caffe.io.blobproto_to_array(blob) == 123


def test_a_damaged_blob():
    with pytest.raises(ValueError, match=r"shape \(2, 2\) but has 3 values"):
        caffe.io.blobproto_to_array(caffe_pb2.BlobProto(shape={"dim": [2, 2]}, data=[1, 2, 3]))


def test_data_and_diff_must_agree():
    with pytest.raises(ShapeError, match=r"data \(2,\) and diff \(3,\)"):
        caffe.io.array_to_blobproto(np.zeros(2), np.zeros(3))


def test_lists_of_arrays():
    arrays = [np.ones((2, 3), np.float32), np.arange(4, dtype=np.float32)]
    text = caffe.io.arraylist_to_blobprotovector_str(arrays)
    assert isinstance(text, bytes)
    for found, array in zip(caffe.io.blobprotovector_str_to_arraylist(text), arrays, strict=True):
        np.testing.assert_array_equal(found, array)


def test_datums_of_bytes_and_of_floats(rng):
    pixels = rng.integers(0, 256, (3, 4, 5), dtype=np.uint8)
    datum = caffe.io.array_to_datum(pixels, label=7)
    assert (datum.channels, datum.height, datum.width, datum.label) == (3, 4, 5, 7)
    assert len(datum.data) == 60 and not datum.float_data
    found = caffe.io.datum_to_array(datum)
    np.testing.assert_array_equal(found, pixels)
    assert found.dtype == np.uint8 and found.flags.writeable
    values = rng.standard_normal((2, 3, 4))
    datum = caffe.io.array_to_datum(values)
    assert not datum.data and not datum.HasField("label")
    np.testing.assert_array_equal(caffe.io.datum_to_array(datum), values.astype(np.float32))


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_an_encoded_datum_is_decoded_with_blue_first(mode, channels, rng):
    shape = (4, 5, 3) if mode == "RGB" else (4, 5)
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    buffer = stream.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    found = caffe.io.datum_to_array(caffe_pb2.Datum(data=buffer.getvalue(), encoded=True))
    assert found.shape == (channels, 4, 5)
    expected = pixels[..., ::-1].transpose(2, 0, 1) if mode == "RGB" else pixels[np.newaxis]
    np.testing.assert_array_equal(found, expected)


def test_what_is_no_datum():
    with pytest.raises(ValueError, match=r"not \(4, 5\)"):
        caffe.io.array_to_datum(np.zeros((4, 5)))
    with pytest.raises(
        DataError, match=r"a Datum cannot be read: it declares \(1, 2, 2\) .* has 3 values"
    ):
        caffe.io.datum_to_array(caffe_pb2.Datum(channels=1, height=2, width=2, data=b"abc"))
    with pytest.raises(
        DataError, match="a Datum cannot be read: 3 bytes that are not a complete image"
    ):
        caffe.io.datum_to_array(caffe_pb2.Datum(data=b"abc", encoded=True))


# Images.


@pytest.fixture
def saved(tmp_path):
    def save(pixels, mode=None, name="x.png"):
        image = Image.fromarray(np.asarray(pixels))
        (image.convert(mode) if mode else image).save(tmp_path / name)
        return tmp_path / name

    return save


COLOURS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colours(saved, mode):
    image = caffe.io.load_image(saved(COLOURS, mode))
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, COLOURS / np.float32(255))


def test_colours_as_gray(saved):
    image = caffe.io.load_image(str(saved(COLOURS)), color=False)
    np.testing.assert_allclose(image[..., 0], [[0.2125, 0.7154], [0.0721, 1]], rtol=1e-6)


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_gray_is_repeated(saved, mode):
    path = saved(np.array([[0, 255, 0]], np.uint8), mode)
    image = caffe.io.load_image(path)
    assert image.shape == (1, 3, 3)
    np.testing.assert_array_equal(image[0, :, 1], [0, 1, 0])
    assert caffe.io.load_image(path, color=False).shape == (1, 3, 1)


def test_sixteen_bits(saved):
    image = caffe.io.load_image(saved(np.array([[0, 65535, 13107]], np.uint16)), color=False)
    np.testing.assert_allclose(image.ravel(), [0, 1, 0.2], rtol=1e-6)


def test_what_is_no_image(tmp_path, monkeypatch):
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(DataError, match=r'image ".*text\.png" cannot be read'):
        caffe.io.load_image(tmp_path / "text.png")
    with pytest.raises(MissingFileError, match=r'image "gone\.png" does not exist'):
        caffe.io.load_image("gone.png")
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match=r"mycaffe-py\[image\]"):
        caffe.io.load_image(tmp_path / "text.png")


def test_ten_crops(rng):
    images = rng.standard_normal((2, 6, 9, 3)).astype(np.float32)
    crops = caffe.io.oversample(images, (4, 6))
    assert crops.shape == (20, 4, 6, 3)
    first = images[0]
    plain = [first[:4, :6], first[:4, 3:], first[2:, :6], first[2:, 3:], first[1:5, 1:7]]
    for index, expected in enumerate(plain):
        np.testing.assert_array_equal(crops[index], expected)
        np.testing.assert_array_equal(crops[index + 5], expected[:, ::-1])
    np.testing.assert_array_equal(crops[14], images[1, 1:5, 1:7])


def test_images_smaller_than_the_crops():
    with pytest.raises(ShapeError, match=r"\(3, 3\) are smaller than the crops \(4, 4\)"):
        caffe.io.oversample([np.zeros((3, 3, 1))], (4, 4))
