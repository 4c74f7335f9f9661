"""Ranges of field numbers for extending messages."""

from __future__ import annotations

import zlib

from .declarations import FieldDeclaration, schema_error

CORE_OWNER = "mycaffe_py"
BUNDLED_PREFIX = "mycaffe_"
FIRST_BUNDLED, LAST_BUNDLED = 1000, 1999
FIRST_FREE = 20000
LARGEST = 2**29 - 1


def stable_number(name: str) -> int:
    """Return the field number recommended for a third-party field with this name."""
    return FIRST_FREE + zlib.crc32(name.encode()) % (LARGEST - FIRST_FREE + 1)


def check_extension_number(field: FieldDeclaration, message: str) -> None:
    """Raise SchemaError for a field number that the owner may not use in another owner's message."""
    owner, number = field.place.owner, field.number
    if owner == CORE_OWNER or number >= FIRST_FREE:
        return
    bundled = owner.startswith(BUNDLED_PREFIX)
    if bundled and FIRST_BUNDLED <= number <= LAST_BUNDLED:
        return
    if number < FIRST_BUNDLED:
        whose = "numbers below 1000 belong to the core"
    elif number <= LAST_BUNDLED:
        whose = "numbers from 1000 to 1999 belong to the bundled plugins"
    else:
        whose = "numbers from 2000 to 19999 are reserved"
    raise schema_error(
        f'{owner} may not extend {message} with "{field.name}" as field number {number}: {whose}',
        field.place,
        f"use {stable_number(field.name)}, the number derived from the field's name, "
        f"or another from {FIRST_FREE} to {LARGEST}",
    )
