"""What stands for scikit-image and SciPy where they are not installed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.pycaffe import image_parts


@pytest.mark.parametrize(
    ("shape", "size"), [((4, 5, 3), (9, 7)), ((6, 8), (3, 5)), ((5, 4, 2), (5, 2))]
)
@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_resize(shape, size, order, rng):
    """As scikit-image, whose resize is SciPy's zoom with pixels as areas, mirrored at the border."""
    from scipy import ndimage

    image = rng.random(shape)
    factors = [new / old for new, old in zip(size, shape, strict=False)] + [1] * (len(shape) - 2)
    expected = ndimage.zoom(image, factors, order=order, mode="mirror", grid_mode=True)
    expected = expected.clip(image.min(), image.max())
    np.testing.assert_allclose(image_parts.resize(image, size, order=order), expected, atol=1e-12)


def test_ranges_of_resize():
    pixels = np.array([[0, 255], [51, 102]], np.uint8)
    np.testing.assert_allclose(image_parts.resize(pixels, (2, 2)), pixels / 255)
    kept = image_parts.resize(pixels, (2, 2), preserve_range=True)
    np.testing.assert_array_equal(kept, pixels)
    assert image_parts.resize(pixels.astype(np.float32), (4, 4)).dtype == np.float32
    edge = image_parts.resize(np.array([[0.0, 1.0]]), (1, 4), mode="edge")
    np.testing.assert_allclose(edge, [[0, 0.25, 0.75, 1]])
    for wrong in ({"order": 5}, {"anti_aliasing": True}, {"mode": "wrap"}):
        with pytest.raises(ConfigError, match="pip install scikit-image"):
            image_parts.resize(pixels, (2, 2), **wrong)
    with pytest.raises(ShapeError):
        image_parts.resize(pixels, (2, 2, 2))


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("factor", [2, 0.5, (3, 1.4)])
def test_zoom(order, factor, rng):
    from scipy import ndimage

    values = rng.random((6, 5))
    expected = ndimage.zoom(values, factor, order=order)
    np.testing.assert_allclose(image_parts.zoom(values, factor, order=order), expected, atol=1e-12)
    with pytest.raises(ConfigError, match="pip install scipy"):
        image_parts.zoom(values, 2)


def test_parts_of_scikit_image(tmp_path):
    parts = image_parts.skimage
    pixels = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    np.testing.assert_array_equal(parts.io.imread(tmp_path / "x.png"), pixels)
    gray = parts.io.imread(str(tmp_path / "x.png"), as_gray=True)
    np.testing.assert_allclose(gray, pixels[..., :3] / 255 @ [0.2125, 0.7154, 0.0721])
    assert parts.color.gray2rgb(gray).shape == (2, 4, 3)
    np.testing.assert_array_equal(parts.img_as_ubyte(parts.img_as_float(pixels)), pixels)
    assert parts.img_as_ubyte(np.array([0, 65535], np.uint16)).tolist() == [0, 255]
    assert parts.img_as_float(np.array([True])).tolist() == [1.0]
    with pytest.raises(AttributeError, match="pip install scikit-image"):
        parts.filters  # noqa: B018
    with pytest.raises(ValueError, match="between -1 and 1"):
        parts.img_as_ubyte(np.array([2.0]))
