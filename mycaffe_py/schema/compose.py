"""Merging the .proto text of the core and of every plugin into one schema."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.errors import did_you_mean

from .proto.catalog import SCALAR_TYPES, EnumInfo, FieldInfo, MessageCatalog, MessageInfo
from .proto.declarations import (
    EnumDeclaration,
    ExtendDeclaration,
    MessageDeclaration,
    Place,
    SchemaSource,
    schema_error,
)
from .proto.descriptors import build_pool
from .proto.numbering import check_extension_number
from .proto.proto2 import PACKAGE, parse_proto
from .proto.type_words import nearest_type
from .schema import Schema

_PACKABLE = frozenset(SCALAR_TYPES) - {"string", "bytes"} | {"enum"}


def compose(sources: Sequence[SchemaSource]) -> Schema:
    """Return the schema of all sources; a clash raises SchemaError with the later ``owner``."""
    files = [parse_proto(source) for source in sources]
    composer = _Composer()
    for file in files:
        for enum in file.enums:
            composer.add_enum(enum, "")
            composer.catalog.top_enums.append(enum)
        for message in file.messages:
            composer.add_message(message, "")
            composer.catalog.top_messages.append(message)
    for file in files:
        for extend in file.extends:
            composer.add_extend(extend)
    composer.resolve_types()
    catalog = composer.catalog
    return Schema(catalog, build_pool(catalog, sources), sources)


def _qualify(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _owners(first: Place, second: Place) -> str:
    if first.owner == second.owner:
        return f"twice by {second.owner}, first at {first.location()}"
    return f"by {first.owner} (at {first.location()}) and by {second.owner}"


class _Composer:
    def __init__(self) -> None:
        self.catalog = MessageCatalog()
        self.symbols: dict[str, Place] = {}

    def add_symbol(self, name: str, place: Place, what: str) -> None:
        first = self.symbols.setdefault(name, place)
        if first is not place:
            raise schema_error(f'{what} "{name}" is declared {_owners(first, place)}', place)

    def add_enum(self, enum: EnumDeclaration, scope: str) -> None:
        name = _qualify(scope, enum.name)
        self.add_symbol(name, enum.place, "the enum")
        numbers: dict[str, int] = {}
        for value in enum.values:
            self.add_symbol(_qualify(scope, value.name), value.place, "the enum value")
            if value.number in numbers.values() and not enum.allow_alias:
                raise schema_error(
                    f"the number {value.number} is used twice in the enum {name}", value.place
                )
            numbers[value.name] = value.number
        by_lower_case = {key.lower(): number for key, number in numbers.items()}
        self.catalog.enums[name] = EnumInfo(name, enum, numbers, by_lower_case)

    def add_message(self, message: MessageDeclaration, scope: str) -> None:
        name = _qualify(scope, message.name)
        self.add_symbol(name, message.place, "the message")
        info = self.catalog.messages[name] = MessageInfo(name, message)
        for enum in message.enums:
            self.add_enum(enum, name)
        for inner in message.messages:
            self.add_message(inner, name)
        for field in message.fields:
            self.add_field(info, FieldInfo(field, name, is_extension=False))

    def add_field(self, message: MessageInfo, info: FieldInfo) -> None:
        field = info.declaration
        name = f"{message.name}.{field.name}"
        self.add_symbol(name, field.place, "the field")
        other = message.by_number.setdefault(field.number, info)
        if other is not info:
            owners = _owners(other.declaration.place, field.place)
            raise schema_error(
                f'field number {field.number} of {message.name} is used for "{other.name}" '
                f'and for "{field.name}": {owners}',
                field.place,
            )
        for first, last in message.declaration.reserved_numbers:
            if first <= field.number <= last:
                raise schema_error(
                    f"field number {field.number} of {message.name} is reserved by "
                    f"{message.place.owner}, and used by {field.place.owner}",
                    field.place,
                )
        if field.name in message.declaration.reserved_names:
            raise schema_error(
                f'the name "{field.name}" in {message.name} is reserved by '
                f"{message.place.owner}, and used by {field.place.owner}",
                field.place,
            )
        message.fields[field.name] = info

    def add_extend(self, extend: ExtendDeclaration) -> None:
        found = self.find(extend.target, extend.scope)
        message = self.catalog.messages.get(found or "")
        if message is None:
            raise schema_error(
                f'{extend.place.owner} extends the message "{extend.target}", which is not '
                "declared",
                extend.place,
                did_you_mean(extend.target, self.catalog.messages),
            )
        for field in extend.fields:
            if field.place.owner != message.place.owner:
                check_extension_number(field, message.name)
            if field.label == "required":
                raise schema_error(
                    f'the extension "{field.name}" of {message.name} must not be required',
                    field.place,
                    "make it optional: files without it are older than the plugin",
                )
            self.add_field(message, FieldInfo(field, extend.scope, is_extension=True))

    def find(self, name: str, scope: str) -> str | None:
        """Return the qualified name that a type name means inside a scope, or None."""
        if name.startswith("."):
            name, scope = name[1:], ""
        if name.startswith(f"{PACKAGE}.") and PACKAGE not in self.symbols:
            name, scope = name[len(PACKAGE) + 1 :], ""
        head = name.partition(".")[0]
        while True:
            if self.is_type(_qualify(scope, head)):
                full = _qualify(scope, name)
                return full if self.is_type(full) else None
            if not scope:
                return None
            scope = scope.rpartition(".")[0]

    def is_type(self, name: str) -> bool:
        return name in self.catalog.messages or name in self.catalog.enums

    def resolve_types(self) -> None:
        for message, info in self.catalog.all_fields():
            self.resolve(info)
            self.check_options(message, info)

    def resolve(self, info: FieldInfo) -> None:
        field = info.declaration
        if field.type_name in SCALAR_TYPES:
            info.type = field.type_name
            return
        found = self.find(field.type_name, info.scope)
        if found is None:
            names = [*SCALAR_TYPES, *self.catalog.messages, *self.catalog.enums]
            raise schema_error(
                f'unknown type "{field.type_name}" of the field "{field.name}", '
                f"declared by {field.place.owner}",
                field.type_place,
                nearest_type(field.type_name, names),
            )
        info.message = self.catalog.messages.get(found)
        info.enum = self.catalog.enums.get(found)
        info.type = "message" if info.message else "enum"

    def check_options(self, message: MessageInfo, info: FieldInfo) -> None:
        field = info.declaration
        if field.packed and not (info.repeated and info.type in _PACKABLE):
            raise schema_error(
                f'the field "{field.name}" of {message.name} cannot be packed',
                field.place,
                "only repeated numbers, bools and enums can be",
            )
        if field.default and (info.repeated or info.message):
            raise schema_error(
                f'the field "{field.name}" of {message.name} cannot have a default',
                field.place,
                "only singular fields of scalar and enum types can",
            )
