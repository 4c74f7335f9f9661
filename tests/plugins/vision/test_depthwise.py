"""Convolutions in which each channel has kernels of its own, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.vision.compiled_depthwise import CompiledDepthwise
from mycaffe_plugins.vision.correlation import Correlation
from mycaffe_plugins.vision.depthwise import Depthwise
from mycaffe_plugins.vision.geometry import Geometry

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
        ("1", {(7, 4): CompiledDepthwise, (20, 4): CompiledDepthwise, (20, 2): None}),
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
