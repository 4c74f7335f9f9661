"""Access to the core's own .proto files."""

from __future__ import annotations

from mycaffe_py.resources import resource_names, resource_path

from .proto.declarations import SchemaSource
from .proto.numbering import CORE_OWNER


def core_sources() -> list[SchemaSource]:
    """Return the shipped .proto files as sources to compose, ordered by name."""
    return [
        SchemaSource(CORE_OWNER, name, resource_path("protos", name).read_text("utf-8"))
        for name in resource_names("protos")
    ]
