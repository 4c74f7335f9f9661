"""Implementation of the listing verbs: types and their parameters as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from mycaffe_py.plugins import singular


def list_text(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the list of types as lines of text."""
    widths = [max((len(entry[key]) for entry in entries), default=0) for key in ("type", "plugin")]
    for entry in entries:
        fork = f" [{entry['fork']}]" if entry["fork"] else ""
        line = f"{entry['type']:{widths[0]}}  {entry['plugin']:{widths[1]}}  {entry['doc']}{fork}"
        yield line.rstrip()


def type_text(entry: dict[str, Any]) -> Iterator[str]:
    """Yield the documentation of one type as lines of text."""
    aliases = f", also {', '.join(entry['aliases'])}" if entry["aliases"] else ""
    fork = f", of the fork {entry['fork']}" if entry["fork"] else ""
    yield f"{entry['type']}  ({singular(entry['kind'])}, plugin {entry['plugin']}{fork}{aliases})"
    yield from (f"  {line}".rstrip() for line in entry["doc"].splitlines())
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
            yield from (f"  {condition['words']}" for condition in field["only"])
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
        for condition in field["only"]:
            yield f"      {condition['words']}"
        for value in field["values"]:
            yield from _wrapped(f"{value['name']}  {value['doc']}".rstrip(), "      | ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()),
        width=96,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
