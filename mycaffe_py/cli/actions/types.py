"""Implementation of the listing verbs: types and their parameters, taken from classes and schema."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from mycaffe_py.plugins.type_fields import CONTAINERS, own_fields


def _plain(text: str) -> str:
    """Return documentation for a terminal: code in plain quotes."""
    return re.sub(r"(?<!`)``([^`]+)``(?!`)", r'"\1"', text)


def first_sentence(doc: str | None) -> str:
    """Return the first sentence of a docstring's first paragraph on one line."""
    paragraph = " ".join(inspect.cleandoc(doc or "").split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", paragraph)[0]


def list_types(registry: Any, kind: str) -> list[dict[str, Any]]:
    """Return each type of a kind with its plugin and the first sentence of its docstring."""
    catalog = registry.catalog(kind)
    return [
        {
            "type": offered.type,
            "aliases": list(offered.aliases),
            "plugin": catalog.owner(offered),
            "doc": first_sentence(offered.__doc__),
        }
        for offered in catalog.classes()
    ]


def list_text(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the list of types as lines of text."""
    widths = [max((len(entry[key]) for entry in entries), default=0) for key in ("type", "plugin")]
    for entry in entries:
        yield f"{entry['type']:{widths[0]}}  {entry['plugin']:{widths[1]}}  {_plain(entry['doc'])}".rstrip()


def describe_type(registry: Any, kind: str, type_name: str) -> dict[str, Any]:
    """Return the documentation of one type; raises UnknownTypeError with the nearest name."""
    catalog = registry.catalog(kind)
    offered = catalog.find(type_name)
    known = {field.name: field for field in registry.schema.describe(CONTAINERS[kind]).fields}
    parameters = [_field(registry.schema, known[name]) for name in own_fields(offered, kind, known)]
    return {
        "type": offered.type,
        "aliases": list(offered.aliases),
        "kind": kind,
        "plugin": catalog.owner(offered),
        "doc": inspect.cleandoc(offered.__doc__ or ""),
        "blobs": _blob_counts(offered) if kind == "layers" else {},
        "parameters": parameters,
    }


def _field(schema: Any, field: Any, depth: int = 1) -> dict[str, Any]:
    entry = {
        "name": field.name,
        "type": field.type,
        "repeated": field.label == "repeated",
        "required": field.label == "required",
        "default": field.default,
        "doc": field.doc,
        "deprecated": field.deprecated,
        "values": [{"name": value.name, "doc": value.doc} for value in field.enum_values],
    }
    if field.is_message and depth:
        message = schema.describe(field.type)
        entry["doc"] = entry["doc"] or message.doc
        entry["fields"] = [_field(schema, inner, depth - 1) for inner in message.fields]
    return entry


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


def type_text(entry: dict[str, Any]) -> Iterator[str]:
    """Yield the documentation of one type as lines of text."""
    aliases = f", also {', '.join(entry['aliases'])}" if entry["aliases"] else ""
    yield f"{entry['type']}  ({entry['kind'].removesuffix('s')}, plugin {entry['plugin']}{aliases})"
    yield from (f"  {line}".rstrip() for line in _plain(entry["doc"]).splitlines())
    if entry["blobs"]:
        yield f"  bottoms: {entry['blobs']['bottom']}; tops: {entry['blobs']['top']}"
    if not entry["parameters"]:
        yield "\nno parameters of its own"
        return
    simple = [field for field in entry["parameters"] if "fields" not in field]
    if simple:
        yield "\nparameters"
        yield from _table(simple)
    for field in entry["parameters"]:
        if "fields" in field:
            yield f"\n{field['name']} {{ ... }}  {_type(field)}"
            yield from _wrapped(field["doc"], "  ")
            yield from _table(field["fields"])


def _type(field: dict[str, Any]) -> str:
    # An enum's values are listed below the field; the enclosing message's name would add nothing.
    name = field["type"].rsplit(".")[-1] if field["values"] else field["type"]
    return f"repeated {name}" if field["repeated"] else name


def _table(fields: list[dict[str, Any]]) -> Iterator[str]:
    for field in fields:
        notes = [] if field["default"] is None else [f"default {field['default']}"]
        notes += [word for word in ("required", "deprecated") if field[word]]
        yield f"  {field['name']}: {', '.join([_type(field), *notes])}"
        yield from _wrapped(field["doc"], "      ")
        for value in field["values"]:
            yield from _wrapped(f"{value['name']}  {value['doc']}".rstrip(), "      | ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        _plain(" ".join(text.split())),
        width=96,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
