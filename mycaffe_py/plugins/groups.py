"""The groups of layer types, which lists and pictures of nets show by colour."""

from __future__ import annotations

from typing import Any

LAYER_GROUPS = (
    "data", "liquid", "conv", "dense", "norm", "pool", "loss", "activation", "shape", "other",
)  # fmt: skip


def layer_group(cls: Any) -> str:
    """Return the group of a layer class, one of LAYER_GROUPS: its ``group``, or what its attributes say.

    Without a group of its own, a layer that takes no bottoms is "data", one that is a loss "loss", any other "other".
    """
    if cls.group in LAYER_GROUPS:
        return str(cls.group)
    if 0 in (cls.exact_num_bottom_blobs, cls.max_bottom_blobs):
        return "data"
    return "loss" if cls.is_loss else "other"
