"""Documentation of messages, taken from the comments in the .proto text."""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import FieldInfo, MessageCatalog, MessageInfo


@dataclass(frozen=True)
class EnumValueDoc:
    """One value of an enum."""

    name: str
    number: int
    doc: str


@dataclass(frozen=True)
class FieldDoc:
    """One field; ``default`` is None or formatted as in a prototxt."""

    name: str
    number: int
    type: str
    label: str
    default: str | None
    doc: str
    owner: str
    is_message: bool
    enum_values: tuple[EnumValueDoc, ...]
    deprecated: bool


@dataclass(frozen=True)
class MessageDoc:
    """One message with its fields."""

    name: str
    doc: str
    owner: str
    fields: tuple[FieldDoc, ...]


@dataclass(frozen=True)
class ExtensionDoc:
    """A field that a plugin adds to a message of another owner."""

    message: str
    field: FieldDoc


def describe_message(info: MessageInfo) -> MessageDoc:
    """Return the documentation of one message."""
    fields = tuple(describe_field(field) for field in info.fields.values())
    return MessageDoc(info.name, info.declaration.doc, info.place.owner, fields)


def describe_field(info: FieldInfo) -> FieldDoc:
    """Return the documentation of one field."""
    field = info.declaration
    values = info.enum.declaration.values if info.enum else ()
    return FieldDoc(
        name=field.name,
        number=field.number,
        type=info.type_name,
        label=field.label,
        default=field.default[1] if field.default else None,
        doc=field.doc,
        owner=info.owner,
        is_message=info.message is not None,
        enum_values=tuple(EnumValueDoc(v.name, v.number, v.doc) for v in values),
        deprecated=field.deprecated,
    )


def describe_extensions(catalog: MessageCatalog, owner: str) -> list[ExtensionDoc]:
    """Return the fields that an owner adds to messages by ``extend``."""
    return [
        ExtensionDoc(message.name, describe_field(info))
        for message, info in catalog.all_fields()
        if info.is_extension and info.owner == owner
    ]
