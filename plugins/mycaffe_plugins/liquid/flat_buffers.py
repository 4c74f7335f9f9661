"""FlatBuffers: a cell's working arrays, reused from batch to batch."""

from __future__ import annotations

from typing import Any

from mycaffe_py.compiled import AlignedBuffers


class FlatBuffers(AlignedBuffers):
    """The named arrays of :class:`AlignedBuffers` on any device."""

    def __init__(self, xp: Any, dtype: Any):
        super().__init__(dtype)
        self._xp = xp

    def _zeros(self, count: int) -> Any:
        return self._xp.zeros(count, dtype=self._dtype)

    def arrays(self, names: str, *shape: int) -> list[Any]:
        """Return an array for each of the names, all of that shape."""
        return [self.array(name, *shape) for name in names.split()]
