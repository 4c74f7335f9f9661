"""Contents of a composed schema: messages, fields and enums, each with its owner and location."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .declarations import EnumDeclaration, FieldDeclaration, MessageDeclaration, Place

#: The scalar types of proto2, with the range of those that are integers.
SCALAR_TYPES: dict[str, tuple[int, int] | None] = {
    "double": None,
    "float": None,
    "bool": None,
    "string": None,
    "bytes": None,
    **dict.fromkeys(("int32", "sint32", "sfixed32"), (-(2**31), 2**31 - 1)),
    **dict.fromkeys(("int64", "sint64", "sfixed64"), (-(2**63), 2**63 - 1)),
    **dict.fromkeys(("uint32", "fixed32"), (0, 2**32 - 1)),
    **dict.fromkeys(("uint64", "fixed64"), (0, 2**64 - 1)),
}


@dataclass(frozen=True)
class EnumInfo:
    """One enum; ``name`` is qualified by the messages around it, without the package."""

    name: str
    declaration: EnumDeclaration
    numbers: dict[str, int]
    by_lower_case: dict[str, int]


@dataclass(eq=False)
class FieldInfo:
    """One field; ``type`` is a scalar type, "message" or "enum"; for the latter two, the message or enum is set."""

    declaration: FieldDeclaration
    scope: str
    is_extension: bool
    type: str = ""
    message: MessageInfo | None = None
    enum: EnumInfo | None = None

    def __post_init__(self) -> None:
        self.name = self.declaration.name
        self.number = self.declaration.number
        self.repeated = self.declaration.label == "repeated"
        self.required = self.declaration.label == "required"

    @property
    def owner(self) -> str:
        """The owner that declares the field."""
        return self.declaration.place.owner

    @property
    def type_name(self) -> str:
        """The type as shown to users: ``int32``, ``FillerParameter``, ``Phase``."""
        named = self.message or self.enum
        return named.name if named else self.type


@dataclass(eq=False)
class MessageInfo:
    """One message; ``name`` is qualified by the messages around it, without the package."""

    name: str
    declaration: MessageDeclaration
    fields: dict[str, FieldInfo] = field(default_factory=dict)
    by_number: dict[int, FieldInfo] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """The place where the message is declared."""
        return self.declaration.place

    @property
    def required(self) -> list[str]:
        """The names of the required fields."""
        return [field.name for field in self.fields.values() if field.required]


@dataclass
class MessageCatalog:
    """All messages and enums by qualified name, in the order of their declaration."""

    messages: dict[str, MessageInfo] = field(default_factory=dict)
    enums: dict[str, EnumInfo] = field(default_factory=dict)
    top_messages: list[MessageDeclaration] = field(default_factory=list)
    top_enums: list[EnumDeclaration] = field(default_factory=list)

    def all_fields(self) -> Iterator[tuple[MessageInfo, FieldInfo]]:
        """Iterate over every field of every message."""
        for message in self.messages.values():
            for info in message.fields.values():
                yield message, info
