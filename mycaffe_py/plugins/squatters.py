"""Field numbers of the bundled plugins, which others may not use."""

from __future__ import annotations

from mycaffe_py.schema import Schema, stable_number
from mycaffe_py.schema.proto.numbering import FIRST_BUNDLED, LAST_BUNDLED

from .discovery import Plugin


def reject_squatter(schema: Schema, plugin: Plugin) -> Plugin | None:
    """Reject and return a third-party plugin, whatever its name, that uses field numbers of bundled plugins."""
    if plugin.bundled:
        return None
    for extension in schema.extensions_of(plugin.name):
        number, name = extension.field.number, extension.field.name
        foreign = schema.describe(extension.message).owner != plugin.name
        if foreign and FIRST_BUNDLED <= number <= LAST_BUNDLED:
            plugin.reject(
                f'may not extend {extension.message} with "{name}" as field number {number}: '
                f"numbers from {FIRST_BUNDLED} to {LAST_BUNDLED} belong to the bundled plugins",
                f"use {stable_number(name)}, the number derived from the field's name",
            )
            return plugin
    return None
