"""What a layer does to each channel where that is a factor and a shift."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.errors import LayerError
from mycaffe_py.layer import Layer

FOLDABLE = ("BatchNorm", "Scale", "Bias", "BN")
"""Types that may do no more in phase TEST than multiply and shift channels."""


class Affine(NamedTuple):
    """y = factor * x + shift, for each channel (C)."""

    factor: np.ndarray
    shift: np.ndarray

    @property
    def finite(self) -> bool:
        """Whether all numbers are finite."""
        return bool(np.isfinite(self.factor).all() and np.isfinite(self.shift).all())

    def then(self, other: Affine) -> Affine:
        """Return what both do, one after the other."""
        return Affine(other.factor * self.factor, other.factor * self.shift + other.shift)


def channelwise(layer: Layer, channels: int, axes: int) -> Affine | None:
    """Return what ``layer`` does to each of the channels of a blob of ``axes`` axes; None if it is not affine in them.

    What its weights make of a channel may be infinite or NaN.

    That is measured: the layer itself runs on small blobs, so its formula stands in one place alone. The layer's
    statistics and gradients are not changed, but it must be reshaped before it runs on its own blobs again.
    """
    shape = (3, channels, *(2,) * (axes - 2))
    before = [blob.data.copy() for blob in layer.blobs]
    bottom, top = (Blob(shape, device=layer.device, dtype=layer.dtype) for _ in range(2))
    try:
        layer.reshape([bottom], [top])
    except LayerError:  # a factor for each pixel, say
        return None
    gradients = [blob.diff.copy() for blob in layer.blobs]
    with np.errstate(all="ignore"):  # of bad weights
        shift = _run(layer, bottom, top, np.zeros(shape))
        rng = np.random.default_rng(0)
        bottom.data[...], top.diff[...] = rng.standard_normal(shape), 1
        layer.forward([bottom], [top])
        layer.backward([top], [True], [bottom])
    for blob, gradient in zip(layer.blobs, gradients, strict=True):
        blob.diff[...] = gradient
    found = Affine(_of_channels(bottom.diff), _of_channels(shift))
    around = (1, channels, *(1,) * (axes - 2))
    changed = any(
        not np.array_equal(blob.data, old) for blob, old in zip(layer.blobs, before, strict=True)
    )
    for blob, old in zip(layer.blobs, before, strict=True):
        blob.data[...] = old
    if not found.finite:
        return found
    predicted = bottom.data * found.factor.reshape(around) + found.shift.reshape(around)
    tolerance = 1e-8 * (1 + np.abs(predicted).max(initial=0))
    if changed or not np.allclose(top.data, predicted, rtol=0, atol=tolerance):
        return None
    return found


def _run(layer: Layer, bottom: Blob, top: Blob, values: np.ndarray) -> np.ndarray:
    bottom.data[...] = values
    layer.forward([bottom], [top])
    return np.array(top.data)


def _of_channels(values: np.ndarray) -> np.ndarray:
    """Return the first value of each channel."""
    return np.array(values.reshape(*values.shape[:2], -1)[0, :, 0])
