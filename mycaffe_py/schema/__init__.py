"""Schemas: .proto text composed at start-up, and prototxt text read with line and column."""

from __future__ import annotations

from .compose import compose
from .core import core_sources
from .proto.declarations import SchemaSource
from .proto.describe import EnumValueDoc, ExtensionDoc, FieldDoc, MessageDoc
from .proto.numbering import CORE_OWNER, stable_number
from .prototxt.document import Document
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

__all__ = [
    "CORE_OWNER",
    "Document",
    "EnumValueDoc",
    "ExtensionDoc",
    "FieldDoc",
    "MessageDoc",
    "Schema",
    "SchemaSource",
    "compose",
    "core_sources",
    "load_net",
    "load_net_text",
    "load_solver",
    "load_solver_text",
    "stable_number",
    "upgrade_net",
    "upgrade_solver",
    "upgraded_net",
]
