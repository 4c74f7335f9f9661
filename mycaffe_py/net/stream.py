"""Running a recurrent net one observation at a time, its state carried from each step to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import fetched, numbers
from mycaffe_py.blob.host_blob import send_writes
from mycaffe_py.errors import ConfigError, ShapeError

from .engine import NetEngine
from .predicting import outputs_of, runnable_layers


class Stream:
    """A net that is fed step by step; ``state`` is what it remembers, by the input blob that it is fed to.

    ``states``: input blob -> the top that is its value in the next step. By default the layers say so: CFC with
    ``initial_state`` and its second top, CFC_UNIT, LTC_UNIT, LSTM and RNN with ``expose_hidden``. Each state begins
    with zeros. Raises ConfigError for a net that has no state, and for one that takes absolute times, as a single step
    does not know the time before.
    """

    def __init__(self, net: NetEngine, states: Mapping[str, str] | None = None):
        self.net = net
        self._tops = dict(states) if states is not None else _found(net)
        if not self._tops:
            raise ConfigError(
                f'net "{net.name}" has no state to carry from step to step',
                hint="a CFC layer has one with initial_state: true, an Input blob as its last bottom and a second top; "
                "or name both: stream({input: top})",
            )
        for name, top in self._tops.items():
            if name not in net.inputs:
                raise ConfigError(
                    f'the state "{name}" is not an input of net "{net.name}"',
                    nearest=(name, net.inputs),
                )
            if top not in net.device_blobs:
                raise ConfigError(
                    f'net "{net.name}" has no blob "{top}"', nearest=(top, list(net.device_blobs))
                )
        for layer, bottoms in zip(net.device_layers, net.bottoms, strict=True):
            if any(layer.time_form(index) == "absolute" for index in range(len(bottoms))):
                raise ConfigError(
                    f'layer "{layer.name}" ({layer.type}) takes absolute times; a stream needs time spans',
                    hint="time: SPANS, and the span since the step before in tt",
                )
        self._shapes = {name: net.device_blobs[name].shape for name in net.inputs}
        self.state: dict[str, np.ndarray] = {}
        self.reset()

    def reset(self) -> None:
        """Forget everything: each state is zeros again."""
        self.state = {name: np.zeros(self._shapes[name], self.net.dtype) for name in self._tops}

    def step(self, **inputs: Any) -> dict[str, np.ndarray]:
        """Feed one step, by blob names, and return the outputs by blob name; the state moves on.

        A value has as many numbers as its blob, or the blob's number of axes: several steps at once. Inputs that
        are not given, such as targets, are not needed: layers that depend on them do not run. Raises ConfigError and
        ShapeError for what does not fit; the state is then as before.
        """
        net = self.net
        for name in inputs:
            if name not in net.inputs or name in self._tops:
                free = [free for free in net.inputs if free not in self._tops]
                raise ConfigError(
                    f'"{name}" is not an input to be given; those are {free}', nearest=(name, free)
                )
        values = {name: self._fitted(name, value) for name, value in inputs.items()} | self.state
        positions = runnable_layers(net, values)
        names = outputs_of(net, positions)
        reached = {blob.name for position in positions for blob in net.tops[position]}
        missing = [top for top in self._tops.values() if top not in reached]
        if missing:
            further = [name for name in net.inputs if name not in values]
            raise ConfigError(f'"{missing[0]}" cannot be computed without more inputs: {further}')
        send_writes()
        try:
            for name, value in values.items():
                blob = net.device_blobs[name]
                blob.reshape(*value.shape)
                blob.data[...] = net.device.asarray(value, dtype=net.dtype)
            for position in positions:
                net.forward_layers(position, position)
            self.state = {name: self._copy(top) for name, top in self._tops.items()}
            return {name: self._copy(name) for name in names if name not in self._tops.values()}
        finally:  # others use this net too: predict(), other streams
            for name in values:
                net.device_blobs[name].reshape(*self._shapes[name])

    def _fitted(self, name: str, value: Any) -> np.ndarray:
        array = np.asarray(fetched(numbers(value, f'input "{name}"')))
        shape = self._shapes[name]
        if array.ndim == len(shape) and array.size:
            return array
        if array.size == math.prod(shape):
            return array.reshape(shape)
        raise ShapeError(f'input "{name}": got {array.shape}, the blob is {shape}')

    def _copy(self, name: str) -> np.ndarray:
        return np.array(self.net.device.to_host(self.net.device_blobs[name].data))


def _found(net: NetEngine) -> dict[str, str]:
    """Return input blob -> top of the states that the layers name and that are fed from outside."""
    own, found = net.context.names_in_file, {}
    for layer, bottoms, tops in zip(net.device_layers, net.bottoms, net.tops, strict=True):
        for top, bottom in layer.carried_states():
            if top < len(tops) and bottom < len(bottoms):
                name = own.get(bottoms[bottom].name, bottoms[bottom].name)
                if name in net.inputs:
                    found[name] = tops[top].name
    return found
