"""The HingeLoss layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer, enum_name

from .labels import Labels


class HingeLoss(LossLayer):
    """One-against-all hinge loss of scores against class labels.

    Bottoms: scores x of N items, the other axes taken together as classes, and N labels; top: a scalar.
    With s = -1 for the label's class and 1 for the others: m = max(0, 1 + s x). ``norm: L1``:
    y = sum(m) / N, dx = dy * s [m > 0] / N. ``norm: L2``: y = sum(m^2) / N, dx = dy * 2 s m / N.
    Without ``loss_param``.
    """

    recordable = True

    type = "HingeLoss"
    parameters = ("hinge_loss_param",)
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the norm and allocate buffers for the margins."""
        self.labels = Labels(self)
        self.squared = enum_name(self.param.hinge_loss_param, "norm") == "L2"
        self._margin = self.working_blob("margin")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the labels against the scores; the top is a scalar."""
        super().reshape(bottom, top)
        items, classes = bottom[0].count_axes(0, 1), bottom[0].count_axes(1)
        self.labels.reshape(bottom[0], bottom[1], (items, classes, 1))
        self._margin.reshape(bottom[0].count)
        self.items = max(1, items)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sum of the margins, or of their squares, over N."""
        self.labels.read()
        xp, margin, places = self.xp, self._margin.data, self.labels.places
        x = bottom[0].data.reshape(-1)
        xp.add(x, 1, out=margin)
        margin[places] = 1 - x[places]
        xp.maximum(margin, 0, out=margin)
        total = xp.dot(margin, margin) if self.squared else xp.sum(margin)
        top[0].data[...] = total / self.items

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the slopes of the margins, times the loss weight."""
        self.refuse_label_gradients(propagate_down, bottom)
        if not propagate_down[0]:
            return
        xp, margin, dx = self.xp, self._margin.data, bottom[0].diff.reshape(-1)
        if self.squared:
            xp.multiply(margin, top[0].diff * (2 / self.items), out=dx)
        else:
            xp.sign(margin, out=dx)
            xp.multiply(dx, top[0].diff / self.items, out=dx)
        dx[self.labels.places] *= -1
