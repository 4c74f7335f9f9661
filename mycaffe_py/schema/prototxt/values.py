"""Conversion of a value's tokens to the field's Python value, or to a description of the mistake."""

from __future__ import annotations

import math
import re
from typing import Any

from mycaffe_py.errors import did_you_mean
from mycaffe_py.schema.proto import literals
from mycaffe_py.schema.proto.catalog import SCALAR_TYPES, EnumInfo, FieldInfo

_MAX_VALUES_LISTED = 12
_LONGEST_NUMBER = 400  # Python refuses to read decimal numbers of some thousand digits
_ABSENT = ("none", "null", "nil", "undefined", "auto", "default", "~")
_ON, _OFF = ("yes", "on", "y", "enabled"), ("no", "off", "n", "disabled")
_KINDS_OF_VALUE = {
    "float": "a number",
    "double": "a number",
    "bool": "true or false",
    "string": "a string in quotes",
    "bytes": "a string in quotes",
}


class ValueMistake(Exception):
    """A mistake in a value, with a hint."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.message, self.hint = message, hint


def expected(info: FieldInfo) -> str:
    """Describe the values that the field accepts."""
    if info.message:
        return f"a block in braces ({info.type_name})"
    if info.enum:
        return f"a value of {info.type_name}"
    return _KINDS_OF_VALUE.get(info.type) or f"an integer ({info.type})"


def string_value(info: FieldInfo, literal_texts: list[str]) -> str | bytes:
    """Return the value of adjacent string literals for a string or bytes field."""
    try:
        data = b"".join(literals.unescape(text[1:-1]) for text in literal_texts)
    except UnicodeEncodeError as error:  # half of a surrogate pair
        raise _not_utf8(info) from error
    except ValueError as error:
        raise ValueMistake(
            f'{error} in the string for "{info.name}" is not valid',
            "write a backslash as two (\\\\), or use / in paths",
        ) from error
    if info.type == "bytes":
        return data
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(info) from error


def _not_utf8(info: FieldInfo) -> ValueMistake:
    return ValueMistake(f'the string for "{info.name}" is not UTF-8 text')


def quoted_value(info: FieldInfo, literal_texts: list[str]) -> str | bytes:
    """Return the value of adjacent string literals; for a field that takes no string, say what to write."""
    if info.type in ("string", "bytes"):
        return string_value(info, literal_texts)
    inside = literal_texts[0][1:-1]
    try:
        plain_value(info, inside)
    except ValueMistake as mistake:
        hint = mistake.hint
    else:
        hint = f"leave out the quotes: {info.name}: {inside}"
    raise ValueMistake(
        f'"{info.name}" takes {expected(info)}, found the string {literal_texts[0]}', hint
    )


def plain_value(info: FieldInfo, text: str) -> Any:
    """Return the value of a word or number for a field that is not a string."""
    if info.enum:
        return _enum_value(info, info.enum, text)
    try:
        if info.type == "bool":
            return literals.parse_bool(text)
        if info.type in ("float", "double"):
            return literals.parse_float(text)
    except ValueError as error:
        raise ValueMistake(_wrong_type(info, text), number_hint(text, info)) from error
    return _integer_value(info, text)


def _wrong_type(info: FieldInfo, text: str) -> str:
    return f'"{info.name}" takes {expected(info)}, found {text}'


def _integer_value(info: FieldInfo, text: str) -> int:
    try:
        value = literals.parse_integer(text) if len(text) <= _LONGEST_NUMBER else None
    except ValueError as error:
        raise ValueMistake(_wrong_type(info, text), number_hint(text, info)) from error
    lowest, highest = SCALAR_TYPES[info.type] or (0, 0)
    if value is None and not text.lstrip("+-").isalnum():
        raise ValueMistake(_wrong_type(info, text), number_hint(text, info))
    if value is None or not lowest <= value <= highest:
        raise ValueMistake(
            f'the value {text} of "{info.name}" is out of range for {info.type}',
            f"it may be from {lowest} to {highest}",
        )
    return value


def number_hint(text: str, info: FieldInfo) -> str | None:
    """Say what to write for a number or a switch in the spelling of another language."""
    from mycaffe_py.foreign.numbers import number_meant

    folded = text.lower()
    if folded in _ABSENT and not info.repeated:
        return "leave the line out: what is not given has its default"
    if info.type == "bool":
        switch = {**dict.fromkeys(_ON, "true"), **dict.fromkeys(_OFF, "false")}.get(folded)
        return f"write {info.name}: {switch}" if switch else None
    if info.message or info.enum or info.type in ("string", "bytes"):
        return None
    whole = info.type not in ("float", "double")
    if variable_hint(text) is not None:
        return variable_hint(text)
    if folded in ("true", "false", *_ABSENT):
        return f"write a {'whole ' if whole else ''}number"
    meant = number_meant(text, whole)
    near = number_meant(text) if meant is None and whole else None
    if near is not None:
        value = abs(float(near))
        return f"it must be a whole number, such as {math.ceil(value) if value > 1 else 100}"
    if meant is None and text.isalpha():
        return f"write a {'whole ' if whole else ''}number in digits"
    return f"write {meant}" if meant is not None else None


def variable_hint(text: str) -> str | None:
    """Say what takes the place of a variable of a template, as in ``${N}``, ``$N``, ``{{ n }}``, ``%(n)s``; or None."""
    if not re.match(r"\$\{?[A-Za-z_]|\{\{|%\(|<%", text):
        return None
    return "write the value itself: nothing is put in for variables; --set KEY=VALUE changes it for one command"


def _enum_value(info: FieldInfo, enum: EnumInfo, text: str) -> int:
    number = enum.numbers.get(text, enum.by_lower_case.get(text.lower()))
    if number is not None:
        return number
    try:
        number = literals.parse_integer(text)
        if number in enum.numbers.values():
            return number
    except ValueError:
        pass
    hints = [did_you_mean(text, enum.numbers)]
    if len(enum.numbers) <= _MAX_VALUES_LISTED:
        hints.append(f"valid values: {', '.join(enum.numbers)}")
    raise ValueMistake(
        f'"{text}" is not a value of {enum.name}, the type of {info.name}',
        "\n".join(hint for hint in hints if hint) or None,
    )
