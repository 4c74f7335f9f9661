"""Cases of the data layers and Python layers for ``test_conformance.py``; see ``conformance_cases.py``."""

from __future__ import annotations

from typing import Any

LAYERS: dict[str, list[tuple[str, list[Any], dict[str, Any]]]] = {}
