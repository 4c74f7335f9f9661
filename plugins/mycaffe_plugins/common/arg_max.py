"""The ArgMax layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, blob_axis, enum_name, require_an_axis


class ArgMax(Layer):
    """Finds the ``top_k`` (default 1) largest values and their indices, largest first.

    With ``axis``: along that axis, whose dimension in the top is top_k; the top holds the indices,
    or with ``out_max_val`` the values. Without: over all elements of each item; the top is
    (N, 1, top_k, 1, ...) with the indices, or with out_max_val (N, 2, top_k, 1, ...) with indices, then
    values. It has as many axes as the bottom, but at least 3. Of equal values, the one of the
    larger index comes first. With ``operation: MIN`` the smallest values are found, smallest first. There
    is no gradient.
    """

    type = "ArgMax"
    parameters = ("argmax_param",)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False: there is no gradient."""
        return False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check top_k and shape the top."""
        x, param = bottom[0], self.param.argmax_param
        require_an_axis(self, x)
        if param.HasField("axis"):
            axis = blob_axis(self, x, param.axis, "argmax_param.axis")
            self.sizes = x.count_axes(0, axis), x.shape[axis], x.count_axes(axis + 1)
            shape = [*x.shape[:axis], param.top_k, *x.shape[axis + 1 :]]
            self.parts = 1
        else:
            self.sizes = x.shape[0], x.count_axes(1), 1
            self.parts = 2 if param.out_max_val else 1
            shape = [x.shape[0], self.parts, param.top_k, *[1] * (x.num_axes - 3)]
        if not 1 <= param.top_k <= self.sizes[1]:
            self.fail(
                f"top_k is {param.top_k}, but must be from 1 to {self.sizes[1]}, the number of values to "
                f'choose from in bottom "{x.name}" {x.shape}',
                field="argmax_param.top_k",
            )
        top[0].reshape(shape)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write indices, values or both."""
        param = self.param.argmax_param
        outer, dim, inner = self.sizes
        if not bottom[0].count:
            return
        x = bottom[0].data.reshape(self.sizes)
        places = self._places(x, param.top_k)
        if not param.out_max_val:
            top[0].data.reshape(outer, param.top_k, inner)[...] = places
            return
        values = self.xp.take_along_axis(x, places, axis=1)
        if self.parts == 1:
            top[0].data.reshape(values.shape)[...] = values
        else:
            y = top[0].data.reshape(outer, 2, param.top_k)
            y[:, 0], y[:, 1] = places[..., 0], values[..., 0]

    def _places(self, x: Any, number: int) -> Any:
        # Both functions find the first of equal values, but Caffe the last: so search from the end.
        behind = self.xp.flip(x, axis=1)
        smallest = enum_name(self.param.argmax_param, "operation") == "MIN"
        if number == 1:
            find = self.xp.argmin if smallest else self.xp.argmax
            found = find(behind, axis=1)[:, None]
        else:
            order = self.xp.argsort(behind if smallest else -behind, axis=1, kind="stable")
            found = order[:, :number]
        return self.sizes[1] - 1 - found

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Fail if a gradient is asked for."""
        if propagate_down[0]:
            super().backward(top, propagate_down, bottom)
