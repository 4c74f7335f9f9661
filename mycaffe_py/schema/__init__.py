"""Schemas: .proto text composed at start-up, and prototxt text read with line and column."""

from __future__ import annotations

from mycaffe_py.schema.compose import compose
from mycaffe_py.schema.core import core_sources
from mycaffe_py.schema.declarations import SchemaSource
from mycaffe_py.schema.describe import EnumValueDoc, ExtensionDoc, FieldDoc, MessageDoc
from mycaffe_py.schema.document import Document
from mycaffe_py.schema.numbering import CORE_OWNER, stable_number
from mycaffe_py.schema.schema import Schema
from mycaffe_py.schema.upgrade import (
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
