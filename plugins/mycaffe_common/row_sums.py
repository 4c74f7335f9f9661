"""Adding rows into the places that indices name, some of them more than once."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.device import Device


class RowSums:
    """Writes out[indices[i]] = the sum of rows[i] over all i with that index, 0 elsewhere.

    Rows of one index are added in pairs, then pairs of those: as many steps as the largest number
    of repeats has binary digits, each one indexed addition of whole rows. Always the same order, so
    always the same bits, on a GPU too. ``indices`` is a host array of whole numbers.
    """

    def __init__(self, indices: np.ndarray, device: Device):
        order = np.argsort(indices, kind="stable")
        ordered = indices[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        lengths = np.diff(starts, append=len(ordered))
        place = np.arange(len(ordered)) - np.repeat(starts, lengths)
        left = np.repeat(lengths, lengths) - place
        self._order, self._targets, self._starts = (
            device.asarray(values) for values in (order, ordered[starts], starts)
        )
        self._pairs = []
        step = 1
        while step < lengths.max(initial=0):
            first = np.flatnonzero((place % (2 * step) == 0) & (left > step))
            self._pairs.append((device.asarray(first), device.asarray(first + step)))
            step *= 2

    def write(self, rows: Any, out: Any) -> None:
        """Write the sums of ``rows`` into ``out``."""
        out[...] = 0
        if not rows.size:
            return
        ordered = rows[self._order]
        for first, second in self._pairs:
            ordered[first] += ordered[second]
        out[self._targets] = ordered[self._starts]
