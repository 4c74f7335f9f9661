"""Caffe's debug_info lines: mean absolute values of every blob, forward and backward."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mycaffe_py.blob.blob import Blob
from mycaffe_py.layer.layer import Layer

_logger = logging.getLogger("mycaffe")

Log = Callable[[str], None]


def default_log(text: str) -> None:
    """Write a line to the ``mycaffe`` logger."""
    _logger.info(text)


def _mean_abs(array: Any) -> float:
    return abs(array).sum().item() / array.size if array.size else 0.0


def _param_name(layer: Layer, index: int) -> str:
    """Return the name under which a learnable blob is shared, or its index."""
    specs = layer.param.param
    return (specs[index].name if index < len(specs) else "") or str(index)


def log_forward(log: Log, layer: Layer, top: Iterable[Blob]) -> None:
    """Log every top and parameter of a layer that just ran forward."""
    begin = f"    [Forward] Layer {layer.name}"
    for blob in top:
        log(f"{begin}, top blob {blob.name} data: {_mean_abs(blob.data):.6g}")
    for position, blob in enumerate(layer.blobs):
        log(f"{begin}, param blob {_param_name(layer, position)} data: {_mean_abs(blob.data):.6g}")


def log_backward(
    log: Log, layer: Layer, bottom: Sequence[Blob], propagate_down: Sequence[bool]
) -> None:
    """Log the gradients that a layer just computed."""
    begin = f"    [Backward] Layer {layer.name}"
    for blob, needed in zip(bottom, propagate_down, strict=True):
        if needed:
            log(f"{begin}, bottom blob {blob.name} diff: {_mean_abs(blob.diff):.6g}")
    for position, blob in enumerate(layer.blobs):
        if layer.param_propagate_down[position]:
            name = _param_name(layer, position)
            log(f"{begin}, param blob {name} diff: {_mean_abs(blob.diff):.6g}")


def log_norms(log: Log, data: Any, diff: Any) -> None:
    """Log the L1 and L2 norms of all parameters and their gradients, each in one array."""
    l1 = [abs(array).sum().item() for array in (data, diff)]
    l2 = [math.sqrt((array * array).sum().item()) for array in (data, diff)]
    log(
        "    [Backward] All net params (data, diff): "
        f"L1 norm = ({l1[0]:.6g}, {l1[1]:.6g}); L2 norm = ({l2[0]:.6g}, {l2[1]:.6g})"
    )
