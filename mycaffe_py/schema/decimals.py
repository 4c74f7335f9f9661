"""Float settings as written in the file.

A proto ``float`` field holds 0.9 as 0.89999998; double-precision arithmetic needs the value as written.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np


@lru_cache(maxsize=1024)
def as_written(value: float) -> float:
    """Return the shortest decimal number that a 32-bit float setting stands for."""
    return float(str(np.float32(value)))


class DecimalSettings:
    """Wrapper of a message that returns ``float`` fields as written in the file; other fields pass through."""

    def __init__(self, message: Any):
        self._message = message
        self._floats = {
            field.name
            for field in message.DESCRIPTOR.fields
            if field.type == field.TYPE_FLOAT and not isinstance(getattr(message, field.name), list)
            and not hasattr(getattr(message, field.name), "append")
        }  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._message, name)
        return as_written(value) if name in self._floats else value


AsWritten = DecimalSettings
"""The name that DecimalSettings had before 0.2."""
