"""A program's own arrays as the input of a net: through Input layers, and through MemoryData layers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import fetched, numbers
from mycaffe_py.blob.host_blob import send_writes
from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.layer.layer import Layer
from mycaffe_py.plugins.catalog import fold

from .engine import NetEngine

_FEEDABLE = ("input", "memorydata")

Arrays = Any
"""An array for a net's first input, or a mapping from blob names to arrays."""


def sources_of(net: NetEngine) -> dict[str, Layer]:
    """Return the blobs that a program may fill -> the layer whose tops they are, in file order."""
    return {
        blob.name: layer
        for layer, tops in zip(net.device_layers, net.tops, strict=True)
        if fold(layer.type) in _FEEDABLE
        for blob in tops
    }


def named_arrays(net: NetEngine, x: Arrays, y: Arrays = None) -> dict[str, np.ndarray]:
    """Return blob name -> array on the host for what a program gave as x and y.

    A mapping names the blobs. A bare x is for the net's first input, a bare y for the only one that is left. Raises
    ConfigError where it is not clear which blob is meant.
    """
    sources = list(sources_of(net))
    if not sources:
        others = [
            layer
            for layer, bottom in zip(net.device_layers, net.bottoms, strict=True)
            if not bottom
        ]
        found = ", ".join(f'"{layer.name}" ({layer.type})' for layer in others) or "no layer"
        raise ConfigError(
            f'net "{net.name}" takes no arrays: it has neither Input nor MemoryData layers, its data come from {found}'
        )
    given: dict[str, Any] = {}
    for what, values in (("x", x), ("y", y)):
        if values is None:
            continue
        if isinstance(values, Mapping):
            named = dict(values)
        else:
            left = [name for name in sources if name not in given]
            if what == "y" and len(left) != 1:
                raise ConfigError(
                    f"y is an array, but {len(left)} inputs are left for it: {left}",
                    hint='give a dict of blob names, as in fit({"a": a, "b": b})',
                )
            named = {left[0]: values}
        twice = sorted(set(named) & set(given))
        if twice:
            raise ConfigError(f'input "{twice[0]}" is given twice, in x and in y')
        given |= named
    for name in given:
        if name not in sources:
            raise ConfigError(
                f'net "{net.name}" has no input "{name}"; its inputs: {sources}',
                nearest=(str(name), sources),
            )
    return {name: fetched(numbers(values, f'input "{name}"')) for name, values in given.items()}


def refuse_shuffled_steps(net: NetEngine, given: Iterable[str]) -> None:
    """Raise ConfigError if the rows of an input are time steps of a layer, as in Caffe's LSTM: their order matters."""
    steps: dict[int, Layer] = {}
    """By blob, the layer for which its axis 0 counts steps."""
    for layer, bottoms, tops in reversed(
        list(zip(net.device_layers, net.bottoms, net.tops, strict=True))
    ):
        for bottom in bottoms:
            if layer.steps_first:
                steps[id(bottom)] = layer
            # A layer that changes the length of axis 0, or the order of axes, makes something else of it.
            elif fold(layer.type) != "transpose":
                for top in tops:
                    if id(top) in steps and top.shape[:1] == bottom.shape[:1]:
                        steps.setdefault(id(bottom), steps[id(top)])
    for name in given:
        found = steps.get(id(net.device_blobs[name]))
        if found is not None:
            raise ConfigError(
                f'the rows of input "{name}" are time steps for layer "{found.name}" ({found.type}), '
                "so they cannot be shuffled",
                hint="shuffle=False feeds them in order; each batch has as many as the net has steps",
            )


class ArrayFeed:
    """Arrays of the same length, fed to a net row by row in batches.

    ``arrays``: blob name -> (rows, ...). The rows of each must have the shape of its blob's items, axes of length 1
    apart. ``batch_size``: the default is that of the net. Raises ShapeError, naming the blob and both shapes.
    """

    def __init__(
        self, net: NetEngine, arrays: Mapping[str, np.ndarray], batch_size: int | None = None
    ):
        self.net = net
        self._sources = {name: layer for name, layer in sources_of(net).items() if name in arrays}
        self._shapes = {name: net.device_blobs[name].shape for name in self._sources}
        self._in_memory: set[Any] = set()
        """The MemoryData layers that have rows of ours."""
        self.rows = _common_length(arrays)
        self.batch_size = self._batch_size(batch_size)
        self._arrays = {name: self._fitted(name, array) for name, array in arrays.items()}

    def _batch_size(self, given: int | None) -> int:
        if given is not None:
            if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < 1:
                raise ConfigError(
                    f"batch_size must be a whole number, at least 1, not {given!r:.40}"
                )
            return int(given)
        sizes = {name: shape[0] for name, shape in self._shapes.items() if shape}
        if len(set(sizes.values())) > 1:
            raise ShapeError(f"the inputs have no batch size in common: {self._shapes}")
        return max(1, next(iter(sizes.values()), 1))

    def _fitted(self, name: str, array: np.ndarray) -> np.ndarray:
        """Return an array whose rows have the shape of the blob's items."""
        shape = self._shapes[name]
        if not shape:  # an Input layer without a shape
            return array
        item = shape[1:]
        if _without_ones(array.shape[1:]) != _without_ones(item):
            wanted = ", ".join(["rows", *map(str, item)]) + ("" if item else ",")
            raise ShapeError(
                f'input "{name}": the array is {array.shape}, the blob {shape}: rows of ({wanted}) are needed'
            )
        return array.reshape(len(array), *item)

    def batches(self, order: np.ndarray) -> list[np.ndarray]:
        """Return the rows of each batch; the last one is smaller if the rows do not fill it."""
        return [order[at : at + self.batch_size] for at in range(0, len(order), self.batch_size)]

    def fill(self, rows: np.ndarray, *, direct: bool = False) -> None:
        """Let the net's next forward pass see these rows.

        ``direct`` writes the tops of MemoryData layers themselves, which must then not run.
        """
        send_writes()
        in_memory: dict[Layer, list[Any]] = {}
        for name, layer in self._sources.items():
            values = self._arrays[name][rows]
            if fold(layer.type) == "input" or direct:
                blob = self.net.device_blobs[name]
                blob.reshape(*values.shape)
                self.net.device.send(values, blob.data)
            else:
                in_memory.setdefault(layer, []).append(values)
        for memory, (data, *labels) in in_memory.items():
            # A layer without a top of labels does not look at them.
            _set_memory(
                memory, data, labels[0].reshape(len(rows)) if labels else np.zeros(len(rows))
            )
            self._in_memory.add(memory)

    def close(self) -> None:
        """Give the net's inputs the shapes that they had before."""
        for memory in self._in_memory:
            memory.set_batch_size(memory.param.memory_data_param.batch_size)
        for name in self._sources:
            self.net.device_blobs[name].reshape(*self._shapes[name])


def _set_memory(layer: Any, data: np.ndarray, labels: np.ndarray) -> None:
    if layer.batch_size != len(data):
        layer.set_batch_size(len(data))
    layer.reset(data, labels)


def _common_length(arrays: Mapping[str, np.ndarray]) -> int:
    lengths = {name: array.shape[0] if array.ndim else None for name, array in arrays.items()}
    if None in lengths.values() or len(set(lengths.values())) != 1 or 0 in lengths.values():
        shapes = ", ".join(f'"{name}" {array.shape}' for name, array in arrays.items())
        raise ShapeError(
            f"the arrays must have the same number of rows, at least one: {shapes or 'none given'}"
        )
    return math.prod(next(iter(arrays.values())).shape[:1])


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)
