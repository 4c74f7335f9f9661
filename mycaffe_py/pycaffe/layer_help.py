"""What ``help(L.Type)`` and ``inspect.signature(L.Type)`` show: a layer type's settings, from the schema."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Iterator
from typing import Any

from mycaffe_py.plugins.describing import describe_type
from mycaffe_py.plugins.registry import Registry

_WIDTH = 96

_TYPES = {
    "bool": "bool", "string": "str", "bytes": "bytes", "float": "float", "double": "float",
    "int32": "int", "int64": "int", "uint32": "int", "uint64": "int",
}  # fmt: skip


def settings_of(registry: Registry, type_name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (message, field) for each setting that ``L.Type`` takes by its bare name, each name once.

    ``message`` is the LayerParameter field that the setting belongs to, "" for a field of LayerParameter itself.
    """
    seen: set[str] = set()
    for parameter in describe_type(registry, "layers", type_name)["parameters"]:
        inner = parameter.get("fields")
        pairs = (
            [("", parameter)] if inner is None else [(parameter["name"], field) for field in inner]
        )
        for message, field in pairs:
            bare = not field["name"].endswith("param") or not message
            if bare and field["name"] not in seen and not keyword.iskeyword(field["name"]):
                seen.add(field["name"])
                yield message, field


def python_type(field: dict[str, Any]) -> str:
    """Return the Python type of a field's values as an annotation."""
    item = "int | str" if field["values"] else _TYPES.get(field["type"], "Mapping[str, Any]")
    return f"{item} | Sequence[{item}]" if field["repeated"] else item


def signature_of(registry: Registry, type_name: str) -> inspect.Signature:
    """Return the signature of ``L.Type``: bottoms, ``ntop``, ``in_place``, and each setting with its default."""
    only = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("bottoms", inspect.Parameter.VAR_POSITIONAL, annotation="Top")]
    parameters += [
        inspect.Parameter("ntop", only, default=1, annotation="int"),
        inspect.Parameter("in_place", only, default=False, annotation="bool"),
    ]
    parameters += [
        inspect.Parameter(
            field["name"], only, default=_Default(field), annotation=python_type(field)
        )
        for _, field in settings_of(registry, type_name)
        if field["name"] not in ("ntop", "in_place")
    ]
    parameters.append(
        inspect.Parameter("layer_parameter", inspect.Parameter.VAR_KEYWORD, annotation="Any")
    )
    return inspect.Signature(parameters, return_annotation="Top")


class _Default:
    """A setting's default as the schema writes it; "..." if there is none, and the setting stays unset."""

    def __init__(self, field: dict[str, Any]):
        default = field["default"]
        words = {None: "...", "true": "True", "false": "False"}
        self._text = words.get(default, f'"{default}"' if field["values"] else default)

    def __repr__(self) -> str:
        return self._text


def documentation_of(registry: Registry, type_name: str) -> str:
    """Return the docstring of ``L.Type``: what the layer does, and each setting with type, default and comment."""
    found = describe_type(registry, "layers", type_name)
    counts = found["blobs"]
    lines = [
        found["doc"],
        "",
        f"Bottoms: {counts['bottom']}. Tops (ntop): {counts['top']}.",
        "Further keywords are fields of LayerParameter, such as name, loss_weight or param.",
    ]
    last = None
    for message, field in settings_of(registry, type_name):
        if message != last:
            lines += ["", f"Settings of {message}:" if message else "Settings:"]
            last = message
        lines += _setting(field)
    return "\n".join(lines)


def _setting(field: dict[str, Any]) -> list[str]:
    default = "" if field["default"] is None else f" = {field['default']}"
    kind = f"repeated {field['type']}" if field["repeated"] else field["type"]
    first = f"    {field['name']}: {kind}{default}"
    values = [value["name"] for value in field["values"]]
    about = [f"{field['doc'].rstrip('.')}."] if field["doc"] else []
    about += [f"Values: {', '.join(values)}."] if values else []
    return [first, *_wrapped(" ".join(about))]


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, _WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
