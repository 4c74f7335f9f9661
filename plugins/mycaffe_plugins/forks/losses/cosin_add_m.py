"""The CosinAddm layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mycaffe_py.blob import Blob

from .label_margin import LabelMargin


class CosinAddm(LabelMargin):
    """Adds a margin to the angle between each item and its class, for ArcFace (Deng et al. 2019).

    Bottoms: cosines x (N, C) and N labels; top y of the shape of x. y = x, but for the label's: with
    x = cos(t), above 1 taken as 1, there y = cos(t + m) where x > -cos(m), else x - m sin(m);
    dx = dy * (cos(m) + sin(m) x / sin(t)) in the first case, dy in the second one and where sin(t) = 0. Both phases do
    the same, as in the fork, whatever ``transform_test`` says.
    """

    recordable = True

    type = "CosinAddm"
    aliases = ("CosineAddm",)
    fork = "ArcFace"
    parameters = ("cosin_add_m_param",)
    allows_in_place = False
    buffers = ("cosine", "sine", "slope")

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the margin."""
        super().setup(bottom, top)
        self.margin = float(self.param.cosin_add_m_param.m)
        if not 0 <= self.margin <= math.pi:
            self.fail(
                f"m is {self.margin:g}, but must be an angle from 0 to pi",
                field="cosin_add_m_param.m",
            )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy x, and add the margin to the labels' angles; keep their slope."""
        xp, y = self.xp, top[0].data
        xp.copyto(y, bottom[0].data)
        if not y.size:
            return
        self.labels.read()
        cosine, sine, slope = (blob.data for blob in self._of_items)
        places, cos_m, sin_m = self.labels.places, math.cos(self.margin), math.sin(self.margin)
        xp.take(y.reshape(-1), places, out=cosine)
        xp.minimum(cosine, 1, out=cosine)
        xp.multiply(cosine, cosine, out=sine)
        xp.subtract(1, sine, out=sine)
        xp.maximum(sine, 0, out=sine)
        xp.sqrt(sine, out=sine)
        turned = (cosine > -cos_m).astype(y.dtype)
        flat = sine == 0
        xp.divide(cosine, sine + flat, out=slope)
        xp.multiply(slope, sin_m, out=slope)
        xp.add(slope, cos_m, out=slope)
        xp.copyto(slope, 1, where=flat)
        xp.copyto(slope, 1, where=turned == 0)
        shifted = cosine - self.margin * sin_m
        y.reshape(-1)[places] = turned * (cosine * cos_m - sine * sin_m) + (1 - turned) * shifted

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write dy, times the slope for the labels."""
        self.refuse_gradients(propagate_down, bottom, (1,))
        if not propagate_down[0]:
            return
        dx = bottom[0].diff
        self.xp.copyto(dx, top[0].diff)
        if dx.size:
            dx.reshape(-1)[self.labels.places] *= self._of_items[2].data
