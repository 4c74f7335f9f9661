"""The ShuffleChannel layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Cost, Layer, Work, positive_setting

FIELD = "shuffle_channel_param"


class ShuffleChannel(Layer):
    """Mixes the channels of groups: the first of each group comes first, then the second of each.

    Bottom x (N, C, ...), top y of the same shape. With g = ``group`` and k = C / g, y[:, j g + i] = x[:, i k + j];
    dx is dy in the old order. (ShuffleNet, Zhang et al. 2017.)
    """

    recordable = True

    type = "ShuffleChannel"
    fork = "farmingyard/ShuffleNet"
    group = "shape"
    parameters = (FIELD,)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the groups are equally large; the top has the bottom's shape."""
        x, groups = bottom[0], positive_setting(self, FIELD, "group")
        if x.num_axes < 2:
            self.fail(f'bottom "{x.name}" {x.shape} must have at least 2 axes: (N, C, ...)')
        channels = x.shape[1]
        if channels % groups:
            self.fail(
                f'the {channels} channels of bottom "{x.name}" {x.shape} cannot be divided into {groups} groups',
                field=f"{FIELD}.group",
            )
        self._grouped = (x.shape[0], groups, channels // groups, x.count_axes(2))
        self._mixed = (x.shape[0], channels // groups, groups, x.count_axes(2))
        top[0].reshape_like(x)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of copying."""
        work = Work(bytes=float(self.dtype.itemsize * 2 * bottom[0].count))
        return Cost((work,), (work,) if propagate_down[0] else ())

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the channels in their new order."""
        x = bottom[0].data.reshape(self._grouped)
        self.xp.copyto(top[0].data.reshape(self._mixed), x.swapaxes(1, 2))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Copy the gradients in the old order."""
        if propagate_down[0]:
            dy = top[0].diff.reshape(self._mixed)
            self.xp.copyto(bottom[0].diff.reshape(self._grouped), dy.swapaxes(1, 2))
