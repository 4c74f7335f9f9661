"""The SmoothL1LossOHEM layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_plugins.common import (
    NO_CLASS_WEIGHTS,
    ONE_NORMALIZATION,
    PRE_FIXED_NORMALIZER,
    Normalization,
)
from mycaffe_py.blob import Blob
from mycaffe_py.plugins import Only

from .legacy_shape import legacy_shape
from .smooth_l1_cost import SmoothL1Cost


class SmoothL1LossOHEM(SmoothL1Cost):
    """Smooth L1 distances, their sum over a divisor and that of each place (R-FCN).

    Bottoms a and b of the shape (N, C, H, W), or with fewer axes, and, if wanted, weights u of that shape. Tops: a
    scalar and, if wanted, the sum over the channels at each place, (N, 1, H, W). y = sum(f(u (a - b))) / n with
    f(d) = d^2 / 2 where |d| < 1, else |d| - 1 / 2. n by ``loss_param.normalization``: places, N H W (VALID, the
    default, and FULL), N (BATCH_SIZE), ``pre_fixed_normalizer`` (PRE_FIXED), 1 (NONE). da = dy f'(u (a - b)) / n, in
    which the fork leaves out the factor u, 0 or 1 in its nets; db = -da; weights get 0. The second top passes no
    gradient back.
    """

    recordable = True

    type = "SmoothL1LossOHEM"
    fork = "R-FCN"
    parameters = ("loss_param",)
    conditions = (
        ONE_NORMALIZATION,
        PRE_FIXED_NORMALIZER,
        NO_CLASS_WEIGHTS,
        Only("loss_param.ignore_label", when="never"),
    )
    exact_num_bottom_blobs = None
    min_bottom_blobs = 2
    max_bottom_blobs = 3
    exact_num_top_blobs = None
    min_top_blobs = 1
    max_top_blobs = 2
    label_bottoms = (2,)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read how to normalize, and allocate buffers."""
        super().setup(bottom, top)
        self.normalization = Normalization(self.param.loss_param)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the first top is a scalar, the second has a number for each place."""
        items, channels, height, width = self.sizes = legacy_shape(self, bottom[0])
        for other in bottom[1:]:
            if legacy_shape(self, other) != self.sizes:
                self.fail(
                    f'bottom "{bottom[0].name}" {bottom[0].shape} and bottom "{other.name}" '
                    f"{other.shape} must have the same shape"
                )
        top[0].reshape(())
        if len(top) > 1:
            top[1].reshape(items, 1, height, width)
        self.reshape_buffers(bottom[0])
        self.normalizer = self.normalization.divisor(items * height * width, items)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sum of the distances over the divisor, and the sums of each place."""
        cost = self.costs(bottom)
        top[0].data[...] = self.xp.sum(cost) / self.normalizer
        if len(top) > 1:
            self.xp.sum(cost.reshape(self.sizes), axis=1, keepdims=True, out=top[1].data)
