"""Sums and products over channels, with compiled kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import channel_kernels as kernels
from .channels import Channels

LEAST_ROWS = 8
"""Sums go over the rows first: with fewer, NumPy's are as fast."""
LEAST_PLANE = 64
"""Elements of a channel in a row: with few rows, NumPy is as fast for shorter ones."""


class CompiledChannels(Channels):
    """The same in fewer passes over the arrays, which must be C-contiguous, as those of blobs are."""

    @property
    def _has_rows(self) -> bool:
        return self.shape[0] >= LEAST_ROWS and self.each > 0

    @property
    def _has_planes(self) -> bool:
        return self.shape[0] > 0 and self.shape[2] >= LEAST_PLANE

    @property
    def _sizes(self) -> tuple[int, int]:
        """The length of a row, and of a channel in it."""
        _, channels, inner = self.shape
        return channels * inner, inner

    def _totals(self, count: int) -> Any:
        # In float64, since a channel's elements are added one after the other.
        return np.zeros((count, self.shape[1]))

    def sum(self, array: Any) -> Any:
        """Return the sum of each channel."""
        if not self._has_rows:
            return super().sum(array)
        totals = self._totals(1)
        kernels.sums(_flat(array), *self._sizes, totals[0])
        return totals[0].astype(self._dtype)

    def sum_and_dot(self, first: Any, second: Any) -> tuple[Any, Any]:
        """Return the sum of each channel of ``first``, and that of first * second."""
        if not self._has_rows:
            return super().sum_and_dot(first, second)
        totals = self._totals(2)
        kernels.sums_and_products(_flat(first), _flat(second), *self._sizes, *totals)
        total, product = totals.astype(self._dtype)
        return total, product

    def centre(self, x: Any, mean: Any, out: Any) -> Any:
        """Write x - mean, and return the sum of its squares."""
        if not self._has_rows:
            return super().centre(x, mean, out)
        totals = self._totals(1)
        kernels.centre(_flat(x), _flat(mean), *self._sizes, _flat(out), totals[0])
        return totals[0].astype(self._dtype)

    def normalize(self, x: Any, mean: Any, gain: Any, out: Any) -> None:
        """Write (x - mean) * gain."""
        if self._has_rows:
            kernels.normalize(_flat(x), _flat(mean), _flat(gain), *self._sizes, _flat(out))
        elif self._has_planes:
            kernels.normalize_planes(_flat(x), _flat(mean), _flat(gain), self.shape[2], _flat(out))
        else:
            super().normalize(x, mean, gain, out)

    def affine(self, x: Any, factor: Any, addend: Any, out: Any, kept: Any = None) -> None:
        """Write x * factor + addend, which may be None; ``kept`` gets x first."""
        none = np.empty(0, self._dtype)
        added, copy = (none if array is None else _flat(array) for array in (addend, kept))
        if self._has_rows:
            kernels.affine(_flat(x), _flat(factor), added, *self._sizes, _flat(out), copy)
        elif self._has_planes:
            kernels.affine_planes(_flat(x), _flat(factor), added, self.shape[2], _flat(out), copy)
        else:
            super().affine(x, factor, addend, out, kept)

    def without_statistics(
        self, dy: Any, centred: Any, slope: Any, mean: Any, gain: Any, out: Any
    ) -> None:
        """Write (dy - (centred * slope + mean)) * gain."""
        if not self._has_rows:
            super().without_statistics(dy, centred, slope, mean, gain, out)
            return
        values = (_flat(array) for array in (dy, centred, slope, mean, gain))
        kernels.without_statistics(*values, *self._sizes, _flat(out))


def _flat(array: Any) -> Any:
    """Return an array as one axis, without copying it."""
    if not array.flags.c_contiguous:
        raise ValueError("compiled kernels take C-contiguous arrays")
    return array.reshape(-1)
