"""The CenterLoss layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_plugins.common import Labels
from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer, blob_axis, given_filler, positive_setting

_FIELD = "center_loss_param"
_PAIRS = 1 << 24
"""Pairs of items whose classes are compared at a time."""


class CenterLoss(LossLayer):
    """Pulls the features of each class to their center (Wen et al. 2016).

    Bottoms: features x of N items, and N labels from 0 to num_output - 1; top: a scalar. Blob: center
    (num_output, K), K being the number of features from ``axis`` on.
    With d = x - center_label: y = sum(d^2) / (2 N); dx = dy * d / N.

    The centers are not learned by the true gradient: their diff is, for each class with n items in the batch,
    -sum(d) / (n + 1) over those items, whatever ``loss_weight`` is. A solver's step with rate 1 thus moves a center
    towards the mean of its items. ``lr_mult`` and ``decay_mult`` of its ``param`` hold as usual.
    """

    recordable = True

    type = "CenterLoss"
    fork = "caffe-face"
    parameters = (_FIELD,)
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the centers."""
        classes = positive_setting(self, _FIELD, "num_output")
        self._check_axis(bottom[0])
        features = bottom[0].count_axes(self.axis)
        filler = given_filler(self.param.center_loss_param, "center_filler")
        self.add_blob((classes, features), filler, "center")
        self.labels = Labels(self)
        self.labels.reason = f"num_output is {classes}"
        self.difference = self.working_blob("difference")

    def _check_axis(self, x: Blob) -> None:
        axis = self.param.center_loss_param.axis
        self.axis = blob_axis(self, x, axis, f"{_FIELD}.axis")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check features and labels; the top is a scalar."""
        super().reshape(bottom, top)
        x, center = bottom[0], self.blobs[0]
        self._check_axis(x)
        self._items = items = x.count_axes(0, self.axis)
        if x.count_axes(self.axis) != center.shape[1]:
            self.fail(
                f'bottom "{x.name}" {x.shape} has {x.count_axes(self.axis)} features, but the blob '
                f'"center" {center.shape} was made for {center.shape[1]}'
            )
        self.labels.reshape(x, bottom[1], (items, center.shape[0], 1))
        self.difference.reshape(items, center.shape[1])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write half the mean squared distance from the centers."""
        self.labels.read()
        xp, difference = self.xp, self.difference.data
        if self._items:
            xp.take(self.blobs[0].data, self.labels.index, axis=0, out=difference)
        xp.subtract(bottom[0].data.reshape(difference.shape), difference, out=difference)
        flat = difference.reshape(-1)
        top[0].data[...] = xp.dot(flat, flat) / (2 * max(1, self._items))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add each center's step, write the gradient of the features."""
        self.refuse_label_gradients(propagate_down, bottom)
        xp, difference = self.xp, self.difference.data
        if self.param_propagate_down[0] and self._items:
            for start in range(0, self._items, max(1, _PAIRS // self._items)):
                self._move_centers(start, difference)
        if propagate_down[0]:
            dx = bottom[0].diff.reshape(difference.shape)
            xp.multiply(difference, top[0].diff / max(1, self._items), out=dx)

    def _move_centers(self, start: int, difference: Any) -> None:
        """Add the steps of the classes whose first item is in the block of items from ``start`` on."""
        xp, index = self.xp, self.labels.index
        own = index[start : start + max(1, _PAIRS // self._items)]
        same = own[:, None] == index
        # A class's step is that of its first item; the others add 0, so that no order of additions matters.
        first = (xp.argmax(same, axis=1) == xp.arange(start, start + len(own))).astype(self.dtype)
        same = same.astype(self.dtype)
        factor = first / (xp.sum(same, axis=1) + 1)
        xp.add.at(self.blobs[0].diff, own, xp.dot(same, difference) * -factor[:, None])
