"""The compiled kernels of BatchNorm and Scale, against the plain code."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.common.compiled_channels import CompiledChannels

TEXTS = {
    "statistics": 'type: "BatchNorm" batch_norm_param { use_global_stats: true }',
    "statistics and scale": 'type: "BatchNorm" batch_norm_param { use_global_stats: true scale_bias: true }',
    "scale": 'type: "Scale" scale_param { bias_term: true filler { type: "gaussian" } }',
    "scale alone": 'type: "Scale" scale_param { filler { type: "gaussian" } }',
    "single number": 'type: "Scale" scale_param { num_axes: 0 bias_term: true filler { value: 3 } }',
    "last axes": 'type: "Scale" scale_param { axis: 2 num_axes: 1 bias_term: true }',
}


@pytest.mark.parametrize("in_place", ["", 'bottom: "in_place"'], ids=["apart", "in place"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 3, 2), (0, 3, 4, 5), (4, 3)])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_same_numbers_but_for_rounding(build, rng, monkeypatch, text, shape, in_place):
    if "axis: 2" in text and len(shape) < 3:
        shape = (*shape, 9, 9)
    x = rng.standard_normal(shape)
    results, numbers = [], None
    for fast in ("0", "1"):
        monkeypatch.setenv("MYCAFFE_FAST", fast)
        built = build(f"{text} {in_place}", x)
        blobs = built.layer.blobs
        numbers = numbers or [rng.uniform(0.5, 2, blob.shape) for blob in blobs]
        for blob, values in zip(blobs, numbers, strict=True):
            blob.data[...] = values
        assert isinstance(built.layer.channels, CompiledChannels) == (fast == "1")
        y = built.forward().copy()
        (dx,) = built.backward(np.cos(y))
        results.append([y, dx.copy(), *(blob.diff.copy() for blob in blobs)])
    for plain, fast in zip(*results, strict=True):
        np.testing.assert_allclose(fast, plain, rtol=1e-12, atol=1e-12)
