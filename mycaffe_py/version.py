"""The version of mycaffe-py, and the names and versions that installed distributions give themselves."""

from __future__ import annotations

from typing import Any

__version__ = "0.2.0"


def distribution_field(distribution: Any, field: str) -> str:
    """Return a field of an ``importlib.metadata.Distribution``, such as ``Version``; "" if it lacks it.

    Python's own ``distribution.version`` warns of a damaged installation that names no version.
    """
    values = distribution.metadata.get_all(field)
    return str(values[0]) if values else ""
