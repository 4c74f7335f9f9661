"""Building one layer from prototxt text."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.layer import TRAIN, LayerContext


class Built:
    """A layer with its bottoms (``b0``, ``b1``, ...) and tops (named as in the text, or ``t0``, ``t1``, ...)."""

    def __init__(self, registry, text, bottoms, tops=1, phase=TRAIN, dtype=np.float64, seed=0):
        param = registry.schema.parse_text(text, "LayerParameter").message
        param.name = param.name or "it"
        device = Device(seed=seed)
        self.bottom = []
        for index, values in enumerate(bottoms):
            values = np.asarray(values, dtype=np.float64)
            blob = Blob(values.shape, device=device, dtype=dtype, name=f"b{index}")
            blob.data[...] = values
            self.bottom.append(blob)
        names = list(param.top) or [f"t{index}" for index in range(tops)]
        self.top = [Blob(device=device, dtype=dtype, name=name) for name in names]
        if "in_place" in text:
            self.top = self.bottom[:tops]
        cls = registry.layers.find(param.type)
        self.layer = cls(param, LayerContext(registry, device, dtype, phase))
        self.layer.initialize(self.bottom, self.top)

    def forward(self):
        self.layer.reshape(self.bottom, self.top)
        self.layer.forward(self.bottom, self.top)
        return self.top[0].data if self.top else None

    def backward(self, *diffs, propagate_down=None):
        """Run backward with the given top diffs; return the bottoms' diffs."""
        for blob, diff in zip(self.top, diffs, strict=False):
            blob.diff[...] = diff
        flags = propagate_down or [True] * len(self.bottom)
        self.layer.backward(self.top, flags, self.bottom)
        return [blob.diff for blob in self.bottom]


@pytest.fixture
def build(registry):
    def make(text, *bottoms, **arguments):
        return Built(registry, text, bottoms, **arguments)

    return make


@pytest.fixture
def batches():
    """Run forward some times; returns the tops of each, copied."""

    def run(built, count):
        found = []
        for _ in range(count):
            built.forward()
            found.append([np.array(blob.data) for blob in built.top])
        return found

    return run


@pytest.fixture
def same():
    """Assert that two runs gave the same batches."""

    def check(left, right):
        assert len(left) == len(right)
        for one, other in zip(left, right, strict=True):
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b)

    return check
