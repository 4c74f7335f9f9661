"""Schemas: .proto text composed at start-up, and prototxt text read with line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

from .compose import compose
from .core import core_sources
from .field_path import set_field
from .proto.declarations import SchemaSource
from .proto.describe import EnumValueDoc, ExtensionDoc, FieldDoc, MessageDoc
from .proto.numbering import CORE_OWNER, stable_number
from .prototxt.document import Document
from .prototxt.entries import FieldText
from .schema import Schema
from .upgrade import (
    load_net,
    load_net_text,
    load_solver,
    load_solver_text,
    upgrade_net,
    upgrade_solver,
    upgraded_net,
)

if TYPE_CHECKING:
    from .edit import TextEdit as TextEdit
else:
    __getattr__, __dir__, _lazy = lazy_names(__name__, edit="TextEdit")

__all__ = [
    "CORE_OWNER",
    "Document",
    "EnumValueDoc",
    "ExtensionDoc",
    "FieldDoc",
    "FieldText",
    "MessageDoc",
    "Schema",
    "SchemaSource",
    "TextEdit",
    "compose",
    "core_sources",
    "load_net",
    "load_net_text",
    "load_solver",
    "load_solver_text",
    "set_field",
    "stable_number",
    "upgrade_net",
    "upgrade_solver",
    "upgraded_net",
]
