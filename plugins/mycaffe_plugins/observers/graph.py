"""A net as TensorBoard's graph: a node for each layer, joined by the blobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorboardX.proto.attr_value_pb2 import AttrValue
from tensorboardX.proto.graph_pb2 import GraphDef
from tensorboardX.proto.node_def_pb2 import NodeDef
from tensorboardX.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboardX.proto.versions_pb2 import VersionDef

from mycaffe_py.events import LayerInfo


def graph_of(layers: Sequence[LayerInfo]) -> Any:
    """Return a GraphDef. A layer that works in place follows the one that wrote its blob before."""
    nodes: list[Any] = []
    writers: dict[str, str] = {}
    taken: dict[str, int] = {}
    for layer in layers:
        name = _unique(layer.name or layer.type, taken)
        attributes = {"_output_shapes": _shapes(layer.top_shapes)}
        attributes["tops"] = _text(", ".join(layer.tops))
        if layer.parameters:
            attributes["parameters"] = _text(
                ", ".join(" x ".join(map(str, shape)) for shape in layer.parameters)
            )
        inputs = [writers[blob] for blob in layer.bottoms if blob in writers]
        nodes.append(NodeDef(name=name, op=layer.type, input=inputs, attr=attributes))
        for index, blob in enumerate(layer.tops):
            writers[blob] = f"{name}:{index}" if index else name
    return GraphDef(node=nodes, versions=VersionDef(producer=22))


def _unique(name: str, taken: dict[str, int]) -> str:
    """Return a node's name: names of nodes are unique, those of layers need not be."""
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}_{taken[name]}"


def _shapes(shapes: Sequence[Sequence[int]]) -> Any:
    listed = [
        TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in shape])
        for shape in shapes
    ]
    return AttrValue(list=AttrValue.ListValue(shape=listed))


def _text(text: str) -> Any:
    return AttrValue(s=text.encode())
