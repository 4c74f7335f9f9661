"""The Reorg layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer, Work, positive_setting, require_images

FIELD = "reorg_param"


class Reorg(Layer):
    """Turns blocks of s x s cells into channels, in the order that Darknet's layer has; s = ``stride``.

    Bottom (N, C, H, W), top (N, C s^2, H / s, W / s); C must be divisible by s^2, H and W by s. The order is that
    of Darknet, which reads the bottom's memory as (N, C / s^2, H s, W s): with that, block (i, j) of plane c,
    whose cell is (u, v), goes to element (u s + v, c, i, j) of (s^2, C / s^2, H, W).
    ``reverse``: the other way, top (N, C / s^2, H s, W s). dx is dy in the old order. (YOLOv2.)
    """

    recordable = True

    type = "Reorg"
    fork = "YOLOv2"
    group = "shape"
    parameters = (FIELD,)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that everything can be divided, and shape the top."""
        x, step = bottom[0], positive_setting(self, FIELD, "stride")
        require_images(self, x)
        self.reverse = self.param.reorg_param.reverse
        count, channels, height, width = x.shape
        if channels % (step * step):
            self.fail(
                f'the {channels} channels of bottom "{x.name}" {x.shape} cannot be divided by '
                f"{step * step}, the square of stride",
                field=f"{FIELD}.stride",
            )
        planes = channels // (step * step)
        if self.reverse:
            top[0].reshape(count, planes, height * step, width * step)
        elif height % step or width % step:
            self.fail(
                f'height and width of bottom "{x.name}" {x.shape} cannot be divided by stride {step}',
                field=f"{FIELD}.stride",
            )
        else:
            top[0].reshape(count, channels * step * step, height // step, width // step)
        self._cells = (count, planes, height, step, width, step)
        self._channels = (count, step, step, planes, height, width)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of copying."""
        work = Work(bytes=float(self.dtype.itemsize * 2 * bottom[0].count))
        return Cost((work,), (work,) if propagate_down[0] else ())

    def _move(self, source: Any, target: Any, *, to_cells: bool) -> None:
        if to_cells:
            source = source.reshape(self._channels).transpose(0, 3, 4, 1, 5, 2)
            self.xp.copyto(target.reshape(self._cells), source)
        else:
            source = source.reshape(self._cells).transpose(0, 3, 5, 1, 2, 4)
            self.xp.copyto(target.reshape(self._channels), source)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the cells in their new order."""
        self._move(bottom[0].data, top[0].data, to_cells=self.reverse)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Copy the gradients in the old order."""
        if propagate_down[0]:
            self._move(top[0].diff, bottom[0].diff, to_cells=not self.reverse)
