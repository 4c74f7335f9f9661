"""Views of arrays as (outer, channels, inner), and sums over each channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.layer import Layer


class Channels:
    """Divides a layer's arrays into (outer, channels, inner).

    Sums over outer and inner are products with vectors of ones, which are kept, and read an array
    once.
    """

    def __init__(self, layer: Layer):
        self._device, self._xp, self._dtype = layer.device, layer.xp, layer.dtype
        self._ones: Any = None
        self.shape = (0, 0, 0)

    def resize(self, outer: int, channels: int, inner: int) -> None:
        """Set the sizes."""
        self.shape = (outer, channels, inner)

    @property
    def each(self) -> int:
        """The number of elements of a channel."""
        return self.shape[0] * self.shape[2]

    def view(self, array: Any) -> Any:
        """Return ``array`` as (outer, channels, inner)."""
        return array.reshape(self.shape)

    def column(self, values: Any) -> Any:
        """Return one value for each channel as (channels, 1), which broadcasts to a view."""
        return values.reshape(self.shape[1], 1)

    def sum(self, array: Any) -> Any:
        """Return the sum of each channel."""
        outer, channels, inner = self.shape
        if not self.each:
            return self._xp.zeros(channels, dtype=self._dtype)
        if inner == 1:
            return self._xp.sum(array.reshape(outer, channels), axis=0)
        if self._ones is None or self._ones.size != inner:
            self._ones = self._xp.ones(inner, dtype=self._dtype)
        rows = self._xp.dot(array.reshape(outer * channels, inner), self._ones)
        return self._xp.sum(rows.reshape(outer, channels), axis=0)

    def dot(self, first: Any, second: Any) -> Any:
        """Return the sum of first * second for each channel."""
        if not self.each:
            return self._xp.zeros(self.shape[1], dtype=self._dtype)
        if not isinstance(
            first, np.ndarray
        ):  # on a GPU einsum() calls cuBLAS, which no graph can hold
            return self._xp.sum(self.view(first) * self.view(second), axis=(0, 2))
        products = self._xp.einsum("nci,nci->nc", self.view(first), self.view(second))
        return self._xp.sum(products, axis=0)

    def sum_and_dot(self, first: Any, second: Any) -> tuple[Any, Any]:
        """Return the sum of each channel of ``first``, and that of first * second."""
        return self.sum(first), self.dot(first, second)

    def centre(self, x: Any, mean: Any, out: Any) -> Any:
        """Write x - mean, and return the sum of its squares."""
        self._xp.subtract(self.view(x), self.column(mean), out=self.view(out))
        return self.dot(out, out)

    def normalize(self, x: Any, mean: Any, gain: Any, out: Any) -> None:
        """Write (x - mean) * gain."""
        y = self.view(out)
        self._xp.subtract(self.view(x), self.column(mean), out=y)
        self._xp.multiply(y, self.column(gain), out=y)

    def affine(self, x: Any, factor: Any, addend: Any, out: Any, kept: Any = None) -> None:
        """Write x * factor + addend, which may be None; ``kept`` gets x first."""
        if kept is not None:
            self._xp.copyto(kept, x)
        y = self.view(out)
        self._xp.multiply(self.view(x), self.column(factor), out=y)
        if addend is not None:
            self._xp.add(y, self.column(addend), out=y)

    def without_statistics(
        self, dy: Any, centred: Any, slope: Any, mean: Any, gain: Any, out: Any
    ) -> None:
        """Write (dy - (centred * slope + mean)) * gain."""
        scratch = self._device.scratch("channels", self.shape, self._dtype)
        self._xp.multiply(self.view(centred), self.column(slope), out=scratch)
        self._xp.add(scratch, self.column(mean), out=scratch)
        self._xp.subtract(self.view(dy), scratch, out=scratch)
        self._xp.multiply(scratch, self.column(gain), out=self.view(out))
