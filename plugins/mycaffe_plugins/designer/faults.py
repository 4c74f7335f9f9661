"""Answers other than the one hoped for, and values as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from .guard import Refusal


class Fault(Refusal):
    """An answer other than the one hoped for; ``more`` is added to its JSON, beside ``error``."""

    def __init__(self, status: int, message: str, hint: str | None = None, **more: Any):
        super().__init__(status, f"H{status}", message, hint)
        self.more = more


def dumps(value: Any) -> str:
    """Return JSON on one line, with null for numbers that are not finite."""
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
