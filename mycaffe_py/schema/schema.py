"""The composed schema: message classes, and reading and writing messages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from google.protobuf import descriptor_pool, message_factory, text_format
from google.protobuf.message import DecodeError

from mycaffe_py.errors import SnapshotError, did_you_mean

from .proto.catalog import MessageCatalog, MessageInfo
from .proto.declarations import SchemaSource
from .proto.describe import ExtensionDoc, MessageDoc, describe_extensions, describe_message
from .proto.proto2 import PACKAGE
from .prototxt.document import Document
from .prototxt.files import read_text_file
from .prototxt.parser import parse_prototxt
from .undecodable import undecodable


class Schema:
    """All messages of the core and of the plugins, composed by :func:`compose`."""

    def __init__(
        self,
        catalog: MessageCatalog,
        pool: descriptor_pool.DescriptorPool,
        sources: Sequence[SchemaSource],
    ):
        self.catalog = catalog
        self.pool = pool
        self.sources = tuple(sources)
        self._classes: dict[str, type[Any]] = {}

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """The owners of the sources, in their order."""
        return tuple(dict.fromkeys(source.owner for source in self.sources))

    def message_names(self) -> list[str]:
        """Return the names of all messages; a nested one is named ``Outer.Inner``."""
        return list(self.catalog.messages)

    def message_info(self, name: str) -> MessageInfo:
        """Return the catalog's entry for a message; KeyError names the nearest one."""
        name = name.removeprefix(f"{PACKAGE}.")
        try:
            return self.catalog.messages[name]
        except KeyError:
            hint = did_you_mean(name, self.catalog.messages)
            raise KeyError(
                f"no message {name!r} in the schema{f'; {hint}' if hint else ''}"
            ) from None

    def message_class(self, name: str) -> type[Any]:
        """Return the class of a message, such as ``LayerParameter``."""
        if name not in self._classes:
            info = self.message_info(name)
            descriptor = self.pool.FindMessageTypeByName(f"{PACKAGE}.{info.name}")
            self._classes[name] = message_factory.GetMessageClass(descriptor)
        return self._classes[name]

    def new(self, message_name: str, /, **fields: Any) -> Any:
        """Return a new message with the given fields set."""
        return self.message_class(message_name)(**fields)

    def parse_text(self, text: str, message_name: str, filename: str = "<string>") -> Document:
        """Parse prototxt text; all mistakes in it are raised as one PrototxtError."""
        info = self.message_info(message_name)
        return parse_prototxt(text, info, self.message_class(message_name)(), filename)

    def parse_file(self, path: str | os.PathLike[str], message_name: str) -> Document:
        """Read a prototxt file; all mistakes in it are raised as one PrototxtError."""
        return self.parse_text(read_text_file(path), message_name, os.fspath(path))

    def parse_binary(self, data: bytes, message_name: str) -> Any:
        """Parse a message in protobuf's binary format; SnapshotError if it is damaged."""
        what = f"not a complete {message_name} in binary format ({len(data)} bytes)"
        hint = "the file is damaged, was cut short, or is of another kind"
        try:
            message = self.message_class(message_name).FromString(data)
        except (DecodeError, UnicodeDecodeError) as error:
            raise SnapshotError(f"{what}: {error}", hint=hint) from error
        field = undecodable(message)
        if field:
            raise SnapshotError(f"{what}: the text of {field} is not UTF-8", hint=hint)
        return message

    def to_text(self, message: Any) -> str:
        """Return a message as prototxt text."""
        return text_format.MessageToString(message, as_utf8=True)

    def describe(self, message_name: str) -> MessageDoc:
        """Return the documentation of a message and of its fields."""
        return describe_message(self.message_info(message_name))

    def extensions_of(self, owner: str) -> list[ExtensionDoc]:
        """Return the fields that an owner adds to messages by ``extend``."""
        return describe_extensions(self.catalog, owner)
