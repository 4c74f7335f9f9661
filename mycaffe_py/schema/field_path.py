"""Setting one field of a message by its dotted path and a text: ``--set``, MyCaffe's properties, forms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mycaffe_py.errors import ConfigError

from .prototxt.places import is_repeated

_TRUE, _FALSE = {"true", "t", "1", "yes"}, {"false", "f", "0", "no"}
_ITEM = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,]*)\s*(?:,|$)""")
_RANGES = {
    "INT32": (-(2**31), 2**31 - 1),
    "INT64": (-(2**63), 2**63 - 1),
    "UINT32": (0, 2**32 - 1),
    "UINT64": (0, 2**64 - 1),
}


def set_field(message: Any, path: Sequence[str], text: str, what: str = "") -> None:
    """Set the field at ``path`` below ``message`` to the value parsed from ``text``.

    A repeated field takes ``a,b,c``, or one element by its index in the path. ``what``, if given, begins
    the message of the ConfigError raised for a mistake.
    """
    what = f"{what}: " if what else ""
    rest = list(path)
    while True:
        field = field_of(message.DESCRIPTOR, rest.pop(0), what)
        index = _index(message, field, rest.pop(0), what) if rest and is_repeated(field) else None
        if not rest:
            break
        if field.message_type is None:
            raise ConfigError(f"{what}{field.name} is not a message, so it has no field {rest[0]}")
        value = getattr(message, field.name)
        if index is not None:
            message = value[index]
        else:
            value.SetInParent()
            message = value
    _set_leaf(message, field, index, text, what)


def place_of(message: Any, part: Any) -> str:
    """Return the path of a message inside another, ``inner_product_param.weight_filler``, or "" if it is not there."""
    for field, value in message.ListFields():
        if field.message_type is None or is_repeated(field):
            continue
        if value is part:
            return str(field.name)
        if below := place_of(value, part):
            return f"{field.name}.{below}"
    return ""


def leads_to_field(message: Any, path: Sequence[str]) -> bool:
    """Whether :func:`set_field` finds a field at a path, whatever it says to the index or the value."""
    descriptor, rest = message.DESCRIPTOR, list(path)
    while rest:
        field = descriptor.fields_by_name.get(rest.pop(0))
        if field is None:
            return False
        if rest and is_repeated(field) and not rest.pop(0).isdecimal():
            return False
        if field.message_type is None:
            return True
        descriptor = field.message_type
    return True


def field_of(message_type: Any, name: str, what: str = "") -> Any:
    """Return the descriptor of a message type's field; ConfigError, which begins with ``what``, if it has none."""
    field = message_type.fields_by_name.get(name)
    if field is None:
        names = list(message_type.fields_by_name)
        raise ConfigError(
            f'{what}{message_type.name} has no field "{name}"',
            nearest=(name, names),
            hint=f"fields: {', '.join(names)}",
        )
    return field


def _index(message: Any, field: Any, text: str, what: str) -> int:
    count = len(getattr(message, field.name))
    if not re.fullmatch("[0-9]+", text):
        raise ConfigError(
            f"{what}{field.name} is repeated ({count} elements), so {text} does not name one of them",
            hint=f"name one by its index, counted from 0, as in {field.name}.0",
        )
    if int(text) >= count:
        last = f"the last one is {field.name}.{count - 1}" if count else "it is empty"
        raise ConfigError(f"{what}there is no {field.name}.{text}; {last}")
    return int(text)


def refuse_message(field: Any, what: str = "") -> None:
    """Raise ConfigError if a field is a message, which has no value of its own."""
    if field.message_type is not None:
        names = ", ".join(field.message_type.fields_by_name)
        raise ConfigError(f"{what}{field.name} is a message; set one of its fields: {names}")


def _set_leaf(message: Any, field: Any, index: int | None, text: str, what: str) -> None:
    refuse_message(field, what)
    if not is_repeated(field):
        setattr(message, field.name, value_of(field, text, what))
    elif index is not None:
        getattr(message, field.name)[index] = value_of(field, text, what)
    else:
        values = [value_of(field, item, what) for item in items_of(text)]
        message.ClearField(field.name)
        getattr(message, field.name).extend(values)


def items_of(text: str) -> list[str]:
    """Split at commas outside quotes, dropping empty pieces."""
    return [item.strip() for item in _ITEM.findall(text) if item.strip()]


def value_of(field: Any, text: str, what: str = "") -> Any:
    """Return ``text`` as a value of the field's type; ConfigError, which begins with ``what``, if it is none."""
    if field.enum_type is not None:
        return _enum_value(field, text, what)
    if field.type in (field.TYPE_STRING, field.TYPE_BYTES):
        plain = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
        return plain if field.type == field.TYPE_STRING else plain.encode()
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        try:
            return float(text)
        except ValueError:
            raise ConfigError(f'{what}"{text}" is not a number', hint=_number_hint(text)) from None
    if field.cpp_type != field.CPPTYPE_BOOL:
        return _integer(field, text, what)
    folded = text.strip().lower()
    if folded in _TRUE | _FALSE:
        return folded in _TRUE
    raise ConfigError(f'{what}"{text}" is not a boolean', hint="write true or false")


def _number_hint(text: str, whole: bool = False) -> str | None:
    from mycaffe_py.foreign.numbers import number_meant

    if not text:
        return "a number is missing"
    meant = number_meant(text, whole)
    if meant:
        return f"write {meant}"
    return "write a whole number, such as 100" if whole else "write a number, such as 0.01"


def _integer(field: Any, text: str, what: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        hint = _number_hint(text, whole=True)
        raise ConfigError(f'{what}"{text}" is not a whole number', hint=hint) from None
    kind = next(name for name in _RANGES if getattr(field, f"CPPTYPE_{name}") == field.cpp_type)
    lowest, highest = _RANGES[kind]
    if not lowest <= value <= highest:
        raise ConfigError(
            f"{what}{text} is out of range for {field.name}", hint=f"from {lowest} to {highest}"
        )
    return value


def _enum_value(field: Any, text: str, what: str) -> int:
    values = field.enum_type.values_by_name
    by_folded = {name.lower(): value.number for name, value in values.items()}
    folded = text.strip().lower()
    if folded in by_folded:
        return by_folded[folded]
    if re.fullmatch("-?[0-9]+", folded) and int(folded) in field.enum_type.values_by_number:
        return int(folded)
    raise ConfigError(
        f'{what}"{text}" is not a value of {field.name}', choices=(text, list(values))
    )
