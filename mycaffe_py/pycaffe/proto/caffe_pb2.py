"""The message classes of Caffe and of the plugins, under the names of protoc's module for Caffe.

``caffe_pb2.NetParameter()``, ``caffe_pb2.PoolingParameter.MAX``, ``caffe_pb2.TRAIN`` and
``caffe_pb2.Phase.Name(1)`` work, and ``google.protobuf.text_format`` takes the messages. The classes are
those of the default registry's schema, looked up at each use: after ``use_plugins()`` they have the new
plugins' fields.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from mycaffe_py.errors import did_you_mean
from mycaffe_py.plugins.registry import default_registry
from mycaffe_py.schema.proto.proto2 import PACKAGE


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    schema = default_registry().schema
    catalog = schema.catalog
    if name in catalog.messages:
        return schema.message_class(name)
    if name in catalog.enums:
        return EnumTypeWrapper(schema.pool.FindEnumTypeByName(f"{PACKAGE}.{name}"))
    if name == "DESCRIPTOR":
        return schema.message_class("NetParameter").DESCRIPTOR.file
    for enum in catalog.top_enums:
        for value in enum.values:
            if value.name == name:
                return value.number
    if name.startswith("_"):
        descriptor = _descriptor(schema, name[1:])
        if descriptor is not None:
            return descriptor
    near = did_you_mean(name, __dir__())
    raise AttributeError(
        f"the schema has no message, enum or value {name!r}{f'; {near}' if near else ''}"
    )


def _descriptor(schema: Any, name: str) -> Any:
    """Return the descriptor that protoc's modules name like ``_POOLINGPARAMETER_POOLMETHOD``."""
    for found in schema.catalog.messages:
        if found.replace(".", "_").upper() == name:
            return schema.message_class(found).DESCRIPTOR
    for found in schema.catalog.enums:
        if found.replace(".", "_").upper() == name:
            return schema.pool.FindEnumTypeByName(f"{PACKAGE}.{found}")
    return None


def __dir__() -> list[str]:
    catalog = default_registry().schema.catalog
    values = [value.name for enum in catalog.top_enums for value in enum.values]
    messages = [declaration.name for declaration in catalog.top_messages]
    return sorted([*messages, *(enum.name for enum in catalog.top_enums), *values, "DESCRIPTOR"])
