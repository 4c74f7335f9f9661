"""PoolIndices: which cell of each window a pooling selects, and the gradient back to it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from mycaffe_py.device import require_memory

from .pool_windows import PoolWindows


class PoolIndices:
    """Operations on the index of the kernel element selected in each window; ``windows.elements`` for none."""

    def __init__(self, windows: PoolWindows):
        self.windows, self.xp = windows, windows.xp
        self.dtype = "uint8" if windows.elements < 256 else "int32"
        height, width = windows.height, windows.width
        # A window without a selected cell gets its first one, which padding may move out of the image.
        self._may_leave = any(a.stride * (a.count - 1) >= a.size for a in (height, width))

    # The two are made when they are first needed: the tops have been checked then.

    @cached_property
    def _offsets(self) -> Any:
        """The place of each element in the image, from the window's first cell; 0 for none."""
        height, width = self.windows.height, self.windows.width
        rows = np.array(height.shifts, dtype=np.int64) * width.size
        offsets = np.add.outer(rows, np.array(width.shifts, dtype=np.int64)).reshape(-1)
        return self.windows.device.asarray(np.append(offsets, 0), dtype="int64")

    @cached_property
    def _places(self) -> Any:
        """(rows, columns): the place of each window's first cell, without padding."""
        height, width = self.windows.height, self.windows.width
        require_memory(
            8 * height.count * width.count, f"the places of {self.windows.shape} windows"
        )
        rows = np.arange(height.count, dtype=np.int64) * height.stride * width.size
        columns = np.arange(width.count, dtype=np.int64) * width.stride
        return self.windows.device.asarray(np.add.outer(rows, columns), dtype="int64")

    def find_first(self, elements: Any, matches: Any) -> None:
        """Write the index of the first matching element of each window.

        ``matches(number, windows, cells, out)`` tests one element in all windows that have it.
        """
        scratch = self.windows.scratch
        free, hit = scratch("pool free", elements, "bool"), scratch("pool hit", elements, "bool")
        free.fill(True)
        elements.fill(0)
        for number, part in enumerate(self.windows.parts()):
            if part is not None:
                windows, cells = (..., *part[0]), (..., *part[1])
                if self.windows.clipped:
                    hit.fill(False)
                matches(number, windows, cells, hit[windows])
                self.xp.greater(free, hit, out=free)  # free and not hit
            self.xp.add(elements, free.view("uint8"), out=elements)

    def cells(self, elements: Any) -> Any:
        """Return, as scratch, the cell h * W + w selected in each window."""
        found = self.windows.scratch("pool cells", elements, "int64")
        # Not take() with ``out``, for which NumPy uses a second array.
        self.xp.add(self._offsets[elements], self._places, out=found)
        if self._may_leave:
            last = self.windows.height.size * self.windows.width.size - 1
            self.xp.clip(found, 0, last, out=found)
        return found

    def spread(self, elements: Any, dy: Any, dx: Any) -> None:
        """Write to each cell the sum of the gradients of the windows that selected it."""
        cells = self.cells(elements)
        planes = dx.shape[0] * dx.shape[1]
        size = self.windows.height.size * self.windows.width.size
        starts = self.xp.arange(planes, dtype="int64").reshape(*dx.shape[:2], 1, 1)
        self.xp.add(cells, starts * size, out=cells)
        filled = (..., slice(self.windows.height.filled), slice(self.windows.width.filled))
        cells, dy = cells[filled].reshape(-1), dy[filled].reshape(-1)
        dx.fill(0)
        flat = dx.reshape(-1)
        if self.windows.overlap:
            self.xp.add.at(flat, cells, dy)
        else:
            flat[cells] = dy
