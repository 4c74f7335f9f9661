"""Texts in binary messages that are not UTF-8: protobuf gives them as bytes where a text is expected."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from .prototxt.places import is_repeated

_with_texts: dict[str, bool] = {}
"""Full name of a message -> whether it, or a message within it, has fields of text."""


def undecodable(message: Any) -> str:
    """Return the name of a field of a message, or of one within it, whose text is not UTF-8; "" if there is none."""
    if not _has_texts(message.DESCRIPTOR):
        return ""
    for field, value in message.ListFields():
        values = value if is_repeated(field) else [value]
        if field.type == FieldDescriptor.TYPE_STRING:
            if any(isinstance(each, bytes) for each in values):
                return field.name
        elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            found = next(filter(None, map(undecodable, values)), "")
            if found:
                return f"{field.name}.{found}"
    return ""


def _has_texts(descriptor: Any) -> bool:
    name = descriptor.full_name
    if name not in _with_texts:
        _with_texts[name] = False  # of a message within itself, the others decide
        _with_texts[name] = any(
            field.type == FieldDescriptor.TYPE_STRING
            or (field.message_type is not None and _has_texts(field.message_type))
            for field in descriptor.fields
        )
    return _with_texts[name]
