"""The ContrastiveLoss layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer

# Caffe's guard against a distance of 0 in the gradient.
_SMALLEST = 1e-4


class ContrastiveLoss(LossLayer):
    """Pulls similar pairs together, and pushes dissimilar ones apart.

    Bottoms: a and b, (N, C) or (N, C, 1, 1), and N labels s, 0 for dissimilar pairs; top: a scalar. With the
    distance d = |a - b| of each pair: y = sum(s ? d^2 : max(margin - d, 0)^2) / (2 N);
    da = dy * (a - b) / N for similar pairs, -dy * max(margin - d, 0) (a - b) / (N (d + 1e-4)) for the others;
    db = -da. With ``legacy_version`` dissimilar pairs cost max(margin - d^2, 0), and
    da = -dy * (a - b) / N where that is positive.
    """

    recordable = True

    type = "ContrastiveLoss"
    parameters = ("contrastive_loss_param",)
    exact_num_bottom_blobs = 3
    label_bottoms = (2,)
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and allocate buffers for differences and distances."""
        param = self.param.contrastive_loss_param
        self.margin, self.legacy = param.margin, param.legacy_version
        self._difference, self._square, self._distance, self._gap, self._similar, self._cost = map(
            self.working_blob, ("difference", "square", "distance", "gap", "similar", "cost")
        )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the top is a scalar."""
        super().reshape(bottom, top)
        self._check(bottom)
        items, features = bottom[0].shape[:2]
        for blob in (self._difference, self._square):
            blob.reshape(items, features)
        for blob in (self._distance, self._gap, self._similar, self._cost):
            blob.reshape(items)
        self.items = max(1, items)

    def _check(self, bottom: Sequence[Blob]) -> None:
        first, second, labels = bottom
        for blob in (first, second):
            if blob.num_axes < 2 or blob.count_axes(2) != 1:
                self.fail(
                    f'bottom "{blob.name}" is {blob.shape}, expected one row of features for each '
                    "item: (N, C) or (N, C, 1, 1)",
                    hint="insert a Flatten or InnerProduct layer below it",
                )
        self.require_same_count(bottom)
        if labels.shape[:1] != first.shape[:1] or labels.count != first.shape[0]:
            self.fail(
                f'bottom "{labels.name}" is {labels.shape}, expected one label for each item of '
                f'bottom "{first.name}" {first.shape}: ({first.shape[0]},)'
            )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the mean cost of the pairs."""
        xp, difference, square = self.xp, self._difference.data, self._square.data
        distance, gap, cost = self._distance.data, self._gap.data, self._cost.data
        similar = self._similar.data
        shape = difference.shape
        xp.subtract(bottom[0].data.reshape(shape), bottom[1].data.reshape(shape), out=difference)
        xp.multiply(difference, difference, out=square)
        xp.sum(square, axis=1, out=distance)
        xp.trunc(bottom[2].data.reshape(-1), out=similar)
        xp.not_equal(similar, 0, out=similar)
        total = xp.dot(similar, distance)
        if not self.legacy:
            xp.sqrt(distance, out=distance)
        xp.subtract(self.margin, distance, out=gap)
        xp.maximum(gap, 0, out=gap)
        xp.subtract(1, similar, out=cost)
        xp.multiply(gap, cost, out=gap)
        total = total + (xp.sum(gap) if self.legacy else xp.dot(gap, gap))
        top[0].data[...] = total / (2 * self.items)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the difference of each pair, times its factor, to a, and the negative to b."""
        self.refuse_label_gradients(propagate_down, bottom)
        xp, factor = self.xp, self._cost.data
        if self.legacy:
            xp.sign(self._gap.data, out=factor)
        else:
            xp.add(self._distance.data, _SMALLEST, out=factor)
            xp.divide(self._gap.data, factor, out=factor)
        xp.subtract(self._similar.data, factor, out=factor)
        for blob, sign, wanted in zip(bottom, (1, -1, 0), propagate_down, strict=True):
            if wanted:
                dx = blob.diff.reshape(self._difference.shape)
                xp.multiply(self._difference.data, factor[:, None], out=dx)
                xp.multiply(dx, top[0].diff * (sign / self.items), out=dx)
