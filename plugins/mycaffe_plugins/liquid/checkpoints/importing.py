"""From a checkpoint of PyTorch to a layer of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.cli import say, warn
from mycaffe_py.errors import SnapshotError

from .guessing import wiring_text
from .layer_text import differences, layer_text, not_in_the_file, setting_lines
from .modules import CELL, Module, choose
from .own_layer import OwnLayer
from .state_files import State, read_state
from .structure import MASKS, Structure, structure_of
from .synapses import check_synapses
from .values import check_positivity, checked, filled, unusual

_MOST_SHOWN = 6


class Checkpoint:
    """A file of PyTorch with the liquid module that is meant.

    Raises SnapshotError if there is none, or if its tensors are not those of a module that is known.
    """

    def __init__(self, path: Path, prefix: str | None):
        self.path, self.state = path, read_state(path)
        self.module = choose(self.state, prefix, str(path))
        shapes = {name: tensor.shape for name, tensor in self.state.items()}
        self.structure = structure_of(shapes, self.module, str(path))
        if self.structure.kind == "wired" and self.structure.mixed:
            raise SnapshotError(
                f"{path} is of a CfC with a wiring and a mixed memory (lstm), which no layer here can be",
                hint="a CFC layer has either of them: train the module without mixed_memory",
            )
        self.masks = self._masks()

    def _masks(self) -> dict[str, np.ndarray]:
        """Return the module's masks by their names within the cell."""
        found = {}
        for name, tensor in self._own().items():
            if _is_mask(name):
                if tensor.values is None:
                    raise SnapshotError(
                        f"{self.path}: {name} is of type {tensor.dtype}, which is not read"
                    )
                found[name.removeprefix(self.module.cell)] = tensor.values
        return found

    def _own(self) -> State:
        """Return the module's tensors."""
        outer = self.module.outer
        starts = [self.module.cell, *([] if outer is None else [f"{outer}lstm.", f"{outer}fc."])]
        return {
            name: tensor for name, tensor in self.state.items() if name.startswith(tuple(starts))
        }

    def weights(self) -> dict[str, np.ndarray]:
        """Return the module's weights by name; raises SnapshotError for those of another type."""
        return {
            name: checked(name, tensor, str(self.path))
            for name, tensor in self._own().items()
            if not _is_mask(name)
        }

    def others(self) -> list[str]:
        """Return the names of all other tensors."""
        own = self._own()
        return [name for name in self.state if name not in own]

    def layer_text(self, schema: Any) -> str:
        """Return the prototxt of a layer that fits."""
        wiring = wiring_text(schema, self.structure, self.masks)
        return layer_text(self.structure, wiring, self.module.outer is not None)


def _is_mask(name: str) -> bool:
    return name.rpartition(".")[2] in MASKS


def fill_layer(checkpoint: Checkpoint, build: Callable[[str], OwnLayer]) -> OwnLayer:
    """Copy a checkpoint's values into the layer that ``build`` makes for a dtype, and return it.

    Raises SnapshotError, before any value is copied, if sizes or synapses differ.
    """
    weights = checkpoint.weights()
    wide = any(array.dtype == np.float64 for array in weights.values())
    own = build("float64" if wide else "float32")
    _check_structure(checkpoint, own)
    check_synapses(checkpoint.masks, own, str(checkpoint.path))
    values, made = _values(own, checkpoint.structure, checkpoint.module, weights)
    by_name = {name.removeprefix(CELL): array for name, array in values.items()}
    problems = check_positivity(own, by_name)
    for blob, array in zip(own.layer.blobs, values.values(), strict=True):
        blob.data[...] = array
    for text in [*unusual(weights), *problems]:
        warn(f"{checkpoint.path}: {text}")
    _report(own, checkpoint, made)
    return own


def _check_structure(checkpoint: Checkpoint, own: OwnLayer) -> None:
    """Raise SnapshotError, with the settings to write, if the layer has another structure."""
    theirs = compared = checkpoint.structure
    ours, whole = own.structure, own.module.outer is not None
    if not whole and theirs.mixed:
        raise SnapshotError(
            f"{checkpoint.path} has a mixed memory (lstm), but {own.layer.type}, the type of layer "
            f'"{own.layer.name}", has none',
            hint="use a CFC layer with use_mixed: true in cfc_param",
        )
    if not whole:
        compared = replace(theirs, outputs=None)
    elif theirs.outputs is None and ours.outputs == ours.features:
        compared = replace(theirs, outputs=ours.outputs)  # fc becomes the identity
    found = differences(compared, ours)
    if not found:
        return
    schema = own.net.registry.schema
    written = setting_lines(theirs, wiring_text(schema, theirs, checkpoint.masks), whole)
    raise SnapshotError(
        f'{checkpoint.path} does not fit layer "{own.layer.name}": {"; ".join(found)}',
        hint="the layer needs these settings:\n" + "\n".join(written),
    )


def _values(
    own: OwnLayer, structure: Structure, module: Module, weights: dict[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the value of each blob by its name, and the names of those that the checkpoint lacks."""
    values, made = {}, []
    for blob, name in zip(own.layer.blobs, own.layer.blob_names, strict=True):
        theirs = own.their_name(name, structure, module)
        if theirs in weights:
            values[name] = weights[theirs]
        else:
            values[name] = filled(name, blob.shape)
            made.append(name)
    return values, made


def _report(own: OwnLayer, checkpoint: Checkpoint, made: list[str]) -> None:
    """Say what the user has to know about the conversion."""
    if made:
        say(f"not in the file, set so that they have no effect: {', '.join(made)}")
    left = checkpoint.others()
    if own.module.outer is None and checkpoint.structure.outputs is not None:
        left = [*left, f"{checkpoint.module.outer}fc"]
    if left:
        more = f", ... ({len(left)} in all)" if len(left) > _MOST_SHOWN else ""
        say(f"not converted: {', '.join(left[:_MOST_SHOWN])}{more}")
    unseen = not_in_the_file(own.layer, checkpoint.structure)
    if unseen:
        say(f'not in the file, so compare with your module: layer "{own.layer.name}" has {unseen}')
