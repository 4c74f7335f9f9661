"""The shapes of a net's blobs, as far as the net can be built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device
from mycaffe_py.layer.layer import TEST, TRAIN, LayerContext
from mycaffe_py.plugins.registry import Registry

from .builder import NetBuilder
from .built_net import BuiltNet


class _NoValues:
    """Registry whose fillers do nothing: shapes need no values, which would take much memory in large nets."""

    def __init__(self, registry: Registry):
        self._registry = registry

    most_filled = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def filler(self, param: Any) -> Any:
        filler = None
        with suppress(Exception):  # its settings do not matter for shapes
            filler = self._registry.filler(param)
        return _Unfilled(filler)


class _Unfilled:
    """A filler that leaves the memory of blobs untouched."""

    def __init__(self, filler: Any):
        self._filler = filler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._filler, name)

    def fill(self, blob: Any) -> None:
        """Do nothing."""


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
    part, kept = with_tops(net)
    with without_values(part, registry, phase, base_dir) as builder:
        # Whatever a layer raises: a picture without its shapes is better than none.
        with suppress(Exception):
            builder.check()
        shapes = shapes_of(builder.built)
    return {(kept[index], top): shape for (index, top), shape in shapes.items()}


def with_tops(net: Any) -> tuple[Any, list[int]]:
    """Return a copy of a net without the layers that have no tops, and the positions of those it has.

    They say nothing about shapes, and may open a file to write to.
    """
    kept = [index for index, layer in enumerate(net.layer) if layer.top]
    part = type(net)()
    part.CopyFrom(net)
    del part.layer[:]
    part.layer.extend(net.layer[index] for index in kept)
    return part, kept


@contextmanager
def without_values(
    net: Any, registry: Registry, phase: int, base_dir: Any, state: Any = None
) -> Iterator[NetBuilder]:
    """Context with the builder of a net whose weights are not filled, which would take long and much memory.

    Its layers are closed at the end.
    """
    stand_in: Any = _NoValues(registry)
    context = LayerContext(stand_in, Device(), phase=phase, base_dir=base_dir, warn=_unheard)
    builder = NetBuilder(net, context, net.state.level, list(net.state.stage), state)
    try:
        with np.errstate(all="ignore"):
            yield builder
    finally:
        for layer in builder.built.layers:
            with suppress(Exception):
                layer.close()


def _unheard(text: str) -> None:
    """Take a warning of a layer, which a picture has no place for."""


def shapes_of(built: BuiltNet) -> dict[tuple[int, str], tuple[int, ...]]:
    """Return (position of a layer in the model, name of its top) -> shape, for the layers that were set up."""
    return {
        (index, blob.name): tuple(blob.shape)
        for index, tops in zip(built.positions, built.tops, strict=False)
        if index is not None
        for blob in tops
    }
