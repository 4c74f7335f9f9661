"""What convolutions and poolings say they need: compared with products of ones, whose sums count themselves."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.layer.cost import bytes_of, flops_of
from mycaffe_py.plugins import default_registry

from ...building import set_up

CASES = [
    ("num_output: 5 kernel_size: 3", (2, 4, 7, 6)),
    ("num_output: 5 kernel_size: 3 pad: 1", (2, 4, 4, 4)),
    ("num_output: 4 kernel_size: 5 pad: 2 stride: 2", (1, 3, 9, 8)),
    ("num_output: 6 kernel_size: 3 pad: 2 dilation: 2 group: 2", (2, 4, 7, 7)),
    ("num_output: 4 kernel_size: 1 stride: 2", (3, 2, 5, 5)),
    ("num_output: 3 kernel_h: 1 kernel_w: 4 pad_h: 0 pad_w: 3", (1, 2, 4, 5)),
    ("num_output: 3 kernel_size: 3 pad: 1", (2, 2, 6)),
    ("num_output: 2 kernel_size: 2 pad: 1", (1, 2, 3, 3, 3)),
]


def built(type_name, settings, shape, tops=1):
    cls = default_registry().layers.find(type_name)
    return set_up(cls, f'name: "l" type: "{type_name}" {settings}', [shape] * tops, tops=tops)


@pytest.mark.parametrize(("settings", "shape"), CASES)
@pytest.mark.parametrize("type_name", ["Convolution", "Deconvolution"])
def test_operations_are_the_products_that_are_needed(type_name, settings, shape):
    settings = f"convolution_param {{ {settings} bias_term: false }}"
    layer, bottom, top = built(type_name, settings, shape)
    for blob in (*bottom, *layer.blobs):
        blob.data[...] = 1
    layer.forward(bottom, top)
    products = float(top[0].data.sum())
    cost = layer.cost(bottom, top, [True])
    assert flops_of(cost.forward) == 2 * products
    assert flops_of(cost.backward) == 4 * products
    assert flops_of(layer.cost(bottom, top, [False]).backward) == 2 * products
    layer.param_propagate_down[0] = False
    assert flops_of(layer.cost(bottom, top, [True]).backward) == 2 * products


def test_bytes_and_bias_of_a_convolution():
    settings = "convolution_param { num_output: 5 kernel_size: 3 }"
    layer, bottom, top = built("Convolution", settings, (2, 4, 7, 6))
    x, w, y = 2 * 4 * 7 * 6, 5 * 4 * 9, 2 * 5 * 5 * 4
    cost = layer.cost(bottom, top, [True])
    assert flops_of(cost.forward) == 2 * y * 36 + y
    assert bytes_of(cost.forward) == 8 * (x + w + y)
    assert bytes_of(cost.backward) == 8 * (x + 2 * w + y) + 8 * (x + w + y)


def test_several_images_share_the_kernels():
    settings = "convolution_param { num_output: 5 kernel_size: 3 bias_term: false }"
    one = built("Convolution", settings, (2, 4, 7, 6))
    two = built("Convolution", settings, (2, 4, 7, 6), tops=2)
    single, double = (
        layer.cost(bottom, top, [True] * len(top)) for layer, bottom, top in (one, two)
    )
    assert flops_of(double.forward) == 2 * flops_of(single.forward)


@pytest.mark.parametrize(
    ("settings", "cells"), [("kernel_size: 3 stride: 2", 9), ("global_pooling: true", 49)]
)
def test_a_pooling_looks_at_each_cell_of_its_windows(settings, cells):
    layer, bottom, top = built("Pooling", f"pooling_param {{ pool: AVE {settings} }}", (2, 3, 7, 7))
    windows = int(np.prod(top[0].shape))
    cost = layer.cost(bottom, top, [True])
    assert flops_of(cost.forward) == windows * cells
    assert bytes_of(cost.forward) == 8 * (2 * 3 * 49 + windows)
    assert layer.cost(bottom, top, [False]).backward == ()


def test_a_crop_reads_only_its_part():
    cls = default_registry().layers.find("Crop")
    text = 'name: "l" type: "Crop" crop_param { axis: 2 }'
    layer, bottom, top = set_up(cls, text, [(1, 1, 9, 9), (1, 1, 3, 3)])
    cost = layer.cost(bottom, top, [True, False])
    assert bytes_of(cost.forward) == 8 * 18 and bytes_of(cost.backward) == 8 * (9 + 81)
