"""The shapes of a net's blobs, as far as the net can be built."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device
from mycaffe_py.layer.layer import TEST, TRAIN, LayerContext
from mycaffe_py.net.builder import NetBuilder
from mycaffe_py.net.built_net import BuiltNet
from mycaffe_py.plugins.registry import Registry


class _NoValues:
    """Registry whose fillers do nothing: shapes need no values, which would take much memory in large nets."""

    def __init__(self, registry: Registry):
        self._registry = registry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def filler(self, param: Any) -> Any:
        return self

    def fill(self, blob: Any) -> None:
        """Leave the blob's memory untouched."""


def known_shapes(
    net: Any, registry: Registry, phase: int | None = None, base_dir: Any = None
) -> dict[tuple[int, str], tuple[int, ...]]:
    """Return (position of a layer, name of its top) -> shape, for those layers that can be set up.

    Layers that cannot (unknown type, missing file) have no shapes, nor does anything computed from them.
    """
    shapes: dict[tuple[int, str], tuple[int, ...]] = {}
    for each in (TRAIN, TEST) if phase is None else (phase,):
        shapes = _of_phase(net, registry, each, base_dir) | shapes
    return shapes


def _of_phase(
    net: Any, registry: Registry, phase: int, base_dir: Any
) -> dict[tuple[int, str], tuple[int, ...]]:
    # Layers without tops say nothing about shapes, and may open a file to write to.
    kept = [index for index, layer in enumerate(net.layer) if layer.top]
    part = type(net)()
    part.CopyFrom(net)
    del part.layer[:]
    part.layer.extend(net.layer[index] for index in kept)
    stand_in: Any = _NoValues(registry)
    context = LayerContext(stand_in, Device(), phase=phase, base_dir=base_dir)
    builder = NetBuilder(part, context, net.state.level, list(net.state.stage))
    # Whatever a layer raises: a picture without its shapes is better than none.
    with suppress(Exception), np.errstate(all="ignore"):
        builder.check()
    shapes = {(kept[index], top): shape for (index, top), shape in shapes_of(builder.built).items()}
    for layer in builder.built.layers:
        with suppress(Exception):
            layer.close()
    return shapes


def shapes_of(built: BuiltNet) -> dict[tuple[int, str], tuple[int, ...]]:
    """Return (position of a layer in the model, name of its top) -> shape, for the layers that were set up."""
    return {
        (index, blob.name): tuple(blob.shape)
        for index, tops in zip(built.positions, built.tops, strict=False)
        if index is not None
        for blob in tops
    }
