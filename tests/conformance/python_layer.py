"""Cases of the Python layer for ``test_conformance.py``, with classes as one writes them for pycaffe."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import mycaffe_py as caffe


class Scaled(caffe.Layer):
    """y = factor * x, with the factor from param_str."""

    def setup(self, bottom, top):
        self.factor = json.loads(self.param_str)["factor"]

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        np.multiply(bottom[0].data, self.factor, out=top[0].data)

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff[...] = top[0].diff
            bottom[0].diff[...] *= self.factor


class Shift(caffe.Layer):
    """y = x + b, with a learnable b for each column."""

    def setup(self, bottom, top):
        self.blobs.add_blob(bottom[0].shape[-1])
        self.blobs[0].data[...] = np.arange(bottom[0].shape[-1])

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data + self.blobs[0].data

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[...] += top[0].diff.reshape(-1, bottom[0].shape[-1]).sum(axis=0)
        if propagate_down[0]:
            bottom[0].diff[...] = top[0].diff


class SquaredDistance(caffe.Layer):
    """loss = sum of (a - b)^2 / 2N."""

    def setup(self, bottom, top):
        if len(bottom) != 2:
            raise ValueError("needs two bottoms")

    def reshape(self, bottom, top):
        self.difference = np.zeros_like(bottom[0].data)
        top[0].reshape(1)

    def forward(self, bottom, top):
        self.difference[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = np.sum(self.difference**2) / bottom[0].num / 2

    def backward(self, top, propagate_down, bottom):
        for index, sign in enumerate((1, -1)):
            if propagate_down[index]:
                bottom[index].diff[...] = (
                    sign * top[0].diff[0] * self.difference / bottom[index].num
                )


def _python(cls: type, param_str: str = "") -> str:
    return (
        f'top: "y" python_param {{ module: "{__name__}" layer: "{cls.__name__}" '
        f"param_str: '{param_str}' }}"
    )


LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {
    "Python": [
        (_python(Scaled, '{"factor": 3}'), [(3, 4)], {}),
        (_python(Shift), [(2, 3)], {}),
        (_python(SquaredDistance), [(3, 2), (3, 2)], {}),
    ],
}
