"""What the builder of a net returns, and where gradients flow in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mycaffe_py.blob.blob import Blob
from mycaffe_py.layer.layer import Layer
from mycaffe_py.schema import Document

from .parameters import Parameter


@dataclass
class BuiltNet:
    """The builder's result; each list is in file order of the layers."""

    name: str
    state: Any
    document: Document
    layer_params: list[Any] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    layer_names: list[str] = field(default_factory=list)
    positions: list[int | None] = field(default_factory=list)
    """Each layer's index in the model; None for an inserted Split."""
    blobs: dict[str, Blob] = field(default_factory=dict)
    bottoms: list[list[Blob]] = field(default_factory=list)
    tops: list[list[Blob]] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    bottom_need_backward: list[list[bool]] = field(default_factory=list)
    layer_need_backward: list[bool] = field(default_factory=list)
    owners: list[Parameter] = field(default_factory=list)


def switch_off_backward(built: BuiltNet) -> None:
    """Switch gradients off where no loss lies above, or where all tops skip them: Caffe's reverse pass."""
    under_loss: set[int] = set()
    skipped: set[int] = set()
    for index in reversed(range(len(built.layers))):
        layer, bottom, top = built.layers[index], built.bottoms[index], built.tops[index]
        contributes = any(layer.loss_weights) or any(id(blob) in under_loss for blob in top)
        all_skipped = bool(top) and all(id(blob) in skipped for blob in top)
        needs = built.bottom_need_backward[index]
        if not contributes or all_skipped:
            built.layer_need_backward[index] = False
        if not built.layer_need_backward[index]:
            needs[:] = [False] * len(needs)
        for position, blob in enumerate(bottom):
            if contributes:
                under_loss.add(id(blob))
            else:
                needs[position] = False
            if not needs[position]:
                skipped.add(id(blob))
            else:
                skipped.discard(id(blob))


def force_backward(built: BuiltNet) -> None:
    """Let every layer compute gradients, and every bottom that may have one get it."""
    for index, layer in enumerate(built.layers):
        built.layer_need_backward[index] = True
        needs = built.bottom_need_backward[index]
        needs[:] = [need or layer.allow_force_backward(j) for j, need in enumerate(needs)]
        layer.param_propagate_down = [True] * len(layer.blobs)
