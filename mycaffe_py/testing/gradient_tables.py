"""Gradients of all layers of a net, or of all layer types of a plugin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.layer.layer import TRAIN
from mycaffe_py.net.net import Net
from mycaffe_py.plugin_code import named_text, plugin_place
from mycaffe_py.plugins.registry import Registry

from .gradient_result import DATA, FAILED, SETTINGS, UNFIT, LayerGradient
from .gradients import GradientCheck

_BATCH = 2
"""The size to which a batch is cut."""
Shapes = list[tuple[int, ...]]


def net_gradients(net: Net, *, entries: int = 8, seed: int = 0) -> Iterator[LayerGradient]:
    """Yield the result of each layer of a net, except inserted splits, in the net's order.

    Each is built anew, in float64 on the CPU, with its own settings and shapes; a batch is cut to 2 items where that
    only cuts the tops in the same way. Parameters come from the layer's fillers, inputs from ``seed``.
    """
    named = {param.name for param in net.document.message.layer}
    for layer, bottoms, tops in zip(net.device_layers, net.bottoms, net.tops, strict=True):
        if layer.name not in named:
            continue
        shapes = [blob.shape for blob in bottoms]
        made = _in_net(net, layer, shapes, [blob.shape for blob in tops], seed)
        yield made if isinstance(made, LayerGradient) else _measured(made, entries)


def _in_net(
    net: Net, layer: Any, shapes: Shapes, tops: Shapes, seed: int
) -> GradientCheck | LayerGradient:
    if not shapes:
        return LayerGradient(layer.name, layer.type, DATA)
    parameters = sum(blob.count for blob in layer.blobs)
    for smaller in (_cut(shapes), shapes):
        try:
            made = GradientCheck(layer.param, smaller, net.registry, net.phase, seed)
        except Exception as error:
            if smaller is shapes:
                return _failed(layer.name, layer.type, shapes, parameters, error)
            continue
        if smaller is shapes or made.top_shapes == _cut(tops, shapes[0][:1]):
            return made
    raise AssertionError("unreachable")


def _cut(shapes: Shapes, batch: tuple[int, ...] | None = None) -> Shapes:
    """Return the shapes with the first axis cut, if it has the size ``batch`` (default: that of the first shape)."""
    batch = shapes[0][:1] if batch is None else batch
    if not batch or batch[0] <= _BATCH:
        return shapes
    return [(_BATCH, *shape[1:]) if shape[:1] == batch else shape for shape in shapes]


def plugin_gradients(
    registry: Registry, plugin: str, *, entries: int = 8, seed: int = 0
) -> Iterator[LayerGradient]:
    """Yield the result of each layer type that a plugin offers, with default settings and small inputs."""
    for cls in registry.layers.classes():
        if registry.layers.owner(cls) == plugin:
            yield _of_type(registry, cls, entries, seed)


def _of_type(registry: Registry, cls: Any, entries: int, seed: int) -> LayerGradient:
    param = registry.schema.message_class("LayerParameter")(name=cls.type, type=cls.type)
    counts = [cls.exact_num_bottom_blobs, cls.min_bottom_blobs]
    if 0 in counts and not cls.max_bottom_blobs:
        return LayerGradient(cls.type, cls.type, DATA)
    count = next((number for number in counts if number), 1)
    errors: list[Exception] = []
    found: LayerGradient | None = None
    for shapes in _standard_shapes(count):
        try:
            made = GradientCheck(param, shapes, registry, TRAIN, seed)
        except Exception as error:
            errors.append(error)
            continue
        found = _measured(made, entries)
        if found.result != FAILED:
            return found
    if found is not None:
        return found
    # An error at a setting says what to give.
    told = next((one for one in errors if getattr(one, "field", "")), errors[0])
    result = _failed(cls.type, cls.type, [], 0, told)
    if isinstance(told, MyCaffeError):
        result.result = SETTINGS if told.field else UNFIT
    return result


def _standard_shapes(count: int) -> Iterator[Shapes]:
    """Yield shapes of the bottoms to try: images, vectors, sequences; equal ones, then labels."""
    for first in ((4, 3, 6, 6), (4, 3), (5, 4, 3)):
        yield [first] * count
        for label in ((4,), (4, 1), first[:1], first[:2]):
            if count > 1:
                yield [*([first] * (count - 1)), label]
    yield [(4,)] * count


def _measured(check: GradientCheck, entries: int) -> LayerGradient:
    try:
        with np.errstate(all="ignore"):  # a result that is not finite is reported
            return check.measure(entries)
    except Exception as error:
        layer = check.layer
        shapes = [blob.shape for blob in check.run.bottom]
        parameters = sum(blob.count for blob in layer.blobs)
        return _failed(layer.name, layer.type, shapes, parameters, error)


def _failed(
    name: str, kind: str, shapes: Sequence[tuple[int, ...]], parameters: int, error: Exception
) -> LayerGradient:
    """Return the result for a layer that raised an error."""
    if isinstance(error, MyCaffeError):
        note = getattr(error, "text", "") or error.problems[0].message
    else:
        note, place = named_text(error), plugin_place(error)
        if place is not None:
            note += f"; {place.filename}:{place.line}: {place.source}"
    return LayerGradient(name, kind, FAILED, list(shapes), parameters, note=note)
