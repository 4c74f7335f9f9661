"""What any system takes as a file's name."""

from __future__ import annotations

import re

MOST_BYTES = 200
"""File systems allow 255; temporary files beside one have longer names."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def is_reserved(name: str) -> bool:
    """Whether Windows takes ``name`` for a device, whatever its case and ending."""
    return _RESERVED.fullmatch(name) is not None


def fits(name: str) -> bool:
    """Whether a name is short enough, in UTF-8; file systems count bytes."""
    return len(name.encode("utf-8", "replace")) <= MOST_BYTES


def shortened(name: str) -> str:
    """Return the beginning of a name that fits, without half a letter at its end."""
    return name.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore")
