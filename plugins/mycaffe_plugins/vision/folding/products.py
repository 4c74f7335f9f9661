"""Layers whose weights can take over a factor and a shift of each of their channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer

from ..convolution import Convolution
from ..deconvolution import Deconvolution
from .affine import Affine

_DENSE = "InnerProduct"


def setting_of(layer: Layer) -> str | None:
    """Return the name of the message with ``bias_term`` of a layer that can take over factors; None for others."""
    if isinstance(layer, Convolution | Deconvolution):
        return "convolution_param"
    return "inner_product_param" if layer.type == _DENSE else None


def why_not(layer: Layer, top: Blob) -> str:
    """Return why a layer's outputs are not the channels of its top, as the end of a sentence; "" if they are."""
    if layer.type == _DENSE:
        return "" if top.num_axes == 2 else f"has outputs along axis {top.num_axes - 1}, not 1"
    axis = layer.param.convolution_param.axis
    return "" if axis in (1, 1 - top.num_axes) else f"has channels along axis {axis}, not 1"


def take_over(layer: Layer, affine: Affine) -> list[np.ndarray]:
    """Return the layer's weight and bias with the factors and shifts of its outputs."""
    weight = np.array(layer.blobs[0].data)
    bias: Any = layer.blobs[1].data if len(layer.blobs) > 1 else 0.0
    factors = affine.factor
    if isinstance(layer, Deconvolution):
        group = layer.param.convolution_param.group
        grouped = weight.reshape(group, -1, *weight.shape[1:])
        across = factors.reshape(group, 1, -1, *(1,) * (weight.ndim - 2))
        weight = (grouped * across).reshape(weight.shape)
    elif layer.type == _DENSE and layer.param.inner_product_param.transpose:
        weight = weight * factors
    else:
        weight = weight * factors.reshape(-1, *(1,) * (weight.ndim - 1))
    return [weight, factors * bias + affine.shift]
