"""Upgrade of a net's old formats, in Caffe's order: V0 layers, V1 layers, input fields, BatchNorm's params."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import Problem, PrototxtError
from mycaffe_py.schema.prototxt.document import Document

from .inputs import upgrade_inputs
from .parts import Part
from .v0 import upgrade_v0_layers
from .v1 import upgrade_v1_layers

_BATCH_NORM, _BATCH_NORM_BLOBS = "batchnorm", 3


def upgrade_net(document: Document) -> list[Problem]:
    """Upgrade the net of a document in place; return what cannot be upgraded."""
    return upgrade_part(document, Part(document.message, document.nodes), ())


def upgrade_part(document: Document, net: Part, path: tuple[str | int, ...]) -> list[Problem]:
    """Upgrade the net at ``path`` of a document."""
    problems = _upgrade_layers(document, net, path) if net.message.layers else []
    if problems:
        return problems
    if net.message.input:
        problems = upgrade_inputs(document, net, path)
    _fix_batch_norm(document, net)
    return problems


def upgraded_net(message: Any) -> Document:
    """Return a net as a document in the current format; a message in an old format is copied, not changed."""
    if message.layers or message.input or any(map(_would_learn_statistics, message.layer)):
        copy = type(message)()
        copy.CopyFrom(message)
        message = copy
    document = Document(message)
    problems = upgrade_net(document)
    if problems:
        raise PrototxtError(problems)
    return document


def _upgrade_layers(document: Document, net: Part, path: tuple[str | int, ...]) -> list[Problem]:
    """Turn ``layers { ... }``, in either old format, into ``layer { ... }``."""
    if net.message.layer:
        place = document.locate_field((*path, "layers", 0)) if document.text else None
        message = 'the net mixes "layer" with its old form "layers"'
        return [Problem(message, place, "write every layer as layer { ... }", "E200")]
    if any(layer.HasField("layer") for layer in net.message.layers):
        upgraded, problems = upgrade_v0_layers(document, net, path)
        form = "layers in the format of Caffe's first version"
    else:
        upgraded, problems = upgrade_v1_layers(net), []
        form = "layers { } instead of layer { }"
    if problems:
        return problems
    net.message.ClearField("layers")
    net.message.layer.extend(layer.message for layer in upgraded)
    entries = net.nodes.pop("layers", [])
    if entries:
        net.nodes["layer"] = [layer.entry for layer in upgraded if layer.entry is not None]
    document.upgrades.append(form)
    return []


def _fix_batch_norm(document: Document, net: Part) -> None:
    """Remove BatchNorm's params, as its three blobs are statistics, which must not be learned."""
    learning = [layer for layer in net.message.layer if _would_learn_statistics(layer)]
    for layer in learning:
        for spec in layer.param:
            spec.lr_mult = spec.decay_mult = 0
    if learning:
        document.upgrades.append("params of BatchNorm that would change its statistics")


def _would_learn_statistics(layer: Any) -> bool:
    if layer.type.lower() != _BATCH_NORM or len(layer.param) != _BATCH_NORM_BLOBS:
        return False
    return any(spec.lr_mult != 0 or spec.decay_mult != 0 for spec in layer.param)
