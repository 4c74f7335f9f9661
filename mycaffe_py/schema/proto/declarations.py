"""Results of the .proto parser: the declarations of one file, and their places."""

from __future__ import annotations

from dataclasses import dataclass, field

from mycaffe_py.errors import Location, SchemaError

from .lines import Lines


@dataclass(frozen=True)
class SchemaSource:
    """One piece of .proto text and its owner."""

    owner: str
    name: str
    text: str


@dataclass(frozen=True)
class Place:
    """Location of a declaration: its source, and the offset and length of its name there."""

    source: SchemaSource
    offset: int
    length: int = 1

    @property
    def owner(self) -> str:
        """The owner of the source."""
        return self.source.owner

    def location(self) -> Location:
        """Return the place as file, line and column."""
        return Lines(self.source.text).location(self.source.name, self.offset, self.length)


def schema_error(message: str, place: Place, hint: str | None = None) -> SchemaError:
    """Return a SchemaError at a place, with the ``owner`` of that place."""
    error = SchemaError(message, hint=hint, location=place.location())
    error.owner = place.owner
    return error


@dataclass
class FieldDeclaration:
    """One field as written: ``default`` is the literal with its kind, or None."""

    name: str
    number: int
    label: str
    type_name: str
    place: Place
    type_place: Place
    doc: str = ""
    default: tuple[str, str] | None = None
    packed: bool | None = None
    deprecated: bool = False


@dataclass
class EnumValueDeclaration:
    """One value of an enum as written."""

    name: str
    number: int
    place: Place
    doc: str = ""


@dataclass
class EnumDeclaration:
    """One enum as written."""

    name: str
    place: Place
    doc: str = ""
    values: list[EnumValueDeclaration] = field(default_factory=list)
    allow_alias: bool = False


@dataclass
class ExtendDeclaration:
    """One ``extend`` block: fields for a message that is declared elsewhere."""

    target: str
    place: Place
    scope: str
    fields: list[FieldDeclaration] = field(default_factory=list)


@dataclass
class MessageDeclaration:
    """One message as written, with everything nested in it."""

    name: str
    place: Place
    doc: str = ""
    fields: list[FieldDeclaration] = field(default_factory=list)
    messages: list[MessageDeclaration] = field(default_factory=list)
    enums: list[EnumDeclaration] = field(default_factory=list)
    reserved_numbers: list[tuple[int, int]] = field(default_factory=list)
    reserved_names: list[str] = field(default_factory=list)


@dataclass
class FileDeclaration:
    """Everything that one source declares."""

    source: SchemaSource
    messages: list[MessageDeclaration] = field(default_factory=list)
    enums: list[EnumDeclaration] = field(default_factory=list)
    extends: list[ExtendDeclaration] = field(default_factory=list)
