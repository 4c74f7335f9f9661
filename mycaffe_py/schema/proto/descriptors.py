"""Turning a catalog into descriptors in one private pool."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf import descriptor_pb2, descriptor_pool

from mycaffe_py.errors import SchemaError, did_you_mean

from . import literals
from .catalog import SCALAR_TYPES, FieldInfo, MessageCatalog
from .declarations import EnumDeclaration, MessageDeclaration, SchemaSource, schema_error
from .proto2 import PACKAGE

_PROTO = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    name: _PROTO.Type.Value(f"TYPE_{name.upper()}") for name in [*SCALAR_TYPES, "message", "enum"]
}
_LABELS = {
    name: _PROTO.Label.Value(f"LABEL_{name.upper()}")
    for name in ("optional", "required", "repeated")
}


def build_pool(
    catalog: MessageCatalog, sources: Sequence[SchemaSource]
) -> descriptor_pool.DescriptorPool:
    """Return a new pool that contains everything in the catalog, as one file."""
    file = build_file(catalog)
    pool = descriptor_pool.DescriptorPool()
    try:
        pool.AddSerializedFile(file.SerializeToString())
    except (TypeError, ValueError) as error:
        raise _refused(error, sources) from error
    return pool


def build_file(catalog: MessageCatalog) -> descriptor_pb2.FileDescriptorProto:
    """Return everything in the catalog as the descriptor of one file."""
    file = descriptor_pb2.FileDescriptorProto(
        name="mycaffe/composed.proto", package=PACKAGE, syntax="proto2"
    )
    for enum in catalog.top_enums:
        _fill_enum(file.enum_type.add(), enum)
    for message in catalog.top_messages:
        _fill_message(file.message_type.add(), message, message.name, catalog)
    return file


def _refused(error: Exception, sources: Sequence[SchemaSource]) -> SchemaError:
    owners = list(dict.fromkeys(source.owner for source in sources))
    refused = SchemaError(f"protobuf refuses the schema of {', '.join(owners)}: {error}")
    refused.owner = owners[-1] if owners else ""
    return refused


def _fill_enum(proto: descriptor_pb2.EnumDescriptorProto, enum: EnumDeclaration) -> None:
    proto.name = enum.name
    if enum.allow_alias:
        proto.options.allow_alias = True
    for value in enum.values:
        proto.value.add(name=value.name, number=value.number)


def _fill_message(
    proto: descriptor_pb2.DescriptorProto,
    message: MessageDeclaration,
    qualified: str,
    catalog: MessageCatalog,
) -> None:
    proto.name = message.name
    for enum in message.enums:
        _fill_enum(proto.enum_type.add(), enum)
    for inner in message.messages:
        _fill_message(proto.nested_type.add(), inner, f"{qualified}.{inner.name}", catalog)
    for info in catalog.messages[qualified].fields.values():
        _fill_field(proto.field.add(), info)


def _fill_field(proto: descriptor_pb2.FieldDescriptorProto, info: FieldInfo) -> None:
    field = info.declaration
    proto.name = field.name
    proto.number = field.number
    proto.label = _LABELS[field.label]
    proto.type = _TYPES[info.type]
    if info.message or info.enum:
        proto.type_name = f".{PACKAGE}.{info.type_name}"
    if field.default:
        proto.default_value = _default(info, *field.default)
    if field.packed is not None:
        proto.options.packed = field.packed
    if field.deprecated:
        proto.options.deprecated = True


def _default(info: FieldInfo, kind: str, text: str) -> str:
    """Return a default in the format of descriptors, or raise SchemaError."""
    try:
        return _checked_default(info, kind, text)
    except ValueError:
        field = info.declaration
        hint = did_you_mean(text, info.enum.numbers) if info.enum else None
        raise schema_error(
            f'the default {text} of the field "{field.name}", declared by {field.place.owner}, '
            f"is not a value of type {info.type_name}",
            field.place,
            hint,
        ) from None


def _checked_default(info: FieldInfo, kind: str, text: str) -> str:
    bounds = SCALAR_TYPES.get(info.type)
    if (kind == "string") != (info.type in ("string", "bytes")):
        raise ValueError("quotes are missing or misplaced")
    if info.type == "string":
        return literals.unescape(text[1:-1]).decode()
    if info.type == "bytes":
        return literals.escape_bytes(literals.unescape(text[1:-1]))
    if bounds:
        value = literals.parse_integer(text)
        if not bounds[0] <= value <= bounds[1]:
            raise ValueError("out of range")
        return str(value)
    if info.type in ("float", "double"):
        return literals.shortest_float(literals.parse_float(text))
    allowed = info.enum.numbers if info.enum else ("true", "false")
    if text not in allowed:
        raise ValueError("not one of the allowed names")
    return text
