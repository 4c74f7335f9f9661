"""Both gradients of a convolution from one gathering of windows, against the direct way."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.vision.correlation import Correlation
from mycaffe_plugins.vision.geometry import Geometry
from mycaffe_plugins.vision.mirrored import MirroredGradients

from mycaffe_py.device import Device

CASES = [
    # kernel, stride, pad, dilation; images; channels of the maps; group; whether it is possible, whether it pays
    (((3, 3), (1, 1), (1, 1), (1, 1)), (2, 3, 5, 4), 3, 1, True, True),
    (((3, 3), (1, 1), (1, 1), (1, 1)), (3, 6, 4, 4), 4, 2, True, True),
    (((3, 2), (1, 1), (2, 0), (1, 1)), (2, 4, 3, 5), 2, 1, True, True),
    (((3, 3), (1, 1), (2, 2), (2, 2)), (2, 5, 6, 7), 2, 1, True, True),
    (((3,), (1,), (1,), (1,)), (2, 2, 7), 2, 1, True, True),
    (((2, 2, 2), (1, 1, 1), (0, 0, 0), (1, 1, 1)), (2, 2, 2, 2, 3), 2, 1, True, False),
    (((3, 3), (1, 1), (1, 1), (1, 1)), (1, 4, 5, 5), 8, 1, True, False),
    (((3, 3), (2, 2), (1, 1), (1, 1)), (2, 3, 5, 5), 2, 1, False, False),
    (((2, 2), (1, 1), (2, 2), (1, 1)), (2, 3, 4, 4), 2, 1, False, False),
    (((1, 1), (1, 1), (0, 0), (1, 1)), (2, 3, 4, 4), 2, 1, False, False),
    (((), (), (), ()), (2, 3), 2, 1, False, False),
]


@pytest.mark.parametrize(("settings", "images", "outputs", "group", "possible", "pays"), CASES)
@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_same_gradients(
    rng, monkeypatch, settings, images, outputs, group, possible, pays, at_once
):
    monkeypatch.setattr(Correlation, "_part_size", lambda self, batch: at_once)
    geometry, device, dtype = Geometry(*settings), Device(), np.dtype(np.float64)
    maps = (images[0], outputs, *geometry.output_size(images[2:]))
    mirrored = MirroredGradients(device, dtype, geometry, group)
    mirrored.reshape(images, maps)
    assert (mirrored.possible, mirrored.pays) == (possible, pays)
    if not possible:
        return
    x, dy = rng.standard_normal(images), rng.standard_normal(maps)
    weight = rng.standard_normal((outputs, images[1] // group, *geometry.kernel))
    direct = Correlation(device, dtype, geometry, group)
    direct.reshape(images, maps)
    expected, expected_weight = np.empty(images), np.ones(weight.shape)
    direct.spread(dy, weight, expected)
    direct.add_weight_gradient(x, dy, expected_weight)
    found, found_weight = np.empty(images), np.ones(weight.shape)
    mirrored.add_gradients(x, dy, weight, found_weight, found)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_allclose(found_weight, expected_weight, atol=1e-12)
