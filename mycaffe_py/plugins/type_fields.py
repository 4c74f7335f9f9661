"""The fields of the shared messages (LayerParameter, SolverParameter, ...) that a class reads."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

CONTAINERS = {
    "layers": "LayerParameter",
    "solvers": "SolverParameter",
    "fillers": "FillerParameter",
    "gyms": "GymParameter",
    "trainers": "TrainerParameter",
}


_OWN_SPELLING = {
    "ArgMax": "argmax_param",
    "Deconvolution": "convolution_param",
    "Im2col": "convolution_param",
    "LSTM": "recurrent_param",
    "MultinomialLogisticLoss": "loss_param",
    "PReLU": "prelu_param",
    "RNN": "recurrent_param",
    "ReLU": "relu_param",
    "SigmoidCrossEntropyLoss": "loss_param",
    "SoftmaxWithLoss": "softmax_param",
    "TanH": "tanh_param",
}
"""Caffe's types whose field name is not the type's words in lower case."""


def default_parameter_field(type_name: str) -> str:
    """Return Caffe's name of a layer type's message field: ``InnerProduct`` -> ``inner_product_param``."""
    if type_name in _OWN_SPELLING:
        return _OWN_SPELLING[type_name]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type_name)
    return f"{words.lower()}_param"


def own_fields(offered: Any, kind: str, known: Collection[str]) -> list[str]:
    """Return the names of the container's fields that a class reads; ``known`` are all existing ones."""
    if kind in ("solvers", "fillers"):
        return [name for name in offered.uses if name in known]
    if offered.parameters is not None:
        return [name for name in offered.parameters if name in known]
    declared = _extension_fields(offered.schema or "", CONTAINERS[kind])
    if declared:
        return [name for name in declared if name in known]
    names = dict.fromkeys(
        default_parameter_field(name) for name in (offered.type, *offered.aliases)
    )
    return [name for name in names if name in known][:1]


def _extension_fields(schema: str, container: str) -> list[str]:
    """Return the field names that proto2 text adds to a message."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", schema, flags=re.DOTALL)
    blocks = re.findall(rf"extend\s+[\w.]*\b{container}\s*\{{(.*?)\}}", text, flags=re.DOTALL)
    return [name for block in blocks for name in re.findall(r"(\w+)\s*=\s*\d+", block)]
