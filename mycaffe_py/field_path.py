"""Setting one field of a message by a dotted path, as ``--set`` and MyCaffe's properties do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .errors import ConfigError, did_you_mean

_INTEGERS = {"TYPE_INT32", "TYPE_INT64", "TYPE_UINT32", "TYPE_UINT64"}
_NUMBERS = {"TYPE_FLOAT", "TYPE_DOUBLE"}
_TRUE, _FALSE = {"true", "t", "1", "yes"}, {"false", "f", "0", "no"}


def set_field(message: Any, path: Sequence[str], text: str, what: str) -> None:
    """Set the field that ``path`` names below ``message`` to the value that ``text`` spells.

    A repeated field takes ``a,b,c``, or one element by its index in the path. ``what`` begins the message of
    the ConfigError that tells what is wrong.
    """
    last_message = len(path) - (2 if len(path) > 1 and path[-1].isdigit() else 1)
    for position, name in enumerate(path[:last_message]):
        if name.isdigit():
            continue
        field = _field(message, name, what)
        if field.message_type is None:
            raise ConfigError(f"{what}: {name} is not a message, so it has no field {path[position + 1]}")
        value = getattr(message, name)
        if is_repeated(field):
            message = _element(value, path[position + 1], name, what)
        else:
            value.SetInParent()
            message = value
    _set_leaf(message, path, text, what)


def is_repeated(field: Any) -> bool:
    """Whether a field descriptor is of a repeated field, in every protobuf release."""
    newer = getattr(field, "is_repeated", None)
    return newer if isinstance(newer, bool) else field.label == field.LABEL_REPEATED


def _field(message: Any, name: str, what: str) -> Any:
    field = message.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        names = list(message.DESCRIPTOR.fields_by_name)
        hint = did_you_mean(name, names) or f"fields: {', '.join(names)}"
        raise ConfigError(f'{what}: {message.DESCRIPTOR.name} has no field "{name}"', hint=hint)
    return field


def _element(values: Any, index: str, name: str, what: str) -> Any:
    if not index.isdigit() or int(index) >= len(values):
        raise ConfigError(
            f"{what}: {name} is repeated ({len(values)} there); name one by its index, as in {name}.0"
        )
    return values[int(index)]


def _set_leaf(message: Any, path: Sequence[str], text: str, what: str) -> None:
    if path[-1].isdigit() and len(path) > 1:
        name, index = path[-2], int(path[-1])
        values = getattr(message, name, None)
        if values is None or index >= len(values):
            raise ConfigError(f"{what}: there is no {name}.{index}")
        values[index] = _value(_field(message, name, what), text, what)
        return
    field = _field(message, path[-1], what)
    if field.message_type is not None:
        names = ", ".join(field.message_type.fields_by_name)
        raise ConfigError(f"{what}: {field.name} is a message; set one of its fields: {names}")
    if is_repeated(field):
        values = [_value(field, item.strip(), what) for item in text.split(",") if item.strip()]
        message.ClearField(field.name)
        getattr(message, field.name).extend(values)
        return
    try:
        setattr(message, field.name, _value(field, text, what))
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{what}: {error}") from None


def _value(field: Any, text: str, what: str) -> Any:
    """Return ``text`` as a value of the field's type."""
    kind = next(k for k in dir(field) if k.startswith("TYPE_") and getattr(field, k) == field.type)
    if field.enum_type is not None:
        return _enum_value(field, text, what)
    if kind in ("TYPE_STRING", "TYPE_BYTES"):
        plain = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
        return plain if kind == "TYPE_STRING" else plain.encode()
    try:
        if kind in _INTEGERS:
            return int(text, 0)
        if kind in _NUMBERS:
            return float(text)
    except ValueError:
        wanted = "a whole number" if kind in _INTEGERS else "a number"
        raise ConfigError(f'{what}: "{text}" is not {wanted}') from None
    folded = text.strip().lower()
    if folded in _TRUE | _FALSE:
        return folded in _TRUE
    raise ConfigError(f'{what}: "{text}" is not a truth value', hint="write true or false")


def _enum_value(field: Any, text: str, what: str) -> int:
    values = field.enum_type.values_by_name
    by_folded = {name.lower(): value.number for name, value in values.items()}
    if text.strip().lower() in by_folded:
        return by_folded[text.strip().lower()]
    if text.strip().isdigit() and int(text) in field.enum_type.values_by_number:
        return int(text)
    raise ConfigError(
        f'{what}: "{text}" is not a value of {field.name}', hint=f"valid: {', '.join(values)}"
    )
