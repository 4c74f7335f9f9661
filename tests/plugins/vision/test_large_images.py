"""Convolutions that divide an image, against the whole image at once."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import Device

SETTINGS = [
    # settings, bottom
    ("num_output: 3 kernel_size: 3 pad: 1", (2, 2, 9, 5)),
    ("num_output: 4 kernel_size: 3 stride: 2 pad: 2 group: 2", (1, 4, 10, 7)),
    ("num_output: 2 kernel_size: 2 stride: 4", (1, 1, 15, 9)),
    ("num_output: 2 kernel_size: 3 pad: 5 dilation: 2", (1, 3, 8, 9)),
    ("num_output: 3 kernel_size: 1", (2, 2, 6, 5)),
    ("num_output: 3 kernel_size: 1 stride: 2", (1, 2, 7, 5)),
    ("num_output: 2 kernel_size: 3 pad: [1]", (2, 3, 11)),
    ("num_output: 2 kernel_size: [2, 1, 3] stride: [1, 2, 1] pad: [1, 0, 1]", (1, 2, 5, 4, 3)),
]


def results(build, type_name, settings, x):
    """Return top, gradients and the layer's correlation."""
    fill = 'weight_filler { type: "gaussian" } bias_filler { type: "gaussian" }'
    built = build(f'type: "{type_name}" convolution_param {{ {fill} {settings} }}', x)
    y = built.forward().copy()
    (dx,) = built.backward(np.sin(y))
    return [y, dx, *(blob.diff for blob in built.layer.blobs)], built.layer.correlation


@pytest.mark.parametrize("type_name", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize(("settings", "shape"), SETTINGS)
@pytest.mark.parametrize("columns", [1, 12])
def test_parts_of_an_image_give_the_same(
    build, rng, monkeypatch, type_name, settings, shape, columns
):
    x = rng.standard_normal(shape)
    expected, _ = results(build, type_name, settings, x)
    place = "mycaffe_plugins.vision.correlation"
    monkeypatch.setattr(f"{place}.MAX_BYTES", 0)
    monkeypatch.setattr(f"{place}.IMAGE_BYTES", 0)
    monkeypatch.setattr(f"{place}.IMAGE_COLUMNS", columns)
    found, correlation = results(build, type_name, settings, x)
    if columns == 1 and not correlation.geometry.pointwise:
        assert correlation.at_once == 1
    for values, whole in zip(found, expected, strict=True):
        np.testing.assert_allclose(values, whole, atol=1e-10)


def test_columns_of_a_large_image_need_little_memory(build, monkeypatch):
    """As a whole, they are 92 MB in float32."""
    settings = "num_output: 1 kernel_size: 3 pad: 1"
    built = build(
        f'type: "Convolution" convolution_param {{ {settings} }}', np.ones((1, 64, 200, 200))
    )
    sizes, scratch = [], Device.scratch

    def watched(self, name, shape, dtype):
        array = scratch(self, name, shape, dtype)
        sizes.append(array.nbytes)
        return array

    monkeypatch.setattr(Device, "scratch", watched)
    built.forward()
    built.backward(np.ones(built.top[0].shape))
    assert 0 < max(sizes) <= 16 << 20


@pytest.mark.parametrize(
    "settings", ["kernel_size: 2", "kernel_size: 3 stride: 2", "kernel_size: 5 stride: 4 pad: 0"]
)
def test_an_image_without_cells_spreads_nothing(build, settings):
    text = f'type: "Deconvolution" convolution_param {{ num_output: 2 {settings} bias_filler {{ value: 3 }} }}'
    built = build(text, np.zeros((1, 2, 0, 3)))
    y = built.forward()
    assert y.size and (y == 3).all()
    (dx,) = built.backward(np.ones(y.shape))
    assert dx.shape == (1, 2, 0, 3)
    assert not built.layer.blobs[0].diff.any()
