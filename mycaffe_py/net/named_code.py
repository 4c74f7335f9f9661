"""Which layers run code that a model names: known from their types, without building them."""

from __future__ import annotations

from typing import Any

from mycaffe_py.plugins.registry import Registry


def types_that_run_code(registry: Registry) -> tuple[str, ...]:
    """Return the types of the layers that run code which a model names."""
    return tuple(cls.type for cls in registry.layers.classes() if cls.runs_named_code)


def layers_that_run_code(net: Any, registry: Registry) -> frozenset[int]:
    """Return the positions of a net's layers that run code which the model names."""
    known = registry.layers
    return frozenset(
        index
        for index, layer in enumerate(net.layer)
        if layer.type in known and known.find(layer.type).runs_named_code
    )
