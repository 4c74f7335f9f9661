"""Layers through which a training needs a gradient, but which define none."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import Problem, closest
from mycaffe_py.layer.layer import Layer
from mycaffe_py.net.net import Net
from mycaffe_py.net.problems import path_of


def missing_gradients(net: Net) -> list[Problem]:
    """Return a problem for each layer that backward will run through, but whose class has no ``backward``."""
    names = [param.name for param in net.document.message.layer]
    return [
        net.document.problem(
            path_of(names.index(layer.name) if layer.name in names else None, "type"),
            f'layer "{layer.name}" ({layer.type}): its class has no backward(), but a gradient is needed here',
            _hint(type(layer)),
        )
        for layer, needed in zip(net.device_layers, net.layer_need_backward, strict=True)
        if needed and type(layer).backward is Layer.backward
    ]


def _hint(cls: Any) -> str:
    own = [name for base in cls.__mro__[: cls.__mro__.index(Layer)] for name in vars(base)]
    near = closest("backward", [name for name in own if not hasattr(Layer, name)])
    if near:
        return f"did you mean backward? the class {cls.__name__} has {near}"
    return f"write def backward(self, top, propagate_down, bottom): in the class {cls.__name__}"
