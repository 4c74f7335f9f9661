from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import mycaffe_py as caffe
from mycaffe_py.errors import ConfigError, DataError, MissingFileError, ShapeError
from mycaffe_py.net import TEST, Net

MODEL = """
name: "Small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 4 dim: 3 dim: 5 dim: 5 } } }
layer {
  name: "ip" type: "InnerProduct" bottom: "data" top: "prob"
  inner_product_param { num_output: 7 weight_filler { type: "gaussian" std: 0.1 } }
}
"""


@pytest.fixture
def files(tmp_path):
    """Write a net and its weights."""
    model, weights = tmp_path / "small.prototxt", tmp_path / "small.caffemodel"
    model.write_text(MODEL)
    Net(model, TEST).save(weights)
    return str(model), str(weights)


def outputs(net, values):
    """Return what the weights give, by a product of matrices."""
    weight, bias = (blob.data for blob in net.params["ip"])
    return np.reshape(values, (len(values), -1)) @ weight.T + bias


# Classifier.


def test_the_centre_of_the_image(files, rng):
    net = caffe.Classifier(
        *files, image_dims=(8, 9), mean=np.array([1, 2, 3]), raw_scale=255, channel_swap=(2, 1, 0)
    )
    assert isinstance(net, Net) and net.phase == TEST
    images = [rng.uniform(0, 1, (12, 11, 3)).astype(np.float32) for _ in range(6)]
    found = net.predict(images, oversample=False)
    crops = [caffe.io.resize_image(image, (8, 9))[1:6, 2:7] for image in images]
    values = [
        255 * c.transpose(2, 0, 1)[::-1] - np.array([1, 2, 3]).reshape(3, 1, 1) for c in crops
    ]
    assert found.shape == (6, 7)
    np.testing.assert_allclose(found, outputs(net, values), rtol=1e-3, atol=1e-3)


def test_ten_crops_are_averaged(files, rng):
    net = caffe.Classifier(*files, image_dims=[7, 7])
    images = rng.uniform(0, 1, (3, 7, 7, 3)).astype(np.float32)
    crops = caffe.io.oversample(images, (5, 5)).transpose(0, 3, 1, 2)
    expected = outputs(net, crops).reshape(3, 10, 7).mean(axis=1)
    np.testing.assert_allclose(net.predict(list(images)), expected, rtol=1e-4, atol=1e-5)
    assert net.blobs["data"].shape[0] == 4


def test_the_size_of_the_input_is_the_default(files, rng):
    net = caffe.Classifier(*files)
    assert net.image_dims == (5, 5)
    image = rng.uniform(0, 1, (5, 5, 3)).astype(np.float32)
    found = net.predict([image], oversample=False)
    np.testing.assert_allclose(
        found, outputs(net, [image.transpose(2, 0, 1)]), rtol=1e-4, atol=1e-5
    )


def test_what_a_classifier_does_not_take(files, tmp_path):
    with pytest.raises(ShapeError, match=r'\(4, 9\) must be at least .* "data", \(5, 5\)'):
        caffe.Classifier(*files, image_dims=(4, 9))
    net = caffe.Classifier(*files)
    for images in (np.zeros((5, 5, 3)), []):
        with pytest.raises(ConfigError, match=r"takes a list of images"):
            net.predict(images)
    with pytest.raises(MissingFileError):
        caffe.Classifier(files[0], "gone.caffemodel")
    flat = tmp_path / "flat.prototxt"
    flat.write_text(MODEL.replace("dim: 5 dim: 5", ""))
    with pytest.raises(ConfigError, match=r'"Small" needs one input .* it has data \(4, 3\)'):
        caffe.Classifier(flat, None)


# Detector.


@pytest.fixture
def picture(tmp_path, rng):
    pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return str(tmp_path / "picture.png"), pixels.astype(np.float32) / 255


def test_windows_of_images(files, picture):
    net = caffe.Detector(*files, raw_scale=255, mean=np.array([5, 6, 7]))
    name, image = picture
    windows = [(0, 0, 10, 10), (5, 10, 20, 30), np.array([2.0, 3.0, 7.0, 8.0])]
    found = net.detect_windows([(name, windows[:2]), (name, windows[2:])])
    assert [set(each) for each in found] == [{"window", "prediction", "filename"}] * 3
    assert found[1]["window"] == windows[1] and found[2]["filename"] == name
    for detection, (top, left, bottom, right) in zip(found, np.array(windows, int), strict=True):
        part = caffe.io.resize_image(image[top:bottom, left:right], (5, 5))
        value = 255 * part.transpose(2, 0, 1) - np.array([5, 6, 7]).reshape(3, 1, 1)
        np.testing.assert_allclose(
            detection["prediction"], outputs(net, [value])[0], rtol=1e-3, atol=1e-3
        )
    assert net.detect_windows([]) == []


def test_context_around_a_window(files, picture):
    """A window of 3 pixels with a border of 1 in an input of 5: the window and one pixel around it."""
    net = caffe.Detector(*files, context_pad=1)
    crop = net.crop(picture[1], (7, 9, 9, 11))
    assert crop.shape == (5, 5, 3)
    # The rules of R-CNN enlarge to rows 6 to 10 and cut off the last one.
    expected = caffe.io.resize_image(picture[1][6:11, 8:13], (5, 5))
    np.testing.assert_allclose(crop, expected, atol=1e-6)


def test_what_lies_outside_of_the_image_is_the_mean(files, picture):
    mean = np.array([51, 102, 153])
    net = caffe.Detector(
        *files, context_pad=1, mean=mean, raw_scale=255, channel_swap=(2, 1, 0), input_scale=3
    )
    crop = net.crop(picture[1], np.array([0, 0, 4, 4]))
    np.testing.assert_allclose(crop[0], np.tile([0.6, 0.4, 0.2], (5, 1)), rtol=1e-6)
    np.testing.assert_allclose(crop[:, 0], np.tile([0.6, 0.4, 0.2], (5, 1)), rtol=1e-6)
    prepared = net.transformer.preprocess("data", crop)
    np.testing.assert_allclose(prepared[:, 0], 0, atol=1e-3)
    corner = net.crop(picture[1], (15, 25, 19, 29))
    assert corner.shape == (5, 5, 3) and not np.allclose(corner[:3, :3], [0.6, 0.4, 0.2])


@pytest.mark.parametrize("pad", [0, 1])
def test_windows_that_hold_nothing(files, picture, pad):
    net = caffe.Detector(*files, context_pad=pad)
    with pytest.raises(
        DataError, match=r'image ".*picture\.png": the window .* contains no part of an image'
    ):
        net.detect_windows([(picture[0], [(40, 40, 50, 50)])])
    with pytest.raises(DataError, match=r"a window is \(ymin, xmin, ymax, xmax\)"):
        net.detect_windows([(picture[0], [(1, 2, 3)])])


def test_what_a_detector_does_not_take(files):
    with pytest.raises(ShapeError, match="context_pad 3 needs a square input of more than 6"):
        caffe.Detector(*files, context_pad=3)
    with pytest.raises(ConfigError, match=r"selective search .* not part of this package"):
        caffe.Detector(*files).detect_selective_search(["x.png"])
