"""Insertion of Split layers where one top feeds several bottoms, with Caffe's names."""

from __future__ import annotations

from collections import defaultdict
from typing import Any


def split_name(blob: str, producer: str, top_index: int) -> str:
    """Return the split layer's name: ``{blob}_{producer}_{top index}_split``."""
    return f"{blob}_{producer}_{top_index}_split"


def insert_splits(layers: list[Any], new_layer: Any) -> list[tuple[Any, int | None]]:
    """Return the LayerParameters with a Split after each top that is used more than once.

    Each comes with its position in ``layers``, or None for a Split. The layers' bottoms and loss weights are changed
    in place. An in-place layer produces its blob again, so uses count per (layer, top index). A top with a
    loss weight counts one use more: the split has the weight on its first top.
    """
    producer: dict[str, tuple[int, int]] = {}
    uses: dict[tuple[int, int], int] = defaultdict(int)
    source_of_bottom: dict[tuple[int, int], tuple[int, int]] = {}
    for index, layer in enumerate(layers):
        for position, blob in enumerate(layer.bottom):
            source_of_bottom[index, position] = producer[blob]
            uses[producer[blob]] += 1
        for position, blob in enumerate(layer.top):
            producer[blob] = (index, position)
    loss_weight = {
        (index, position): layer.loss_weight[position]
        for index, layer in enumerate(layers)
        for position in range(min(len(layer.top), len(layer.loss_weight)))
    }
    for key, weight in loss_weight.items():
        if weight and uses[key]:
            uses[key] += 1

    def name_of(key: tuple[int, int]) -> str:
        return split_name(layers[key[0]].top[key[1]], layers[key[0]].name, key[1])

    next_top: dict[tuple[int, int], int] = defaultdict(int)
    result: list[tuple[Any, int | None]] = []
    for index, layer in enumerate(layers):
        for position in range(len(layer.bottom)):
            key = source_of_bottom[index, position]
            if uses[key] > 1:
                layer.bottom[position] = f"{name_of(key)}_{next_top[key]}"
                next_top[key] += 1
        result.append((layer, index))
        for position in range(len(layer.top)):
            key = (index, position)
            if uses[key] > 1:
                weight = loss_weight.get(key, 0.0)
                split = _split(new_layer(), name_of(key), layer.top[position], uses[key], weight)
                result.append((split, None))
                if weight:
                    layer.loss_weight[position] = 0
                    next_top[key] += 1
    return result


def _split(layer: Any, name: str, blob: str, count: int, weight: float) -> Any:
    layer.name, layer.type = name, "Split"
    layer.bottom.append(blob)
    layer.top.extend(f"{name}_{index}" for index in range(count))
    if weight:
        layer.loss_weight.extend([weight] + [0.0] * (count - 1))
    return layer
