"""The lines that Caffe logs while it builds a net."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any


def net_lines(net: Any) -> Iterator[str]:
    """Yield Caffe's lines for a net: its layers with bottoms, tops, shapes and memory, then who needs backward."""
    used = 0
    size = net.dtype.itemsize
    wired = list(zip(net.device_layers, net.bottoms, net.tops, strict=True))
    for layer, bottoms, tops in wired:
        yield f"Creating Layer {layer.name}"
        yield from (f"{layer.name} <- {blob.name}" for blob in bottoms)
        own = {blob.name for blob in bottoms}
        for blob in tops:
            yield f"{layer.name} -> {blob.name}{' (in-place)' if blob.name in own else ''}"
        yield f"Setting up {layer.name}"
        weights = [*layer.loss_weights, *[0.0] * len(tops)]
        for blob, weight in zip(tops, weights, strict=False):
            yield f"Top shape: {shape_text(blob.shape)}"
            if weight:
                yield f"    with loss weight {weight:g}"
            used += blob.count
        yield f"Memory required for data: {used * size}"
    needs = reversed(net.layer_need_backward)
    for (layer, *_), needed in zip(reversed(wired), needs, strict=True):
        does = "needs" if needed else "does not need"
        yield f"{layer.name} {does} backward computation."
    for name in net.outputs:
        yield f"This network produces output {name}"
    yield "Network initialization done."


def solver_lines(net: Any, test_nets: Sequence[Any]) -> Iterator[str]:
    """Yield Caffe's lines for the nets of a solver."""
    yield f"Creating training net from net file: {net.document.filename}"
    yield from net_lines(net)
    for index, each in enumerate(test_nets):
        yield f"Creating test net (#{index}) specified by net file: {each.document.filename}"
        yield from net_lines(each)
    yield "Solver scaffolding done."


def memory_line(net: Any) -> str:
    """Return Caffe's line about the memory of a net's tops, each counted as often as a layer writes it."""
    used = sum(blob.count for tops in net.tops for blob in tops)
    return f"Memory required for data: {used * net.dtype.itemsize}"


def shape_text(shape: Sequence[int]) -> str:
    """Return a shape as Caffe logs it: the sizes, then their product in brackets."""
    return "".join(f"{size} " for size in shape) + f"({math.prod(shape)})"
