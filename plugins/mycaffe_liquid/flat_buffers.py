"""FlatBuffers: a cell's working arrays, reused from batch to batch."""

from __future__ import annotations

import math
from typing import Any


class FlatBuffers:
    """Named arrays whose memory only grows, so that batches of varying size and length soon allocate nothing."""

    def __init__(self, xp: Any, dtype: Any):
        self._xp, self._dtype = xp, dtype
        self._flat: dict[str, Any] = {}

    def array(self, name: str, *shape: int) -> Any:
        """Return the array of that name in that shape; its contents are undefined."""
        count, flat = math.prod(shape), self._flat.get(name)
        if flat is None or flat.size < count:
            self._flat.pop(name, None)  # free the smaller one first
            flat = self._flat[name] = self._xp.zeros(count, dtype=self._dtype)
        return flat[:count].reshape(shape)

    def arrays(self, names: str, *shape: int) -> list[Any]:
        """Return an array for each of the names, all of that shape."""
        return [self.array(name, *shape) for name in names.split()]
