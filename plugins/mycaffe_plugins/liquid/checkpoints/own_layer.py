"""A liquid layer of a net seen as a module of PyTorch: the names, shapes and masks that it would have there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, did_you_mean
from mycaffe_py.layer import Layer

from ..cfc_layer import CfcLayer
from ..cfc_unit_layer import CfcUnitLayer
from .modules import CELL, Module
from .structure import MASKS, Shape, Structure, structure_of

_BACKBONE = re.compile(r"bb_(\d+)\.(.*)")


@dataclass(frozen=True)
class OwnLayer:
    """A liquid layer with its structure."""

    net: Any
    layer: Layer
    module: Module
    """The module as which it would be saved, without a prefix."""
    structure: Structure
    masks: dict[str, np.ndarray]
    """The masks that the module would have, by their names within the cell: 1 where there is a synapse."""
    adjacent: tuple[np.ndarray, np.ndarray] | None
    """Masks of an LTC cell's synapses between neurons and from the inputs; None without a wiring."""

    @property
    def setting(self) -> str:
        """The message field of the cell's settings."""
        return "ltc_unit_param" if self.structure.kind == "ltc" else "cfc_unit_param"

    def their_name(self, blob_name: str, structure: Structure, module: Module) -> str:
        """Return the name of a blob's tensor in a module of that structure."""
        if blob_name.startswith(("lstm.", "fc.")):
            return (module.outer or "") + blob_name
        name = blob_name.removeprefix(CELL)
        if structure.bare:
            name = name.removeprefix("layer_0.")
        stage = _BACKBONE.fullmatch(name)
        if stage:
            name = f"backbone.{structure.steps[int(stage[1])]}.{stage[2]}"
        return module.cell + name


def own_layer(net: Any, name: str | None) -> OwnLayer:
    """Return the liquid layer of a net with that name, or its only one; raise ConfigError if that is none."""
    layers = {one.name: one for one in net.device_layers if isinstance(one, CfcLayer | CfcUnitLayer)}  # fmt: skip
    listed = f"liquid layers: {', '.join(layers)}" if layers else "it has no liquid layer"
    if name is not None and name not in layers:
        raise ConfigError(
            f'net "{net.name}" has no liquid layer "{name}"',
            hint=did_you_mean(name, layers) or listed,
        )
    if name is None and len(layers) != 1:
        raise ConfigError(
            f'net "{net.name}" has {len(layers) or "no"} liquid layers (CFC, CFC_UNIT, LTC_UNIT)',
            hint=f"name one of them with --layer: {', '.join(layers)}" if layers else None,
        )
    return _described(net, layers[name or next(iter(layers))])


def _described(net: Any, layer: Any) -> OwnLayer:
    names: Sequence[str] = layer.blob_names
    wiring = layer.cell.wiring
    whole = isinstance(layer, CfcLayer)
    bare_names = [one.removeprefix(CELL) for one in names]
    kind = "ltc" if "gleak" in bare_names else "cfc" if wiring is None else "wired"
    _refuse_other_outputs(layer, kind)
    module = Module(kind, CELL if whole else "")
    stages = sum(one.startswith("bb_") and one.endswith(".weight") for one in bare_names)
    dropout = kind == "cfc" and layer.param.cfc_unit_param.backbone_dropout_ratio > 0
    draft = Structure(kind, 0, 0, steps=_steps(stages, dropout))
    masks = _masks(layer, kind, "output_w" in bare_names)
    own = OwnLayer(net, layer, module, draft, masks, _adjacent(kind, wiring))
    shapes: dict[str, Shape] = {
        own.their_name(one, draft, module): blob.shape
        for one, blob in zip(names, layer.blobs, strict=True)
    }
    shapes |= {module.cell + one: mask.shape for one, mask in masks.items()}
    structure = structure_of(shapes, module, f'layer "{layer.name}"')
    return replace(own, structure=structure)


def _steps(stages: int, dropout: bool) -> tuple[int, ...]:
    """Return the places of the linear layers among a backbone's: an activation follows each, then may come dropout."""
    if not dropout:
        return tuple(range(0, 2 * stages, 2))
    return (0, *range(2, 3 * stages - 1, 3)) if stages else ()


def _masks(layer: Any, kind: str, ncps: bool) -> dict[str, np.ndarray]:
    wiring = layer.cell.wiring
    if kind == "wired":
        return {
            f"layer_{index}.sparsity_mask": wiring.layer_mask(index)
            for index in range(len(wiring.layers))
        }
    if kind != "ltc" or not ncps:
        return {}
    masks = _adjacent(kind, wiring)
    if masks is None:
        blobs = dict(zip(layer.blob_names, layer.blobs, strict=True))
        prefix = CELL if isinstance(layer, CfcLayer) else ""
        masks = (np.ones(blobs[f"{prefix}w"].shape), np.ones(blobs[f"{prefix}sensory_w"].shape))
    return dict(zip(MASKS, masks, strict=True))


def _adjacent(kind: str, wiring: Any) -> tuple[np.ndarray, np.ndarray] | None:
    return (wiring.mask, wiring.sensory_mask) if kind == "ltc" and wiring is not None else None


def _refuse_other_outputs(layer: Any, kind: str) -> None:
    """Refuse a wiring of one layer of which only some neurons are the output: in ncps, all of them are."""
    wiring = layer.cell.wiring
    if kind == "wired" and len(wiring.layers) == 1 and wiring.motor_count != wiring.units:
        raise ConfigError(
            f'layer "{layer.name}" gives {wiring.motor_count} of its {wiring.units} neurons, but a CfC of ncps with a '
            "wiring of one layer gives all of them",
            hint=f"leave motor_neurons out, or write motor_neurons: {wiring.units}",
            field="wiring_param.motor_neurons",
        )
