"""Compares the masks of a checkpoint with the synapses that a model's wiring settings give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mycaffe_py.errors import SnapshotError
from mycaffe_py.wording import counted

from .own_layer import OwnLayer
from .structure import MASKS

_HINT = (
    "wiring_param must have the type, the numbers and the seed of the wiring that the file was trained with; ncps' "
    "default seeds are ours"
)


def check_synapses(masks: Mapping[str, np.ndarray], own: OwnLayer, source: str) -> None:
    """Raise SnapshotError, naming the first difference, unless the masks are those of the layer.

    ``masks`` are by their names within the cell. A module without masks has every synapse.
    """
    for name, ours in _ours(own).items():
        theirs = masks.get(name)
        if theirs is None:
            theirs = np.ones_like(ours)
        other = np.argwhere((theirs != 0) != (ours != 0))
        odd = np.argwhere((theirs != 0) & (theirs != 1))
        if odd.size:
            place = tuple(odd[0].tolist())
            raise SnapshotError(
                f"{source}: {name}{list(place)} is {theirs[place]:g}; a mask has only 0 and 1"
            )
        if other.size:
            first = other[0].tolist()
            which, wiring = _synapse(name, first), f'the wiring of layer "{own.layer.name}"'
            if name not in masks:
                said = f"the module has no {name}, so every synapse, but {wiring} lacks {which}"
            elif theirs[tuple(first)]:
                said = f"{name} has the synapse {which}, which {wiring} lacks"
            else:
                said = f"{name} lacks the synapse {which}, which {wiring} has"
            raise SnapshotError(
                f"{source}: {said} (the first of {counted(len(other), 'difference')})", hint=_HINT
            )


def _ours(own: OwnLayer) -> dict[str, np.ndarray]:
    if own.adjacent is None or own.masks:
        return own.masks
    return dict(zip(MASKS, own.adjacent, strict=True))


def _synapse(name: str, place: list[int]) -> str:
    """Return a synapse in words; masks of LTC cells have the source first, those of CfC cells the target."""
    row, column = place
    if name.startswith("layer_"):
        return f"[{row}, {column}] (from its input {column} to its neuron {row})"
    source = "input" if name.startswith("sensory") else "neuron"
    return f"[{row}, {column}] (from {source} {row} to neuron {column})"
