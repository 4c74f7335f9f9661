"""The SoftmaxWithLossOHEM layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_plugins.common import SoftmaxWithLoss
from mycaffe_py.blob import Blob


class SoftmaxWithLossOHEM(SoftmaxWithLoss):
    """SoftmaxWithLoss with one more top, the loss of each item (R-FCN).

    Bottoms and settings as for SoftmaxWithLoss. Tops: a scalar and, if wanted, p = softmax(x) and -log(max(p_label,
    1.18e-38)) for each label, of the labels' shape, 0 where a label is ignored. Only the first top passes a gradient
    back.
    """

    recordable = True

    type = "SoftmaxWithLossOHEM"
    fork = "R-FCN"
    aliases = ()
    max_top_blobs = 3

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the labels against the scores and shape the tops."""
        super().reshape(bottom, top)
        if len(top) > 2:
            top[2].reshape_like(bottom[1])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the mean of -log(p_label), and that of each item."""
        super().forward(bottom, top)
        if len(top) > 2:
            self.xp.subtract(0, self.logarithms.reshape(top[2].shape), out=top[2].data)
