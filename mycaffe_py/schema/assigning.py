"""Assignment of Python values to message fields: numbers, lists, dicts, enum names, arrays, messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from google.protobuf.message import Message

from mycaffe_py.errors import ConfigError, did_you_mean

from .prototxt.values import expected


def assign(schema: Any, message: Any, type_name: str, name: str, value: Any, where: str) -> None:
    """Set one field of ``message``, whose type is ``type_name``; ``where`` is a prefix for errors.

    A dict fills a message, a list or array a repeated field (a single value is a list of one), and a
    string may name an enum's value. Raises ConfigError for a field or a value that does not fit.
    """
    fields = schema.message_info(type_name).fields
    if name not in fields:
        hint = did_you_mean(name, fields) or f"fields: {', '.join(fields)}"
        raise ConfigError(f'{where}: no field "{name}" in {type_name}', hint=hint)
    info = fields[name]
    if not info.repeated:
        _set(schema, message, info, value, where)
        return
    held = getattr(message, name)
    for item in _items(value):
        if info.message:
            _fill(schema, held.add(), info, item, _inside(where, name))
        else:
            try:
                held.append(_scalar(info, item))
            except (TypeError, ValueError):
                raise _mistake(info, item, where) from None


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, str | bytes | Mapping | Message) or not isinstance(value, Iterable):
        return [value]
    return value.ravel() if isinstance(value, np.ndarray) else value


def _set(schema: Any, message: Any, info: Any, value: Any, where: str) -> None:
    if info.message:
        part = getattr(message, info.name)
        part.SetInParent()
        _fill(schema, part, info, value, _inside(where, info.name))
        return
    try:
        setattr(message, info.name, _scalar(info, value))
    except (TypeError, ValueError):
        raise _mistake(info, value, where) from None


def _fill(schema: Any, message: Any, info: Any, value: Any, where: str) -> None:
    """Fill a message from a dict, or from a message of the same name."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            assign(schema, message, info.message.name, name, inner, where)
    elif isinstance(value, Message) and value.DESCRIPTOR.full_name == message.DESCRIPTOR.full_name:
        message.MergeFromString(value.SerializeToString())
    else:
        raise ConfigError(
            f"{where} takes a dict of {info.message.name}'s fields, not {value!r:.80}",
            hint=f"fields: {', '.join(info.message.fields)}",
        )


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if ": " in where else f"{where}: {name}"


def _scalar(info: Any, value: Any) -> Any:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.size == 1):
        value = value.item()
    if info.enum and isinstance(value, str):
        found = info.enum.by_lower_case.get(value.lower())
        if found is None:
            raise ValueError(value)
        return found
    return value


def _mistake(info: Any, value: Any, where: str) -> ConfigError:
    hint = None
    if info.enum:
        hint = (
            did_you_mean(str(value), info.enum.numbers) or f"values: {', '.join(info.enum.numbers)}"
        )
    message = f'{where}: "{info.name}" takes {expected(info)}, not {value!r:.80}'
    return ConfigError(message, hint=hint)
