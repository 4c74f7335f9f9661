"""Values as they are written in a prototxt."""

from __future__ import annotations

import re
from typing import Any

from mycaffe_py.schema.field_path import refuse_message, value_of
from mycaffe_py.schema.proto.literals import shortest_float

_INTEGER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[1-9][0-9]*|0)")
_FLOAT = re.compile(
    r"-?(?:(?:(?:[1-9][0-9]*|0)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|nan)"
)
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r"""[\\"'\x00-\x1f\x7f]""")


def literal(field: Any, text: str, quote: str = '"') -> tuple[str, Any]:
    """Return a value, given as text in the form that ``--set`` takes, as it is written, and the value itself.

    A number stays as it was typed if a prototxt may have it so. ConfigError if it is no value of the field.
    """
    refuse_message(field)
    value = value_of(field, text)
    if field.enum_type is not None:
        return field.enum_type.values_by_number[value].name, value
    if isinstance(value, bool):
        return "true" if value else "false", value
    if isinstance(value, str | bytes):
        return quoted(value if isinstance(value, str) else value.decode(), quote), value
    typed, form = text.strip(), _FLOAT if isinstance(value, float) else _INTEGER
    if form.fullmatch(typed):
        return typed, value
    return shortest_float(value) if isinstance(value, float) else str(value), value


def quoted(text: str, quote: str = '"') -> str:
    """Return a string in quotes; control characters, backslashes and quotes of that kind are escaped."""

    def escape(found: re.Match[str]) -> str:
        character = found[0]
        if character in "\"'":
            return f"\\{character}" if character == quote else character
        return _ESCAPES.get(character) or f"\\{ord(character):03o}"

    return f"{quote}{_ESCAPED.sub(escape, text)}{quote}"
