"""Indices from a bottom, and gradients passed back through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.layer import Cost, Layer, Work


def read_indices(layer: Layer, named: Blob, x: Blob, axis: int) -> np.ndarray:
    """Return the indices in ``named`` as a flat array of integers on the host.

    Fails if one is not in [0, the dimension of ``x`` at ``axis``).
    """
    values, size = layer.device.to_host(named.data).reshape(-1), x.shape[axis]
    inside = (values >= 0) & (values < size)
    if not inside.all():
        place = int(np.argmin(inside))
        layer.fail(
            f'bottom "{named.name}" {named.shape} holds {values[place]:g} at index {place}, but axis '
            f'{axis} of bottom "{x.name}" {x.shape} has {size} items, counted from 0'
        )
    return values.astype(np.int64)


class RowSums:
    """Writes out[indices[i]] = the sum of rows[i] over all i with that index, 0 elsewhere.

    Rows of one index are added in pairs, then pairs of those: as many steps as the largest number
    of repetitions has binary digits, each one indexed addition of whole rows. The order is always the
    same, so results are reproducible to the bit, even on a GPU. ``indices`` is an integer host array.
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


class PickingLayer(Layer):
    """Picks slices of bottom 0 along one axis by the indices in bottom 1.

    The top has the shape of bottom 0, with that of the indices in place of the axis. dx is the sum of
    the dy of each slice's copies. The indices have no gradient.
    """

    group = "shape"
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return True for every bottom but the indices."""
        return bottom_index == 0

    def pick_along(self, axis: int, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the top; called by ``reshape``."""
        x, indices = bottom
        self.axis = axis
        top[0].reshape(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
        before, after = x.count_axes(0, axis), x.count_axes(axis + 1)
        self.slices = before, x.shape[axis], after
        self.picked = before, indices.count, after

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of copying the slices; backward also writes the zeros of those that were not picked."""
        itemsize, picked = self.dtype.itemsize, top[0].count
        back = Work(float(picked), float(itemsize * (picked + bottom[0].count)))
        ahead = Work(bytes=float(itemsize * (2 * picked + bottom[1].count)))
        return Cost((ahead,), (back,) if propagate_down[0] else ())

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the slices given by the indices."""
        x, y = bottom[0].data.reshape(self.slices), top[0].data.reshape(self.picked)
        self.indices = read_indices(self, bottom[1], bottom[0], self.axis)
        if top[0].count:
            self.xp.take(x, self.device.asarray(self.indices), axis=1, out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add up the gradients of each slice's copies."""
        if propagate_down[1]:
            self.fail(
                f'the indices, bottom "{bottom[1].name}", have no gradient, but one is needed here',
                hint="give propagate_down for each bottom, false for the indices",
            )
        if propagate_down[0]:
            dy, dx = top[0].diff.reshape(self.picked), bottom[0].diff.reshape(self.slices)
            RowSums(self.indices, self.device).write(dy.swapaxes(0, 1), dx.swapaxes(0, 1))
