"""Which convolutions get compiled kernels."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.vision.choosing_correlation import CorrelationChoice
from mycaffe_plugins.vision.correlation import Correlation
from mycaffe_plugins.vision.geometry import Geometry
from mycaffe_plugins.vision.tap_correlation import TapCorrelation

from mycaffe_py.device import Device
from mycaffe_py.testing import strict_device

SMALL = (8, 8, 7, 7)


def chosen(images=SMALL, outputs=8, kernel=3, pad=1, group=1, device=None):
    axes = len(images) - 2
    geometry = Geometry(*((value,) * axes for value in (kernel, 1, pad, 1)))
    choice = CorrelationChoice(device or Device(), np.dtype("float32"), geometry, group)
    return type(choice.of(images, (images[0], outputs, *geometry.output_size(images[2:]))))


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.delenv("MYCAFFE_FAST", raising=False)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, TapCorrelation),
        ({"images": (3, 8, 7, 7)}, Correlation),  # too few images
        ({"images": (8, 3, 7, 7)}, Correlation),  # too few channels
        ({"outputs": 3}, Correlation),
        ({"group": 2}, TapCorrelation),
        ({"group": 4}, Correlation),
        ({"images": (8, 8, 32, 32)}, TapCorrelation),
        ({"images": (8, 8, 33, 32)}, Correlation),  # large
        ({"images": (8, 8, 31, 31), "pad": 5}, Correlation),  # large maps
        ({"kernel": 1, "pad": 0}, TapCorrelation),
        ({"kernel": 1, "pad": 0, "images": (8, 80, 7, 7), "outputs": 80}, Correlation),
        ({"images": (8, 8, 49)}, Correlation),
        ({"images": (8, 8, 4, 4, 4)}, Correlation),
        ({"images": (0, 8, 7, 7)}, Correlation),
    ],
)
def test_small_images_in_batches_are_for_the_compiled_kernels(settings, kind):
    assert chosen(**settings) is kind


def test_not_where_they_are_turned_off(monkeypatch):
    monkeypatch.setenv("MYCAFFE_FAST", "0")
    assert chosen() is Correlation


def test_not_on_another_device():
    assert chosen(device=strict_device()) is Correlation


def test_the_choice_follows_the_shapes(build, rng):
    built = build(
        'type: "Convolution" convolution_param { num_output: 8 kernel_size: 3 }',
        rng.standard_normal(SMALL),
    )
    layer, bottom, top = built.layer, built.bottom, built.top
    assert isinstance(layer.correlation, TapCorrelation)
    bottom[0].reshape(1, 8, 7, 7)
    layer.reshape(bottom, top)
    assert isinstance(layer.correlation, Correlation)
    bottom[0].reshape(*SMALL)
    layer.reshape(bottom, top)
    assert isinstance(layer.correlation, TapCorrelation)
