from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.pycaffe.io import Transformer, resize_image


@pytest.fixture
def image(rng):
    return rng.uniform(0, 1, (4, 5, 3)).astype(np.float32)


@pytest.fixture
def transformer():
    return Transformer({"data": [10, 3, 4, 5]})


def test_without_settings_only_the_size_is_changed(transformer, rng):
    image = rng.uniform(0, 1, (8, 7, 3)).astype(np.float32)
    np.testing.assert_array_equal(
        transformer.preprocess("data", image), resize_image(image, (4, 5))
    )


def test_all_steps_in_their_order(transformer, image):
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_channel_swap("data", (2, 1, 0))
    transformer.set_raw_scale("data", 255)
    transformer.set_mean("data", np.array([10, 20, 30]))
    transformer.set_input_scale("data", 0.5)
    found = transformer.preprocess("data", image)
    expected = image.transpose(2, 0, 1)[::-1] * 255
    expected = (expected - np.array([10, 20, 30]).reshape(3, 1, 1)) * 0.5
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert found.dtype == np.float32 and found.shape == (3, 4, 5)
    np.testing.assert_allclose(transformer.deprocess("data", found), image, atol=1e-6)
    np.testing.assert_allclose(transformer.deprocess("data", found[None]), image, atol=1e-6)


def test_the_image_stays_as_it_is(transformer, image):
    before = image.copy()
    transformer.set_raw_scale("data", 255)
    found = transformer.preprocess("data", image)
    found[...] = 0
    np.testing.assert_array_equal(image, before)


def test_a_mean_image_of_another_size_is_resized(transformer, image, rng):
    transformer.set_transpose("data", (2, 0, 1))
    mean = rng.uniform(0, 255, (3, 8, 9))
    transformer.set_mean("data", mean)
    expected = resize_image(mean.transpose(1, 2, 0), (4, 5)).transpose(2, 0, 1)
    found = transformer.preprocess("data", image)
    np.testing.assert_allclose(found, image.transpose(2, 0, 1) - expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 3, 4, 5), (1, 4, 5)])
def test_mean_images(transformer, image, shape):
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_mean("data", np.ones(shape))
    np.testing.assert_allclose(
        transformer.preprocess("data", image), image.transpose(2, 0, 1) - 1, rtol=1e-6
    )


def test_one_channel():
    transformer = Transformer({"data": (1, 1, 4, 5)})
    transformer.set_transpose("data", (2, 0, 1))
    image = np.arange(20.0).reshape(4, 5, 1)
    found = transformer.preprocess("data", image)
    assert found.shape == (1, 4, 5)
    np.testing.assert_array_equal(transformer.deprocess("data", found[None]), image)
    transformer.set_mean("data", np.ones((4, 5)))
    np.testing.assert_array_equal(transformer.preprocess("data", image), found - 1)
    plain = Transformer({"data": (1, 1, 4, 5)})
    plain.set_raw_scale("data", 2)
    assert plain.deprocess("data", found[None]).shape == (4, 5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: t.set_transpose("data", (1, 0)), r'"data" \(10, 3, 4, 5\) has 3 axes'),
        (lambda t: t.set_transpose("data", (2, 2, 1)), r"got \(2, 2, 1\)"),
        (lambda t: t.set_channel_swap("data", (1, 0)), "has 3 channels"),
        (lambda t: t.set_mean("data", [1, 2]), r"has 3 channels, the mean \(2,\)"),
        (lambda t: t.set_mean("data", np.zeros((2, 4, 5))), r"\(2, 4, 5\) does not fit"),
        (lambda t: t.set_mean("data", np.zeros((4, 5))), r"\(4, 5\) does not fit"),
    ],
)
def test_settings_that_do_not_fit(transformer, call, words):
    with pytest.raises(ShapeError, match=words):
        call(transformer)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.preprocess("dta", np.zeros((4, 5, 3))),
        lambda t: t.deprocess("dta", np.zeros((3, 4, 5))),
        lambda t: t.set_transpose("dta", (2, 0, 1)),
        lambda t: t.set_channel_swap("dta", (2, 1, 0)),
        lambda t: t.set_raw_scale("dta", 1),
        lambda t: t.set_mean("dta", [1, 2, 3]),
        lambda t: t.set_input_scale("dta", 1),
    ],
)
def test_inputs_are_checked(transformer, call):
    with pytest.raises(ConfigError, match='dta is not one of the net inputs.*did you mean "data"'):
        call(transformer)


def test_images_that_do_not_fit(transformer):
    transformer.set_transpose("data", (2, 0, 1))
    with pytest.raises(ShapeError, match=r"takes images of 3 axes, got shape \(4, 5\)"):
        transformer.preprocess("data", np.zeros((4, 5)))
    transformer.set_mean("data", [1, 2, 3])
    with pytest.raises(
        ShapeError, match=r"the mean \(3, 1, 1\) does not fit the image \(4, 4, 5\)"
    ):
        transformer.preprocess("data", np.zeros((4, 5, 4)))
    transformer.set_channel_swap("data", (2, 1, 0))
    with pytest.raises(
        ShapeError, match=r"channel swap \(2, 1, 0\) does not fit the image \(4, 4, 5\)"
    ):
        transformer.preprocess("data", np.zeros((4, 5, 4)))
