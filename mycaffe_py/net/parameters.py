"""A net's learnable parameters: sharing by name, and one contiguous buffer for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.device.memory_limits import require_memory
from mycaffe_py.layer.layer import Layer
from mycaffe_py.schema.decimals import as_written


@dataclass
class Parameter:
    """One learnable blob: its owner, its multipliers, and the blobs of layers that share it."""

    blob: Blob
    layer: Layer
    index: int
    name: str = ""
    lr_mult: float | None = None
    decay_mult: float | None = None
    sharers: list[Blob] = field(default_factory=list)

    @property
    def lr(self) -> float:
        """The learning-rate multiplier; 1 unless given."""
        return 1.0 if self.lr_mult is None else self.lr_mult

    @property
    def decay(self) -> float:
        """The weight-decay multiplier; 1 unless given."""
        return 1.0 if self.decay_mult is None else self.decay_mult


class ParameterList:
    """Collects parameters as layers are set up; later parameters of the same name share the first one's blob."""

    def __init__(self, schema: Any):
        spec = schema.message_class("ParamSpec")
        self._permissive = (
            spec.DESCRIPTOR.enum_types_by_name["DimCheckMode"].values_by_name["PERMISSIVE"].number
        )
        self._default_spec = spec()
        self.owners: list[Parameter] = []
        self._by_name: dict[str, Parameter] = {}

    def add_layer(self, layer: Layer) -> None:
        """Add every blob of a layer, or fail if its ``param`` specs do not fit."""
        specs = layer.param.param
        if len(specs) > len(layer.blobs):
            layer.fail(
                f"{len(specs)} param specs are given, but it has {len(layer.blobs)} learnable blobs",
                field="param",
            )
        for index in range(len(layer.blobs)):
            spec = specs[index] if index < len(specs) else self._default_spec
            owner = self._by_name.get(spec.name) if spec.name else None
            if owner is None:
                self._own(layer, index, spec)
            else:
                self._share(owner, layer, index, spec)

    def _own(self, layer: Layer, index: int, spec: Any) -> None:
        parameter = Parameter(layer.blobs[index], layer, index, spec.name)
        self._set_multipliers(parameter, layer, index, spec)
        self.owners.append(parameter)
        if spec.name:
            self._by_name[spec.name] = parameter

    def _share(self, owner: Parameter, layer: Layer, index: int, spec: Any) -> None:
        blob = layer.blobs[index]
        permissive = spec.share_mode == self._permissive
        fits = blob.count == owner.blob.count if permissive else blob.shape == owner.blob.shape
        if not fits:
            layer.fail(
                f'cannot share param "{spec.name}" with layer "{owner.layer.name}": '
                f"{'counts' if permissive else 'shapes'} differ, {blob.shape} here and "
                f"{owner.blob.shape} there",
                field=f"param.{index}",
                hint=None if permissive else "share_mode: PERMISSIVE requires only equal counts",
            )
        blob.share_data(owner.blob)  # frees its own values; the buffer comes after the last layer
        owner.sharers.append(blob)
        self._set_multipliers(owner, layer, index, spec)

    def _set_multipliers(self, parameter: Parameter, layer: Layer, index: int, spec: Any) -> None:
        for name in ("lr_mult", "decay_mult"):
            if not spec.HasField(name):
                continue
            given, known = as_written(getattr(spec, name)), getattr(parameter, name)
            if known is not None and known != given:
                layer.fail(
                    f'shared param "{spec.name}" has {name} {given} here and {known} in an earlier layer',
                    field=f"param.{index}.{name}",
                )
            setattr(parameter, name, given)


def freeze(layer: Layer) -> None:
    """Set lr_mult to 0 for all blobs of a layer."""
    specs = layer.param.param
    while len(specs) < len(layer.blobs):
        specs.add()
    for spec in specs:
        spec.lr_mult = 0


def _require_memory(owners: Sequence[Parameter], size: int) -> None:
    if owners:
        largest = max(owners, key=lambda parameter: parameter.blob.count)
        what = (
            f'the learnable blobs of the net, the largest in layer "{largest.layer.name}" '
            f"{largest.blob.shape}, with their gradients"
        )
        require_memory(size, what)


class ParameterBuffer:
    """All owned parameters in one flat ``data`` and one flat ``diff`` array; blobs are views."""

    def __init__(self, owners: Sequence[Parameter], device: Any, dtype: Any):
        self.owners = list(owners)
        total = sum(parameter.blob.count for parameter in owners)
        if device.is_host:
            _require_memory(self.owners, 2 * total * np.dtype(dtype).itemsize)
        self.data = device.xp.zeros(total, dtype=dtype)
        self.diff = device.xp.zeros(total, dtype=dtype)
        self.slices: dict[int, slice] = {}
        start = 0
        self._ordered = self._in_storage_order()
        for parameter in self._ordered:
            part = slice(start, start + parameter.blob.count)
            start = part.stop
            self.slices[id(parameter)] = part
            parameter.blob.bind(self.data, self.diff, part.start)
            for blob in parameter.sharers:
                blob.share_data(parameter.blob)
                blob.share_diff(parameter.blob)

    def _in_storage_order(self) -> list[Parameter]:
        layers = list(dict.fromkeys(parameter.layer for parameter in self.owners))
        position = {layer: index for index, layer in enumerate(layers)}
        rank = {layer: layer.storage_order() for layer in layers}
        return sorted(self.owners, key=lambda p: (position[p.layer], rank[p.layer].index(p.index)))

    def slice_of(self, parameter: Parameter) -> slice:
        """Return a parameter's position in the buffer."""
        return self.slices[id(parameter)]

    def groups(self) -> Iterator[tuple[slice, float, float]]:
        """Yield (slice, lr_mult, decay_mult), merging neighbours with equal multipliers.

        Parameters with lr_mult 0 are omitted: they are never updated.
        """
        joined: list[tuple[slice, float, float]] = []
        for parameter in self._ordered:
            part, key = self.slice_of(parameter), (parameter.lr, parameter.decay)
            if joined and joined[-1][1:] == key and joined[-1][0].stop == part.start:
                joined[-1] = (slice(joined[-1][0].start, part.stop), *key)
            else:
                joined.append((part, *key))
        return (group for group in joined if group[1] != 0)
