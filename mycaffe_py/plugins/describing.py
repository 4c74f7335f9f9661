"""Types and their settings as plain data, taken from classes and schema: for the listing verbs and for forms."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .type_fields import CONTAINERS, fields_of_type

if TYPE_CHECKING:
    from mycaffe_py.schema import FieldDoc, Schema

    from .conditions import Only
    from .registry import Registry

_ROLE = re.compile(r":(?:py:)?([a-z]+):`([^`]+)`")
_TITLED = re.compile(r"(.*\S)\s*<[^<>]*>", re.DOTALL)
_CODE = re.compile(r"(?<!`)``([^`]+)``(?!`)")
_WHOLE_NAME = "mod"


def plain_doc(text: str) -> str:
    """Return documentation as plain text: code in double quotes, of a Sphinx role only the name."""
    return _CODE.sub(r'"\1"', _ROLE.sub(_named, text))


def _named(role: re.Match[str]) -> str:
    """Return the title of a role, or its target without the modules in front."""
    kind, target = role.groups()
    titled = _TITLED.fullmatch(target)
    if titled:
        return titled[1]
    target = target.lstrip("~!")
    return target if kind == _WHOLE_NAME else target.rpartition(".")[2]


def first_sentence(doc: str | None) -> str:
    """Return the first sentence of a docstring's first paragraph on one line, as plain text."""
    paragraph = " ".join(inspect.cleandoc(doc or "").split("\n\n")[0].split())
    return plain_doc(re.split(r"(?<=[.!?])\s+(?=[A-Z])", paragraph)[0])


def list_types(registry: Registry, kind: str) -> list[dict[str, Any]]:
    """Return each type of a kind (``layers``, ...): type, aliases, plugin, fork and the docstring's first sentence.

    ``fork`` is the fork of Caffe that a layer type is from, "" for Caffe's own and ours.
    """
    catalog = registry.catalog(kind)
    return [
        {
            "type": offered.type,
            "aliases": list(offered.aliases),
            "plugin": catalog.owner(offered),
            "fork": fork_of_class(offered),
            "doc": first_sentence(offered.__doc__),
        }
        for offered in catalog.classes()
    ]


def fork_of_class(offered: Any) -> str:
    """Return the fork of Caffe that a class says it is from, or ""."""
    fork = getattr(offered, "fork", "")
    return fork if isinstance(fork, str) else ""


def describe_type(
    registry: Registry, kind: str, type_name: str, *, depth: int = 1
) -> dict[str, Any]:
    """Return the documentation of one type; raises UnknownTypeError with the nearest name.

    The keys are type, aliases, kind, plugin, fork, doc, blobs (of layers: how many bottoms and tops) and parameters,
    the fields that it reads, as :func:`describe_message` returns them.
    """
    catalog = registry.catalog(kind)
    offered = catalog.find(type_name)
    known = {field.name: field for field in registry.schema.describe(CONTAINERS[kind]).fields}
    names = fields_of_type(registry, offered, kind)
    conditions = _conditions(getattr(offered, "conditions", ()))
    return {
        "type": offered.type,
        "aliases": list(offered.aliases),
        "kind": kind,
        "plugin": catalog.owner(offered),
        "fork": fork_of_class(offered),
        "doc": plain_doc(inspect.cleandoc(offered.__doc__ or "")),
        "blobs": _blob_counts(offered) if kind == "layers" else {},
        "parameters": [
            _field(registry.schema, known[name], depth, (name,), conditions) for name in names
        ],
    }


def describe_message(
    registry: Registry, name: str, *, only: Collection[str] | None = None, depth: int = 1
) -> list[dict[str, Any]]:
    """Return the fields of a message such as ``LayerParameter``, or those named in ``only``, as dictionaries.

    The keys are name, type, repeated, required, default (None, or as in a prototxt), doc, deprecated, values
    (of an enum: name and doc of each) and only: the conditions under which a type's setting has an effect, each with
    its ``words`` and, in ``any``, the alternatives that fulfil it, if these are values of other fields. A field that is
    a message has the key ``fields`` too, down to ``depth`` messages inside each other. KeyError if the schema has no
    such message.
    """
    fields = registry.schema.describe(name).fields
    wanted = [field for field in fields if only is None or field.name in only]
    return [_field(registry.schema, field, depth) for field in wanted]


Conditions = Mapping[tuple[str, ...], list["Only"]]


def _conditions(declared: Iterable[Only]) -> Conditions:
    """Return a class's conditions by the path of the setting."""
    found: dict[tuple[str, ...], list[Only]] = {}
    for only in declared:
        for name in only.fields:
            found.setdefault(tuple(name.split(".")), []).append(only)
    return found


def _field(
    schema: Schema,
    field: FieldDoc,
    depth: int,
    path: tuple[str, ...] = (),
    conditions: Conditions = MappingProxyType({}),
) -> dict[str, Any]:
    values = [{"name": value.name, "doc": plain_doc(value.doc)} for value in field.enum_values]
    entry = {
        "name": field.name,
        "type": field.type,
        "repeated": field.label == "repeated",
        "required": field.label == "required",
        "default": field.default,
        "doc": plain_doc(field.doc),
        "deprecated": field.deprecated,
        "values": values,
        "only": [_condition(only) for only in conditions.get(path, ())],
    }
    if field.is_message and depth:
        message = schema.describe(field.type)
        entry["doc"] = entry["doc"] or plain_doc(message.doc)
        entry["fields"] = [
            _field(schema, inner, depth - 1, (*path, inner.name), conditions)
            for inner in message.fields
        ]
    return entry


def _condition(only: Only) -> dict[str, Any]:
    """Return a condition as data: its words, and its alternatives (field, values, absent)."""
    alternatives = [
        {"field": each.field, "values": list(each.values), "absent": each.absent}
        for each in only.alternatives
    ]
    return {"words": only.words, "any": alternatives}


def _blob_counts(offered: Any) -> dict[str, str]:
    counts = {}
    for word in ("bottom", "top"):
        exact = getattr(offered, f"exact_num_{word}_blobs")
        minimum, maximum = (
            getattr(offered, f"min_{word}_blobs"),
            getattr(offered, f"max_{word}_blobs"),
        )
        if exact is not None:
            counts[word] = str(exact)
        elif minimum is not None and maximum is not None:
            counts[word] = f"{minimum} to {maximum}"
        elif minimum is not None:
            counts[word] = f"{minimum} or more"
        else:
            counts[word] = f"up to {maximum}" if maximum is not None else "any number"
    return counts
