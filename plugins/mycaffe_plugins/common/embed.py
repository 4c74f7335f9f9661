"""The Embed layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer, Work, given_filler, positive_setting
from mycaffe_py.plugins import Only


class Embed(Layer):
    """Looks up a learned vector for each index: y = W[x] + b.

    Bottom x of any shape, whole numbers from 0 to ``input_dim`` - 1. Top: the shape of x and
    ``num_output`` after it. Blobs: weight (input_dim, num_output), one row for each index, and bias
    (num_output) unless ``bias_term: false``. dW[x] += dy, once for each
    occurrence of an index; db += sum of the dy. The indices have no gradient: a backward that needs one fails.
    """

    recordable = True

    type = "Embed"
    group = "dense"
    parameters = ("embed_param",)
    conditions = (Only("embed_param.bias_filler", when="bias_term"),)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False: indices have no gradient."""
        return False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the table and the bias."""
        param = self.param.embed_param
        self.outputs, self.inputs = (
            positive_setting(self, "embed_param", name) for name in ("num_output", "input_dim")
        )
        weight_filler = given_filler(param, "weight_filler")
        self.add_blob((self.inputs, self.outputs), weight_filler, "weight")
        if param.bias_term:
            self.add_blob((self.outputs,), given_filler(param, "bias_filler"), "bias")
        self._index, self._places = (
            Blob(device=self.device, dtype=np.int64, name=f"{self.name}_{part}")
            for part in ("index", "places")
        )
        self._columns = self.xp.arange(self.outputs, dtype=np.int64)
        self._name = bottom[0].name
        self._deferred = self.context.checks.add(self, self._fail_at_first)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the top, which has one more axis than the bottom."""
        top[0].reshape(*bottom[0].shape, self.outputs)
        self._index.reshape(bottom[0].count, 1)
        self._places.reshape(bottom[0].count, self.outputs)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of the rows that are looked up, not of the whole table."""
        added = float(top[0].count * (len(self.blobs) > 1))
        moved = float(self.dtype.itemsize * (2 * top[0].count + bottom[0].count))
        back = Work(top[0].count + added, moved)
        return Cost((Work(added, moved),), (back,) if any(self.param_propagate_down) else ())

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the rows of the table for the indices, and add the bias."""
        index, rows = self._index.data, top[0].data.reshape(-1, self.outputs)
        good = self._check(bottom[0])
        self.xp.copyto(index, bottom[0].data.reshape(-1, 1), casting="unsafe")
        if good is not None:
            self.xp.multiply(index, good.reshape(index.shape), out=index)
        self.xp.copyto(rows, self.blobs[0].data[index[:, 0]])
        if len(self.blobs) > 1:
            self.xp.add(rows, self.blobs[1].data, out=rows)

    def _are_indices(self, x: Any) -> Any:
        return (x >= 0) & (x < self.inputs) & (x == self.xp.floor(x))

    def _check(self, bottom: Blob) -> Any:
        """Fail at the first value that is not an index; a GPU notes it for later and returns which ones are."""
        x = bottom.data
        good = self._are_indices(x)
        if self._deferred is not None:
            self._deferred.note(self.xp.logical_not(good.all()), x)
            return good
        if not good.all().item():
            self._fail_at_first(x)
        return None

    def _fail_at_first(self, x: Any) -> NoReturn:
        """Fail because of the first of these values that is not an index."""
        values, good = self.device.to_host(x), self.device.to_host(self._are_indices(x))
        place = tuple(int(position) for position in np.argwhere(~good)[0])
        self.fail(
            f'bottom "{self._name}" {values.shape} holds {values[place]:g} at {place}, but its values must be '
            f'whole numbers from 0 to {self.inputs - 1}: rows of blob "weight" {self.blobs[0].shape}'
        )

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add each row of dy to the row of the table that it came from, and to the bias."""
        if propagate_down[0]:
            self.fail(
                f'the indices in bottom "{bottom[0].name}" have no gradient, but one is needed here'
            )
        dy = top[0].diff.reshape(-1, self.outputs)
        if self.param_propagate_down[0]:
            # Element by element: NumPy's add.at is several times faster along one axis than by rows.
            places = self._places.data
            self.xp.add(self._index.data * self.outputs, self._columns, out=places)
            self.xp.add.at(self.blobs[0].diff.reshape(-1), places.reshape(-1), dy.reshape(-1))
        if len(self.blobs) > 1 and self.param_propagate_down[1]:
            gradient = self.blobs[1].diff
            total = self.device.scratch("bias gradient", gradient.shape, self.dtype)
            self.xp.sum(dy, axis=0, out=total)
            self.xp.add(gradient, total, out=gradient)
