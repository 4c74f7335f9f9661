"""The Reshape layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import axes_end

from .sharing import SharingLayer

_SHAPE = "reshape_param.shape"


class Reshape(SharingLayer):
    """Changes the shape, without moving data.

    Of the bottom's axes, ``num_axes`` (-1, the default: all) from ``axis`` (default 0) on are replaced by
    ``shape``. A negative axis counts from after the last one: -1 with num_axes 0 appends. In
    ``shape``, 0 keeps the bottom's dimension at that place, and a single -1 is inferred. The
    top has as many elements as the bottom and shares its data and diff.
    """

    type = "Reshape"
    parameters = ("reshape_param",)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check what can be checked of ``shape`` alone."""
        self.dims = [int(dim) for dim in self.param.reshape_param.shape.dim]
        if any(dim < -1 for dim in self.dims):
            self.fail(f"shape {self.dims}: a dimension must be -1, 0 or more", field=_SHAPE)
        if self.dims.count(-1) > 1:
            self.fail(f"shape {self.dims}: only one dimension may be -1", field=_SHAPE)

    def _replaced(self, bottom: Blob) -> tuple[int, int]:
        """Return where the replaced axes start and end."""
        param = self.param.reshape_param
        axis, axes = param.axis, bottom.num_axes
        start = axis if axis >= 0 else axes + axis + 1
        if not 0 <= start <= axes:
            self.fail(
                f'axis {axis} is out of range for bottom "{bottom.name}" {bottom.shape}: it may be '
                f"{-axes - 1} to {axes}",
                field="reshape_param.axis",
            )
        return start, axes_end(self, bottom, start, param.num_axes, "reshape_param")

    def new_shape(self, bottom: Blob) -> tuple[int, ...]:
        """Return the bottom's shape with the axes replaced."""
        start, end = self._replaced(bottom)
        place = f'bottom "{bottom.name}" {bottom.shape}'
        new = list(self.dims)
        for index, dim in enumerate(new):
            if dim == 0:
                if start + index >= bottom.num_axes:
                    self.fail(
                        f"shape {self.dims}: the 0 at index {index} has no axis to copy in {place}",
                        field=_SHAPE,
                    )
                new[index] = bottom.shape[start + index]
        shape = [*bottom.shape[:start], *new, *bottom.shape[end:]]
        if -1 in new:
            shape[start + new.index(-1)] = self._left_over(bottom, shape)
        elif math.prod(shape) != bottom.count:
            self.fail(
                f"shape {self.dims} makes {tuple(shape)} of {place}: {math.prod(shape)} elements "
                f"in place of {bottom.count}",
                field=_SHAPE,
            )
        return tuple(shape)

    def _left_over(self, bottom: Blob, shape: list[int]) -> int:
        """Return the dimension inferred for the -1 in ``shape``."""
        known = [dim for dim in shape if dim != -1]
        left = bottom.count
        if 0 in known:
            # An empty batch: infer the -1 as if there were items.
            known = [dim for dim in known if dim]
            left = math.prod(dim for dim in bottom.shape if dim)
        each = math.prod(known)
        if left % each:
            self.fail(
                f'shape {self.dims}: the -1 cannot be inferred for bottom "{bottom.name}" '
                f"{bottom.shape}: {left} elements do not divide by {each}",
                field=_SHAPE,
            )
        return left // each
