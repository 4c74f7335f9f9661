"""Upgrade of the input fields of old nets, ``input: "data"`` with its shape, to an Input layer."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import Problem
from mycaffe_py.schema.prototxt.document import Document, Entry, Nodes

from .parts import Part

_INPUT_LAYER = "input"
_DIMS_PER_INPUT = 4


def upgrade_inputs(document: Document, part: Part, path: tuple[str | int, ...]) -> list[Problem]:
    """Replace a net's input fields with an Input layer at the front; return what cannot be upgraded."""
    net = part.message
    problems = _input_problems(document, net, path)
    if not problems:
        if net.input_shape or net.input_dim:
            _add_input_layer(net, part.nodes)
        net.ClearField("input")
        net.ClearField("input_shape")
        net.ClearField("input_dim")
        document.upgrades.append("input fields instead of an Input layer")
    return problems


def _input_problems(document: Document, net: Any, path: tuple[str | int, ...]) -> list[Problem]:
    count = len(net.input)
    if net.input_shape:
        if len(net.input_shape) != count:
            message = f"{count} input, but {len(net.input_shape)} input_shape"
            hint = "give one input_shape for each input"
            return [document.problem((*path, "input_shape"), message, hint)]
    elif net.input_dim:
        if len(net.input_dim) != _DIMS_PER_INPUT * count:
            message = f"{count} input, but {len(net.input_dim)} input_dim"
            hint = f"give {_DIMS_PER_INPUT} input_dim for each input, or one input_shape"
            return [document.problem((*path, "input_dim"), message, hint)]
    else:
        return _inputs_without_shape(document, net, path)
    return []


def _inputs_without_shape(
    document: Document, net: Any, path: tuple[str | int, ...]
) -> list[Problem]:
    """Return a problem for each input that is used; unused inputs are dropped."""
    produced = {top for layer in net.layer for top in layer.top}
    consumed = {bottom for layer in net.layer for bottom in layer.bottom}
    return [
        document.problem(
            (*path, "input", index),
            f'the input "{name}" has no shape',
            "add input_shape { dim: ... }",
        )
        for index, name in enumerate(net.input)
        if name in consumed - produced
    ]


def _add_input_layer(net: Any, nodes: Nodes) -> None:
    """Insert an Input layer at the front that has every input as a top."""
    kept = list(net.layer)
    layer_class = type(net.layer.add())
    layer = layer_class(name=_INPUT_LAYER, type="Input", top=net.input)
    shapes = layer.input_param.shape
    if net.input_shape:
        shapes.extend(net.input_shape)
    else:
        for start in range(0, len(net.input_dim), _DIMS_PER_INPUT):
            shapes.add(dim=net.input_dim[start : start + _DIMS_PER_INPUT])
    net.ClearField("layer")
    net.layer.append(layer)
    net.layer.extend(kept)
    _move_input_nodes(nodes)


def _move_input_nodes(nodes: Nodes) -> None:
    inputs = nodes.pop("input", [])
    shapes = nodes.pop("input_shape", [])
    dims = nodes.pop("input_dim", [])
    if not inputs:
        return
    span = (inputs[0].name_offset, inputs[0].name_length)
    children: Nodes = {"top": inputs}
    shown = shapes or dims[::_DIMS_PER_INPUT]
    if shown:
        first = shown[0]
        parameter_span = (first.name_offset, first.name_length)
        children["input_param"] = [Entry(parameter_span, children={"shape": shown})]
    nodes["layer"] = [Entry(span, children=children), *nodes.get("layer", [])]
