"""Caffe's debug_info lines: mean absolute values of every blob, forward and backward."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mycaffe_py.layer.layer import Layer

    from .net import Net

_logger = logging.getLogger("mycaffe")


def default_log(text: str) -> None:
    """Write a line to the ``mycaffe`` logger."""
    _logger.info(text)


def _mean_abs(array: Any) -> float:
    return abs(array).sum().item() / array.size if array.size else 0.0


def _param_name(layer: Layer, index: int) -> str:
    """Return the name that a learnable blob is shared by, or its number."""
    specs = layer.param.param
    return (specs[index].name if index < len(specs) else "") or str(index)


def log_forward(net: Net, index: int) -> None:
    """Log every top and parameter of a layer that just ran forward."""
    layer = net.device_layers[index]
    for blob in net.tops[index]:
        net.log(
            f"    [Forward] Layer {layer.name}, top blob {blob.name} data: {_mean_abs(blob.data):.6g}"
        )
    for position, blob in enumerate(layer.blobs):
        name = _param_name(layer, position)
        net.log(
            f"    [Forward] Layer {layer.name}, param blob {name} data: {_mean_abs(blob.data):.6g}"
        )


def log_backward(net: Net, index: int) -> None:
    """Log the gradients that a layer just computed."""
    layer = net.device_layers[index]
    for blob, needed in zip(net.bottoms[index], net.bottom_need_backward[index], strict=True):
        if needed:
            net.log(
                f"    [Backward] Layer {layer.name}, bottom blob {blob.name} diff: "
                f"{_mean_abs(blob.diff):.6g}"
            )
    for position, blob in enumerate(layer.blobs):
        if layer.param_propagate_down[position]:
            net.log(
                f"    [Backward] Layer {layer.name}, param blob {_param_name(layer, position)} diff: "
                f"{_mean_abs(blob.diff):.6g}"
            )


def log_norms(net: Net) -> None:
    """Log the L1 and L2 norms of all parameters and their gradients."""
    data, diff = net.parameters.data, net.parameters.diff
    l1 = (abs(data).sum().item(), abs(diff).sum().item())
    l2 = tuple(math.sqrt((array * array).sum().item()) for array in (data, diff))
    net.log(
        "    [Backward] All net params (data, diff): "
        f"L1 norm = ({l1[0]:.6g}, {l1[1]:.6g}); L2 norm = ({l2[0]:.6g}, {l2[1]:.6g})"
    )
