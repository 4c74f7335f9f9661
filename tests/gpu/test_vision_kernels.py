"""Convolution and pooling on a GPU go through our kernels for windows, and give what the CPU gives."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import Device
from mycaffe_py.net import Net

pytestmark = pytest.mark.shim
INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 7 dim: 6 } } }'


def results(device, layer, x, monkeypatch=None):
    device.seed_generators(3)
    net = Net(f"force_backward: true {INPUT} {layer}", device=device, dtype="float64")
    if device.is_gpu:
        device.xp.kernels.launches.clear()
    y = np.array(net.forward(x=x)["y"])
    rng = np.random.default_rng(2)
    diffs = net.backward(y=rng.standard_normal(y.shape))
    weights = [np.array(blob.diff) for blob in net.layers[-1].blobs]
    return [y, np.array(diffs["x"]), *weights]


def compare(shim_gpu, layer, x, launched):
    ours, theirs = results(Device(), layer, x), results(shim_gpu, layer, x)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-11, atol=1e-13)
    names = [name for name in shim_gpu.xp.kernels.launches if name[:4] in ("gath", "scat", "pool")]
    assert names == launched


@pytest.mark.parametrize(
    ("settings", "launched"),
    [
        ("kernel_size: 3", ["gather_windows"] * 2),
        ("kernel_size: 3 stride: 2 pad: 1", ["gather_windows"] * 2 + ["scatter_windows"]),
        ("kernel_h: 2 kernel_w: 3 dilation: 2 pad_h: 1 pad_w: 3 group: 3", None),
        ("kernel_size: 1 stride: 3", ["gather_windows"] * 2 + ["scatter_windows"]),
    ],
)
def test_convolution(shim_gpu, settings, launched, rng):
    layer = f"""layer {{ name: "c" type: "Convolution" bottom: "x" top: "y" convolution_param {{ num_output: 3
        {settings} weight_filler {{ type: "gaussian" }} bias_filler {{ type: "gaussian" }} }} }}"""
    x = rng.standard_normal((2, 3, 7, 6))
    if launched is None:
        ours, theirs = results(Device(), layer, x), results(shim_gpu, layer, x)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-11, atol=1e-13)
        assert "gather_windows" in shim_gpu.xp.kernels.launches
    else:
        compare(shim_gpu, layer, x, launched)


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
@pytest.mark.parametrize(
    "settings",
    [
        "kernel_size: 2 stride: 2",
        "kernel_size: 3 stride: 2 pad: 1",
        "kernel_size: 3 stride: 1",
        "global_pooling: true",
    ],
)
def test_pooling(shim_gpu, pool, settings, rng):
    layer = f'layer {{ name: "p" type: "Pooling" bottom: "x" top: "y" pooling_param {{ pool: {pool} {settings} }} }}'
    x = np.round(rng.standard_normal((2, 3, 7, 6)), 1)  # with equal maxima
    launched = {
        "MAX": ["pool_maxima", "pool_maxima", "pool_gradient"],
        "AVE": ["pool_averages", "pool_gradient"],
    }
    compare(shim_gpu, layer, x, launched[pool])


def test_maxima_that_are_not_numbers(shim_gpu, rng):
    layer = """layer { name: "p" type: "Pooling" bottom: "x" top: "y"
        pooling_param { pool: MAX kernel_size: 3 stride: 2 } }"""
    x = rng.standard_normal((2, 3, 7, 6))
    x[0, 1, 3, 3], x[1, 0, 0, 0], x[1, 2, 6, 5] = np.nan, np.inf, -np.inf
    compare(shim_gpu, layer, x, ["pool_maxima", "pool_maxima", "pool_gradient"])


def test_lenet_takes_few_launches(shim_gpu):
    """A pass of two convolutions and poolings is a few dozen operations, not hundreds."""
    layer = """layer { name: "c" type: "Convolution" bottom: "x" top: "c"
            convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
        layer { name: "p" type: "Pooling" bottom: "c" top: "y" pooling_param { kernel_size: 2 stride: 2 } }"""
    results(shim_gpu, layer, np.ones((2, 3, 7, 6)))
    assert len(shim_gpu.xp.kernels.launches) < 12
