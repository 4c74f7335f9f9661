"""Cells of images chosen by a mask, as the second top of Pooling gives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer


class MaskedCells:
    """Puts values into the cells of larger images that a mask names, and takes their gradients from there.

    A mask has the values' shape (N, C, h, w) and holds the cell i W + j of an image of W columns for each. Where
    several values have the same cell, the last one stays, but each gets its gradient, as in SegNet's code; on a GPU
    any of them stays.
    """

    def __init__(self, layer: Layer):
        self.layer, self.xp = layer, layer.xp
        self._shape: tuple[int, ...] = ()
        self._size = 0
        self._firsts: Any = None
        self._deferred = layer.context.checks.add(layer, self._fail)

    def reshape(self, x: Blob, mask: Blob, image: tuple[int, int]) -> None:
        """Check that the mask fits the values; ``image`` is (height, width) of the larger images."""
        if x.shape != mask.shape:
            self.layer.fail(
                f'bottom "{mask.name}" {mask.shape} must have the shape of bottom "{x.name}" {x.shape}: '
                "it is the second top of a Pooling layer"
            )
        self._mask, self._image, self._size = mask, image, image[0] * image[1]
        if x.shape != self._shape:
            self._shape = x.shape
            self._firsts = None

    def trial_values(self, rng: np.random.Generator) -> np.ndarray:
        """Return a mask in which no cell of an image stands twice, as far as there are enough of them."""
        planes, count = self._shape[0] * self._shape[1], self._shape[2] * self._shape[3]
        cells = [
            rng.permutation(max(self._size, count))[:count] % max(1, self._size)
            for _ in range(planes)
        ]
        return np.reshape(cells, self._shape).astype(np.float64)

    def _read(self) -> Any:
        """Return the place of each value in the flattened images; fail if one is outside its image."""
        xp, values, size = self.xp, self._mask.data, self._size
        good = xp.logical_and(values >= 0, values < size)
        good = xp.logical_and(good, values == xp.rint(values))
        if self._deferred is not None:
            self._deferred.note(xp.logical_not(xp.all(good)), values)
        elif not good.all():
            self._fail(values)
        if self._firsts is None:
            planes = self._shape[0] * self._shape[1]
            self._firsts = xp.arange(planes, dtype=np.int64).reshape(planes, 1)
        cells = xp.where(good, values, 0).astype(np.int64).reshape(len(self._firsts), -1)
        return (cells + self._firsts * size).reshape(-1)

    def _fail(self, values: Any) -> NoReturn:
        mask, size = self._mask, self._size
        flat = self.layer.device.to_host(values).reshape(-1)
        good = (flat >= 0) & (flat < size) & (flat == np.rint(flat))
        place = int(np.argmin(good))
        self.layer.fail(
            f'bottom "{mask.name}" {mask.shape} names cell {flat[place]:.9g} at index {place}; expected whole numbers '
            f"from 0 to {size - 1}, since the top's images are {self._image}",
            hint="the top must be as large as the bottom of the Pooling layer that made the mask",
        )

    def place(self, x: Any, y: Any) -> None:
        """Write ``x`` into the cells of ``y``, and 0 into the others."""
        y.fill(0)
        if x.size:
            y.reshape(-1)[self._read()] = x.reshape(-1)

    def pick(self, dy: Any, dx: Any) -> None:
        """Write the values of the cells of ``dy`` to ``dx``."""
        if dx.size:
            self.xp.take(dy.reshape(-1), self._read(), out=dx.reshape(-1))


class MaskedLayer(Layer):
    """A layer whose second bottom, if it has one, is a mask: ``cells`` reads it."""

    min_bottom_blobs = 1
    max_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False
    cells: MaskedCells | None = None

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for the mask."""
        return bottom_index == 0

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return a mask without repeated cells."""
        return self.cells.trial_values(rng) if bottom_index and self.cells is not None else None
