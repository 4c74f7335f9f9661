"""Finds the wiring settings that give a checkpoint's masks, among ncps' usual ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.layer import Layer
from mycaffe_py.schema import Schema

from ..wiring import Wiring, read_wiring
from .structure import Structure

_LEVELS = (0.5, 0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8, 0.9)
# A larger wiring takes long to draw.
_MOST_NEURONS = 2000


@dataclass
class _Settings:
    """Settings of a wiring, as the reader of a layer's settings takes them."""

    param: Any

    def fail(self, message: str, **_: Any) -> NoReturn:
        raise ConfigError(message)


def wiring_text(schema: Schema, structure: Structure, masks: Mapping[str, np.ndarray]) -> str:
    """Return ``wiring_param { ... }`` for a module with masks; with a comment if no usual wiring has these masks.

    An empty text means that no wiring is needed or known: a cell without masks.
    """
    if structure.kind == "cfc" or (structure.kind == "ltc" and not structure.ncps):
        return ""
    if structure.hidden <= _MOST_NEURONS:
        for settings in _candidates(structure):
            wiring = _drawn(schema, structure, settings)
            if wiring is not None and _fits(wiring, structure, masks):
                return f"wiring_param {{ {settings} }}"
    motors = structure.features
    layered = structure.kind == "ltc" or len(structure.layer_sizes) > 1
    usual = "AUTO_NCP" if layered and motors < structure.hidden - 2 else "RANDOM"
    return (
        f"wiring_param {{ type: {usual} motor_neurons: {motors} }}  # not known: no usual wiring has the file's "
        "synapses; give the type, numbers and seed of yours"
    )


def _candidates(structure: Structure) -> Iterator[str]:
    count = structure.features
    only = "" if count == structure.hidden else f" motor_neurons: {count}"
    if structure.kind == "ltc" or len(structure.layer_sizes) == 1:
        yield f"type: FULLY_CONNECTED{only}"
        yield f"type: FULLY_CONNECTED{only} self_connections: false"
        if structure.bare:
            return
    for level in _LEVELS:
        written = "" if level == _LEVELS[0] else f" sparsity_level: {level:g}"
        yield f"type: AUTO_NCP motor_neurons: {count}{written}"
    for level in _LEVELS:
        yield f"type: RANDOM{only} sparsity_level: {level:g}"


def _drawn(schema: Schema, structure: Structure, settings: str) -> Wiring | None:
    from google.protobuf import text_format

    param = schema.new("LayerParameter")
    text_format.Parse(settings, param.wiring_param)
    try:
        return read_wiring(cast(Layer, _Settings(param)), structure.inputs, structure.hidden)
    except ConfigError:  # not possible with these sizes
        return None


def _fits(wiring: Wiring, structure: Structure, masks: Mapping[str, np.ndarray]) -> bool:
    if structure.kind == "ltc":
        found = {"sparsity_mask": wiring.mask, "sensory_sparsity_mask": wiring.sensory_mask}
    elif tuple(map(len, wiring.layers)) != structure.layer_sizes:
        return False
    else:
        found = {f"layer_{i}.sparsity_mask": wiring.layer_mask(i) for i in range(len(wiring.layers))}  # fmt: skip
    return all(
        np.array_equal(mask != 0, masks[name] != 0) if name in masks else bool(np.all(mask))
        for name, mask in found.items()
    )
