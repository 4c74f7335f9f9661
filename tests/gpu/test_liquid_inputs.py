"""Masked inputs of a liquid layer on a GPU: padding, gaps and wrong times, with and without the kernel for gaps."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import Device
from mycaffe_py.errors import LayerError
from mycaffe_py.net import Net


@pytest.fixture(params=["plain", pytest.param("kernel", marks=pytest.mark.shim)])
def devices(request):
    """The CPU, and the stand-in without or with kernels."""
    name = "stand_in" if request.param == "plain" else "shim_gpu"
    return Device(seed=7), request.getfixturevalue(name)


@pytest.mark.parametrize("form", ["", "input_features: 6", "input_features: 4"])
def test_padding_and_gaps(devices, rng, form):
    text = """layer { name: "d" type: "Input" top: "x" top: "tt" top: "m"
        input_param { shape { dim: 3 dim: 6 dim: 2 } shape { dim: 3 dim: 6 } shape { dim: 3 dim: 6 dim: 2 } } }
        layer { name: "c" type: "CFC" bottom: "x" bottom: "tt" bottom: "m" top: "y"
        cfc_param { hidden_size: 3 output_features: 2 time: SPANS FORM } cfc_unit_param { backbone_units: 3 } }"""
    text = text.replace("FORM", form)
    x, tt, mask = rng.random((3, 6, 2)), rng.random((3, 6)), np.ones((3, 6, 2))
    mask[0, 4:] = mask[2, 2:] = 0
    mask[1, 1, 0] = mask[1, 2, 0] = mask[0, 0, 1] = mask[2, 1] = 0
    mask[1, 4, 1] = 0.25
    x[1, 1, 0] = np.nan
    tt[0, 5] = np.nan
    tt[2, 3:] = -5
    found = []
    for device in devices:
        device.seed_generators(2)
        net = Net(f"force_backward: true {text}", device=device, dtype="float64")
        y = net.forward(x=x, tt=tt, m=mask)["y"].copy()
        diffs = net.backward(y=np.ones((3, 2)))
        found.append(
            [
                y,
                *(np.array(diffs[name]) for name in ("x", "tt")),
                *(np.array(blob.diff) for blob in net.params["c"]),
            ]
        )
        for wrong in (np.nan, np.inf, -1):
            bad = tt.copy()
            bad[0, 1] = wrong
            with pytest.raises(LayerError, match="sample 0, step 1"):
                net.forward(x=x, tt=bad, m=mask)
        net.forward(x=x, tt=tt, m=mask)
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-12)
