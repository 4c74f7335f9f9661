from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.stores.resizing import resize_image

from ..conftest import DATA

with np.load(DATA / "resizing.npz") as stored:
    EXPECTED = dict(stored)


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - {"image"}))
def test_splines_as_scipy_has_them(name):
    order, *size = map(int, name.split("-"))
    found = resize_image(EXPECTED["image"], size, order)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, EXPECTED[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize("order", range(4))
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_values_keep_their_range(order, channels, rng):
    image = rng.uniform(-300, 500, (6, 7, channels))
    found = resize_image(image, (17, 3), order)
    assert found.shape == (17, 3, channels)
    assert image.min() <= found.min() + 1e-4 and found.max() - 1e-4 <= image.max()


@pytest.mark.parametrize("order", range(4))
def test_a_constant_image_stays_constant(order):
    found = resize_image(np.full((1, 3, 2), 7.5), (4, 5), order)
    np.testing.assert_allclose(found, 7.5, rtol=1e-6)


def test_halving_takes_the_mean_of_pairs():
    image = np.arange(8.0).reshape(1, 8, 1)
    assert resize_image(image, (1, 4)).ravel().tolist() == [0.5, 2.5, 4.5, 6.5]


def test_the_same_size_is_a_copy():
    image = np.ones((2, 3, 1), dtype=np.float32)
    found = resize_image(image, (2, 3))
    found[...] = 0
    assert image.all()


@pytest.mark.parametrize(
    ("shape", "dims", "order", "error", "words"),
    [
        ((4, 4), (2, 2), 1, ShapeError, r"not shape \(4, 4\)"),
        ((4, 4, 1), (0, 2), 1, ShapeError, r"\(4, 4, 1\) cannot be resized to \(0, 2\)"),
        ((0, 4, 1), (2, 2), 1, ShapeError, r"\(0, 4, 1\) cannot be resized"),
        ((4, 4, 1), (2, 2), 4, ConfigError, "interp_order must be 0, 1, 2 or 3, got 4"),
    ],
)
def test_what_cannot_be_resized(shape, dims, order, error, words):
    with pytest.raises(error, match=words):
        resize_image(np.zeros(shape), dims, order)
