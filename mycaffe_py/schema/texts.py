"""Texts of messages in protobuf's binary format, which may be no UTF-8: protobuf then gives bytes instead of a str."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import SnapshotError


def check_texts(message: Any) -> None:
    """Raise SnapshotError if a text field of a message, or of one inside it, is no UTF-8."""
    for field, value in message.ListFields():
        if field.cpp_type == field.CPPTYPE_STRING and field.type != field.TYPE_BYTES:
            for text in (value,) if isinstance(value, str | bytes) else value:
                if isinstance(text, bytes):
                    raise SnapshotError(f"the text of {field.full_name} is no UTF-8")
        elif field.cpp_type == field.CPPTYPE_MESSAGE:
            for inner in (value,) if hasattr(value, "ListFields") else value:
                check_texts(inner)
