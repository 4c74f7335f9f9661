"""The TripletLoss layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer
from mycaffe_py.plugins import Only

_FIELD = "triplet_loss_param"


class TripletLoss(LossLayer):
    """Wants each anchor nearer to its positive than to its negative, by a margin (Schroff et al. 2015).

    Bottoms: N anchors a, N positives p and N negatives n, equally many features each; top: a scalar.
    y = sum(w * max(|a - p|^2 - |a - n|^2 + margin, 0)) / (2 N), w = 1; where that is positive,
    da = dy * w (n - p) / N, dp = dy * w (p - a) / N, dn = dy * w (a - n) / N.

    A fourth bottom holds, with ``margin``, the weight w of each triplet; with ``alpha``, MyCaffe's name of the
    margin, it holds labels, which are not used. Neither has a gradient. Forks that choose the triplets
    themselves, from features and labels (two bottoms), have rules of their own and are refused.
    """

    recordable = True

    type = "TripletLoss"
    fork = "caffe-triplet"
    parameters = (_FIELD,)
    conditions = (Only(f"{_FIELD}.margin", when=f"no {_FIELD}.alpha"),)
    exact_num_bottom_blobs = None
    label_bottoms = (3,)
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the margin and allocate buffers."""
        param = self.param.triplet_loss_param
        if len(bottom) not in (3, 4):
            self.fail(
                f"takes 3 bottoms, anchors, positives and negatives, or 4, got {len(bottom)}",
                hint="forks that choose the triplets themselves, from features and labels, are not supported: "
                "choose them in a data or Python layer, and Slice the features",
            )
        by_alpha = param.HasField("alpha")
        if len(bottom) == 4 and not (by_alpha or param.HasField("margin")):
            self.fail(
                "with 4 bottoms, margin or alpha must be given: it says what the fourth one is",
                field=_FIELD,
                hint="margin: 1 if it holds the triplets' weights, alpha: 1.1 if it holds labels, as in MyCaffe",
            )
        self.margin = param.alpha if by_alpha else param.margin
        self.weighs = len(bottom) == 4 and not by_alpha
        names = ("positive", "negative", "square", "distance", "gap")
        self._positive, self._negative, self._square, self._distance, self._gap = map(
            self.working_blob, names
        )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the bottoms fit each other; the top is a scalar."""
        super().reshape(bottom, top)
        anchors = bottom[0]
        for blob in bottom[1:3]:
            if blob.shape[:1] != anchors.shape[:1] or blob.count != anchors.count:
                self.fail(
                    f'bottom "{blob.name}" {blob.shape} must hold as many items and features as bottom '
                    f'"{anchors.name}" {anchors.shape}'
                )
        items, features = anchors.count_axes(0, 1), anchors.count_axes(1)
        if self.weighs and bottom[3].count != items:
            self.fail(
                f'bottom "{bottom[3].name}" {bottom[3].shape} must hold one weight for each of the '
                f"{items} triplets"
            )
        for blob in (self._positive, self._negative, self._square):
            blob.reshape(items, features)
        for blob in (self._distance, self._gap):
            blob.reshape(items)
        self.items = max(1, items)

    def _squares(self, out: Any, difference: Any) -> None:
        square = self._square.data
        self.xp.multiply(difference, difference, out=square)
        self.xp.sum(square, axis=1, out=out)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write half the mean violation of the margin."""
        xp, gap, distance = self.xp, self._gap.data, self._distance.data
        positive, negative = self._positive.data, self._negative.data
        anchors, positives, negatives = (blob.data.reshape(positive.shape) for blob in bottom[:3])
        xp.subtract(anchors, positives, out=positive)
        xp.subtract(anchors, negatives, out=negative)
        self._squares(gap, positive)
        self._squares(distance, negative)
        xp.subtract(gap, distance, out=gap)
        xp.add(gap, self.margin, out=gap)
        xp.maximum(gap, 0, out=gap)
        weights = bottom[3].data.reshape(-1) if self.weighs else None
        total = xp.sum(gap) if weights is None else xp.dot(gap, weights)
        top[0].data[...] = total / (2 * self.items)
        # From here on: what each triplet counts in the gradient.
        xp.sign(gap, out=gap)
        if weights is not None:
            xp.multiply(gap, weights, out=gap)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write n - p, p - a and a - n of each triplet, times its factor."""
        self.refuse_label_gradients(propagate_down, bottom)
        xp, factor = self.xp, self._gap.data[:, None]
        positive, negative, scratch = (
            blob.data for blob in (self._positive, self._negative, self._square)
        )
        scale = top[0].diff / self.items
        for index, wanted in enumerate(propagate_down[:3]):
            if not wanted:
                continue
            if index == 0:
                xp.subtract(positive, negative, out=scratch)
            source, sign = ((scratch, 1), (positive, -1), (negative, 1))[index]
            dx = bottom[index].diff.reshape(positive.shape)
            xp.multiply(source, factor, out=dx)
            xp.multiply(dx, sign * scale, out=dx)
