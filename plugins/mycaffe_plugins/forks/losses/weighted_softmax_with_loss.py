"""The WeightedSoftmaxWithLoss layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_plugins.common import (
    NO_ALGORITHM,
    NO_CLASS_WEIGHTS,
    ONE_NORMALIZATION,
    PRE_FIXED_NORMALIZER,
    SoftmaxWithLoss,
)
from mycaffe_py.blob import Blob
from mycaffe_py.plugins import Only


class WeightedSoftmaxWithLoss(SoftmaxWithLoss):
    """SoftmaxWithLoss whose items have weights, from a bottom or from their classes.

    Bottoms: scores, labels and, in one form, a weight for each label, or for each of the N items of a batch. Without
    the third bottom, an item's weight is the ``softmax_param.pos_mult`` of its class in ``pos_cid``, 1 for others.
    y = -sum w log(p_label) / n; dx = dy * w (p - [k == label]) / n, with n and ``ignore_label`` as for SoftmaxWithLoss:
    n is a number of items. Weights have no gradient.
    """

    recordable = True

    type = "WeightedSoftmaxWithLoss"
    aliases = ()
    fork = "Weighted_Softmax_Loss"
    conditions = (
        ONE_NORMALIZATION,
        PRE_FIXED_NORMALIZER,
        NO_CLASS_WEIGHTS,
        NO_ALGORITHM,
        Only(
            "softmax_param.pos_mult",
            "softmax_param.pos_cid",
            when="two bottoms",
            test=lambda param: len(param.bottom) < 3,
        ),
    )
    exact_num_bottom_blobs = None
    min_bottom_blobs = 2
    max_bottom_blobs = 3
    label_bottoms = (1, 2)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the weights of the classes and allocate buffers."""
        super().setup(bottom, top)
        param = self.param.softmax_param
        self._of_classes = list(zip(param.pos_cid, param.pos_mult, strict=False))
        if len(param.pos_cid) != len(param.pos_mult):
            self.fail(
                f"pos_cid and pos_mult must be given equally often: {len(param.pos_cid)} and {len(param.pos_mult)}",
                field="softmax_param.pos_mult",
            )
        self._classes, self._weights = map(self.working_blob, ("class_factors", "weights"))

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the weights fit."""
        super().reshape(bottom, top)
        outer, classes, inner = self.sizes
        self._weights.reshape(outer, inner)
        if len(bottom) > 2:
            if bottom[2].count not in (outer * inner, outer):
                self.fail(
                    f'bottom "{bottom[2].name}" {bottom[2].shape} must hold one weight for each of the '
                    f"{outer * inner} labels, or for each of the {outer} items"
                )
            return
        if self._classes.shape != (classes,):  # once, as it sends them to the device
            self._send_class_factors(classes, bottom[0])

    def _send_class_factors(self, classes: int, scores: Blob) -> None:
        values = np.ones(classes, dtype=self.dtype)
        for index, factor in self._of_classes:
            if not 0 <= index < classes:
                self.fail(
                    f'pos_cid is {index}, but bottom "{scores.name}" {scores.shape} has {classes} classes',
                    field="softmax_param.pos_cid",
                )
            values[index] = factor
        self._classes.reshape(classes)
        self._classes.data[...] = self.device.asarray(values)

    def item_factor(self, bottom: Sequence[Blob]) -> Any:
        """Return the weight of each item, 0 for ignored ones."""
        xp, weights = self.xp, self._weights.data
        if len(bottom) > 2:
            given = bottom[2]
            weights[...] = given.data.reshape(
                len(weights), given.count // max(1, len(weights)) or 1
            )
        else:
            xp.take(self._classes.data, self.labels.index, out=weights.reshape(-1))
        if self.labels.counted is not None:
            xp.multiply(weights, self.labels.counted.reshape(weights.shape), out=weights)
        return weights.reshape(-1)
