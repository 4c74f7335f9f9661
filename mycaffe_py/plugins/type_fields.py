"""The fields of the shared messages (LayerParameter, SolverParameter, ...) that a class reads."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from .named_fields import CONTAINERS as CONTAINERS, naming_attribute

if TYPE_CHECKING:
    from .registry import Registry

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


def fields_of_type(registry: Registry, offered: Any, kind: str) -> list[str]:
    """Return the names of the fields of :func:`own_fields`, with those that the class's plugin adds for it."""
    known = {field.name: field for field in registry.schema.describe(CONTAINERS[kind]).fields}
    catalog = registry.catalog(kind)
    owner = catalog.owner(offered) if offered in catalog.classes() else None
    of_plugin = [name for name, field in known.items() if field.owner == owner]
    siblings = [cls for cls in catalog.classes() if catalog.owner(cls) == owner]
    claimed = {name for cls in siblings for name in _declared(cls, kind)}
    free = [name for name in of_plugin if name not in claimed]
    if len(siblings) > 1:
        words = default_parameter_field(offered.type).removesuffix("param")
        free = [name for name in free if name.startswith(words)]
    return own_fields(offered, kind, known, free)


def own_fields(
    offered: Any, kind: str, known: Collection[str], added: Iterable[str] = ()
) -> list[str]:
    """Return the names of the container's fields that a class reads; ``known`` are all existing ones.

    They are its own, which its schema adds to the container or ``added`` by its plugin elsewhere, and those that it
    names in ``uses`` or ``parameters``. A class of Caffe's kinds without either has the field named after its type.
    """
    own = _declared(offered, kind)
    named = getattr(offered, naming_attribute(kind))
    if own or named is not None:
        every = dict.fromkeys([*(named or ()), *(own or added)])
        return [name for name in every if name in known]
    declared = [name for name in added if name in known]
    names = dict.fromkeys(
        default_parameter_field(name) for name in (offered.type, *offered.aliases)
    )
    return [name for name in names if name in known][:1] or declared


def _declared(offered: Any, kind: str) -> list[str]:
    """Return the fields that the schemas of a class and of its bases add to the container."""
    texts = [base.__dict__.get("schema") or "" for base in offered.__mro__]
    names = [name for text in texts for name in _extension_fields(text, CONTAINERS[kind])]
    return list(dict.fromkeys(names))


def _extension_fields(schema: str, container: str) -> list[str]:
    """Return the field names that proto2 text adds to a message."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", schema, flags=re.DOTALL)
    blocks = re.findall(rf"extend\s+[\w.]*\b{container}\s*\{{(.*?)\}}", text, flags=re.DOTALL)
    return [name for block in blocks for name in re.findall(r"(\w+)\s*=\s*\d+", block)]
