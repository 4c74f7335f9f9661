"""Convolutions in which each channel has kernels of its own, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.vision.compiled_depthwise import CompiledDepthwise
from mycaffe_plugins.vision.correlation import Correlation
from mycaffe_plugins.vision.depthwise import Depthwise
from mycaffe_plugins.vision.geometry import Geometry
from mycaffe_plugins.vision.turned_depthwise import TurnedDepthwise

from mycaffe_py.device import Device

from .loops import convolve

CASES = [
    # kernel, stride, pad, dilation; images; kernels a channel
    (((3, 3), (1, 1), (1, 1), (1, 1)), (2, 3, 5, 4), 1),
    (((3, 3), (2, 2), (1, 1), (1, 1)), (1, 3, 6, 7), 1),
    (((3, 3), (2, 2), (1, 1), (1, 1)), (3, 2, 7, 6), 2),
    (((5, 2), (3, 1), (2, 0), (1, 1)), (2, 2, 9, 4), 1),
    (((3, 3), (2, 1), (2, 3), (2, 3)), (1, 2, 6, 7), 3),
    (((4, 3), (6, 4), (0, 1), (4, 1)), (1, 2, 20, 8), 1),
    (((1, 1), (1, 1), (0, 0), (1, 1)), (2, 4, 3, 3), 1),
    (((1, 3), (2, 1), (1, 1), (1, 1)), (2, 2, 4, 5), 1),
    (((2, 2), (5, 5), (0, 0), (1, 1)), (1, 2, 9, 8), 1),
    (((3, 3), (1, 1), (5, 4), (1, 1)), (1, 2, 2, 1), 1),
]
BY_CASE = pytest.mark.parametrize(("settings", "images", "multiple"), CASES)


@BY_CASE
@pytest.mark.parametrize("cache_bytes", [1, 300, 1 << 19])
@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize("way", [Depthwise, CompiledDepthwise])
def test_is_a_correlation(rng, settings, images, multiple, cache_bytes, biased, way):
    geometry, device = Geometry(*settings), Device()
    device.cache_bytes = cache_bytes
    x, weight = (
        rng.standard_normal(images),
        rng.standard_normal((images[1] * multiple, 1, *geometry.kernel)),
    )
    bias = rng.standard_normal(len(weight)) if biased else None
    expected = convolve(
        x, weight, geometry.stride, geometry.pad, geometry.dilation, group=images[1]
    )
    if biased:
        expected += bias[:, None, None]
    found = np.full(expected.shape, np.nan)
    way(device, np.dtype(np.float64), geometry).correlate(x, weight, found, bias)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_not_a_number_stays_in_its_windows(rng):
    geometry, x = Geometry((3, 3), (2, 2), (1, 1), (1, 1)), rng.standard_normal((1, 3, 9, 9))
    weight = rng.standard_normal((3, 1, 3, 3))
    x[0, 1, 4, 5] = np.nan
    for way in (Depthwise, CompiledDepthwise):
        found = np.zeros((1, 3, 5, 5))
        way(Device(), np.dtype(np.float64), geometry).correlate(x, weight, found)
        assert {tuple(place) for place in np.argwhere(np.isnan(found))} == {
            (0, 1, 2, 2),
            (0, 1, 2, 3),
        }


@pytest.mark.parametrize(
    ("fast", "ways"),
    [
        ("0", {(7, 4): None, (20, 4): Depthwise, (20, 2): None}),
        ("1", {(7, 4): TurnedDepthwise, (20, 4): TurnedDepthwise, (20, 2): None}),
    ],
)
def test_which_way_is_taken(rng, monkeypatch, fast, ways):
    monkeypatch.setenv("MYCAFFE_FAST", fast)
    geometry = Geometry((3, 3), (1, 1), (1, 1), (1, 1))
    for (size, group), way in ways.items():
        correlation = Correlation(Device(), np.dtype(np.float64), geometry, group)
        images = (1, 4, size, size)
        correlation.reshape(images, images)
        assert type(correlation.depthwise) is (way or type(None))
        x, weight = rng.standard_normal(images), rng.standard_normal((4, 4 // group, 3, 3))
        found = np.empty(images)
        correlation.correlate(x, weight, found)
        expected = convolve(x, weight, geometry.stride, geometry.pad, geometry.dilation, group)
        np.testing.assert_allclose(found, expected, atol=1e-12)


TURNED = [
    # stride, pad, dilation, images
    ((1, 1), (1, 1), (1, 1), (2, 5, 4, 6)),
    ((2, 2), (1, 1), (1, 1), (3, 4, 7, 6)),
    ((3, 2), (0, 2), (1, 1), (1, 37, 9, 8)),
    ((2, 1), (2, 3), (2, 3), (2, 18, 8, 9)),
    ((1, 1), (0, 0), (1, 1), (1, 4, 3, 3)),
    ((5, 5), (2, 1), (1, 1), (1, 6, 11, 12)),
]


@pytest.mark.parametrize("band_bytes", [1, 3000, 1 << 20])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("stride", "pad", "dilation", "images"), TURNED)
def test_channels_as_lanes(rng, monkeypatch, stride, pad, dilation, images, dtype, band_bytes):
    """Correlation and both gradients, of an image in one piece and in bands of rows."""
    monkeypatch.setattr("mycaffe_plugins.vision.turned_depthwise.BAND_BYTES", band_bytes)
    geometry, kind = Geometry((3, 3), stride, pad, dilation), np.dtype(dtype)
    x, weight = rng.standard_normal(images), rng.standard_normal((images[1], 1, 3, 3))
    bias = rng.standard_normal(images[1])
    expected = convolve(x, weight, stride, pad, dilation, group=images[1])
    dy = rng.standard_normal(expected.shape)
    assert TurnedDepthwise.fits(geometry, images, expected.shape)
    way = TurnedDepthwise(Device(), kind, geometry)
    tolerance = 1e-12 if dtype == "float64" else 2e-5
    small = [array.astype(kind) for array in (x, weight, bias, dy)]
    found = np.full(expected.shape, np.nan, kind)
    way.correlate(small[0], small[1], found, small[2])
    np.testing.assert_allclose(found, expected + bias[:, None, None], atol=tolerance)
    # The gradients are those of a linear function: <dy, y(x, w)> = <dx, x> = <dw, w>, for each x and w.
    dx, dw = np.full(images, np.nan, kind), np.ones(weight.shape, kind)
    way.spread(small[3], small[1], dx)
    way.add_weight_gradient(small[0], small[3], dw)
    for other in (x, rng.standard_normal(images)):
        y = convolve(other, weight, stride, pad, dilation, group=images[1])
        each = (1, 2, 3)
        np.testing.assert_allclose((dx * other).sum(each), (dy * y).sum(each), atol=100 * tolerance)
    for other in (weight, rng.standard_normal(weight.shape)):
        y = convolve(x, other, stride, pad, dilation, group=images[1])
        np.testing.assert_allclose(
            ((dw - 1) * other)[:, 0].sum((1, 2)), (dy * y).sum((0, 2, 3)), atol=100 * tolerance
        )


def test_what_does_not_fit_takes_another_way():
    shapes = (1, 4, 8, 8), (1, 4, 8, 8)
    good = Geometry((3, 3), (1, 1), (1, 1), (1, 1))
    assert TurnedDepthwise.fits(good, *shapes)
    for geometry in (
        Geometry((5, 5), (1, 1), (2, 2), (1, 1)),
        Geometry((3, 3), (1, 1), (3, 3), (1, 1)),
        Geometry((3, 3), (1, 1), (4000, 4000), (4000, 4000)),
    ):
        assert not TurnedDepthwise.fits(geometry, *shapes)
    assert not TurnedDepthwise.fits(good, (1, 4, 8, 8), (1, 8, 8, 8))


def test_not_a_number_stays_in_its_windows_and_channel(rng):
    geometry, x = Geometry((3, 3), (2, 2), (1, 1), (1, 1)), rng.standard_normal((1, 5, 9, 9))
    x[0, 1, 4, 5] = np.nan
    found = np.zeros((1, 5, 5, 5))
    way = TurnedDepthwise(Device(), np.dtype(np.float64), geometry)
    way.correlate(x, rng.standard_normal((5, 1, 3, 3)), found)
    assert np.argwhere(np.isnan(found)).tolist() == [[0, 1, 2, 2], [0, 1, 2, 3]]
    gradient = np.zeros((5, 1, 3, 3))
    way.add_weight_gradient(x, np.ones(found.shape), gradient)
    assert np.isnan(gradient[1]).any() and not np.isnan(gradient[[0, 2, 3, 4]]).any()
