"""Read nets and solvers, bringing the deprecated forms of Caffe into today's."""

from __future__ import annotations

import os

from google.protobuf.message import Message

from mycaffe_py.errors import Problem, PrototxtError
from mycaffe_py.schema.document import Document, Entry, Nodes
from mycaffe_py.schema.files import read_text_file
from mycaffe_py.schema.kinds import parse_kind
from mycaffe_py.schema.schema import Schema

_SOLVER_TYPES = {
    "SGD": "SGD",
    "NESTEROV": "Nesterov",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta",
    "ADAM": "Adam",
}
_INPUT_LAYER = "input"
_DIMS_PER_INPUT = 4


def load_net(schema: Schema, path: str | os.PathLike[str]) -> Document:
    """Read a net from a prototxt file and upgrade it."""
    return load_net_text(schema, read_text_file(path), os.fspath(path))


def load_net_text(schema: Schema, text: str, filename: str = "<string>") -> Document:
    """Read a net from prototxt text and upgrade it."""
    return _checked(upgrade_net, parse_kind(schema, text, filename, "NetParameter"))


def load_solver(schema: Schema, path: str | os.PathLike[str]) -> Document:
    """Read a solver from a prototxt file and upgrade it, with the nets written inside it."""
    return load_solver_text(schema, read_text_file(path), os.fspath(path))


def load_solver_text(schema: Schema, text: str, filename: str = "<string>") -> Document:
    """Read a solver from prototxt text and upgrade it, with the nets written inside it."""
    return _checked(upgrade_solver, parse_kind(schema, text, filename, "SolverParameter"))


def _checked(upgrade, document: Document) -> Document:
    problems = upgrade(document)
    if problems:
        raise PrototxtError(problems)
    return document


def upgrade_net(document: Document) -> list[Problem]:
    """Upgrade the net of a document in place; return what cannot be upgraded."""
    return _upgrade_net(document, document.message, document.nodes, ())


def upgrade_solver(document: Document) -> list[Problem]:
    """Upgrade the solver of a document in place; return what cannot be upgraded."""
    solver, nodes = document.message, document.nodes
    problems = []
    if solver.HasField("solver_type"):
        if solver.HasField("type"):
            problems.append(
                document.problem(
                    ("solver_type",),
                    'both "type" and its old form "solver_type" are given',
                    "remove solver_type",
                )
            )
        else:
            field = solver.DESCRIPTOR.fields_by_name["solver_type"]
            old = field.enum_type.values_by_number[solver.solver_type].name
            solver.type = _SOLVER_TYPES[old]
            solver.ClearField("solver_type")
            if "solver_type" in nodes:
                nodes["type"] = nodes.pop("solver_type")
    for name in ("net_param", "train_net_param"):
        if solver.HasField(name):
            inner = _nodes_of(nodes, name, 0)
            problems += _upgrade_net(document, getattr(solver, name), inner, (name,))
    for index, net in enumerate(solver.test_net_param):
        inner = _nodes_of(nodes, "test_net_param", index)
        problems += _upgrade_net(document, net, inner, ("test_net_param", index))
    return problems


def _nodes_of(nodes: Nodes, name: str, index: int) -> Nodes:
    entries = nodes.get(name, [])
    children = entries[index].children if index < len(entries) else None
    return {} if children is None else children


def _upgrade_net(document: Document, net: Message, nodes: Nodes, path: tuple) -> list[Problem]:
    if net.layers:
        return [_old_layers(document, net, path)]
    if not net.input:
        return []
    problems = _input_problems(document, net, path)
    if not problems:
        if net.input_shape or net.input_dim:
            _add_input_layer(net, nodes)
        net.ClearField("input")
        net.ClearField("input_shape")
        net.ClearField("input_dim")
    return problems


def _old_layers(document: Document, net: Message, path: tuple) -> Problem:
    place = document.locate_field((*path, "layers", 0))
    if net.layer:
        message = 'the net mixes "layer" with its old form "layers"'
        return Problem(message, place, "write every layer as layer { ... }", "E200")
    return Problem(
        'the old form "layers { ... }" of Caffe\'s first versions is not handled in this version',
        place,
        'write layer { type: "InnerProduct" ... } in place of layers { type: INNER_PRODUCT ... }, '
        "or upgrade the file with Caffe's upgrade_net_proto_text",
        "E200",
    )


def _input_problems(document: Document, net: Message, path: tuple) -> list[Problem]:
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


def _inputs_without_shape(document: Document, net: Message, path: tuple) -> list[Problem]:
    """Return a problem for each input that is read; one that nobody reads is just dropped."""
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


def _add_input_layer(net: Message, nodes: Nodes) -> None:
    """Put an Input layer first that has every input as a top."""
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
