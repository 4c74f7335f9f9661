"""The Squeeze and Unsqueeze layers."""

from __future__ import annotations

from mycaffe_py.blob import Blob
from mycaffe_py.layer import blob_axis

from .sharing import SharingLayer

_AXES = "squeeze_param.axes"


class Squeeze(SharingLayer):
    """Removes axes of size 1 from the shape.

    ``squeeze_param.axes`` says which, negative ones counted from the end; all of size 1 if not given.
    The top shares the bottom's data and diff.
    """

    type = "Squeeze"
    parameters = ("squeeze_param",)

    def new_shape(self, bottom: Blob) -> tuple[int, ...]:
        """Return the shape without the axes."""
        axes = {blob_axis(self, bottom, axis, _AXES) for axis in self.param.squeeze_param.axes}
        for axis in sorted(axes):
            if bottom.shape[axis] != 1:
                self.fail(
                    f'axis {axis} of bottom "{bottom.name}" {bottom.shape} has size '
                    f"{bottom.shape[axis]}: only axes of size 1 can be removed",
                    field=_AXES,
                )
        axes = axes or {axis for axis, dim in enumerate(bottom.shape) if dim == 1}
        return tuple(dim for axis, dim in enumerate(bottom.shape) if axis not in axes)


class Unsqueeze(SharingLayer):
    """Inserts axes of size 1 into the shape.

    ``squeeze_param.axes`` says where they are in the top, negative ones counted from its end. The top
    shares the bottom's data and diff.
    """

    type = "Unsqueeze"
    parameters = ("squeeze_param",)

    def new_shape(self, bottom: Blob) -> tuple[int, ...]:
        """Return the shape with the new axes."""
        given = list(self.param.squeeze_param.axes)
        count = bottom.num_axes + len(given)
        axes = {axis + count * (axis < 0) for axis in given}
        if not given or len(axes) < len(given) or not axes <= set(range(count)):
            self.fail(
                f'axes {given} do not name new axes of bottom "{bottom.name}" {bottom.shape}: expected '
                f"one or more numbers, each once, from {-count} to {count - 1}",
                field=_AXES,
            )
        dims = iter(bottom.shape)
        return tuple(1 if axis in axes else next(dims) for axis in range(count))
