"""The Dropout layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import TRAIN
from mycaffe_py.plugins import Only

from .neuron import NeuronLayer


class Dropout(NeuronLayer):
    """Drops elements at random during training.

    Bottom x of any shape, top y of the same shape; may work in place.
    TRAIN: y = x * mask, dx = dy * mask, where the mask is 0 with probability ``dropout_ratio`` and
    1 / (1 - dropout_ratio) otherwise. TEST, or with ``active: false``: y = x, dx = dy.
    With ``scale_train: false`` (rbgirshick's Caffe) the mask is 0 or 1, and in TEST y = (1 - dropout_ratio) x.
    With ``sample_weights_test`` (SegNet's Caffe) TEST is as TRAIN.
    """

    recordable = True

    type = "Dropout"
    parameters = ("dropout_param",)
    conditions = (
        Only(
            "dropout_param.dropout_ratio",
            "dropout_param.scale_train",
            "dropout_param.sample_weights_test",
            when="active",
        ),
    )

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the ratio and make the mask."""
        param = self.param.dropout_param
        self.ratio = param.dropout_ratio
        if not 0 <= self.ratio < 1:
            self.fail(
                f"dropout_ratio is {self.ratio:g}, but must be at least 0 and below 1",
                field="dropout_param.dropout_ratio",
            )
        self.drops = param.active and (self.phase == TRAIN or param.sample_weights_test)
        self.kept = 1.0 if param.scale_train else 1 - self.ratio
        """The factor on what is kept, over all: in training by the mask, otherwise for every element."""
        if not param.active:
            self.kept = 1.0
        self.mask = self.working_blob("mask")

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Draw a new mask and apply it."""
        if self.drops:
            self.mask.reshape_like(bottom[0])
            mask = self.mask.data
            self.device.fill_uniform(mask)
            self.xp.greater_equal(mask, self.ratio, out=mask)
            if self.kept == 1:
                self.xp.multiply(mask, 1 / (1 - self.ratio), out=mask)
            self.xp.multiply(bottom[0].data, mask, out=top[0].data)
        elif self.kept != 1:
            self.xp.multiply(bottom[0].data, self.kept, out=top[0].data)
        elif top[0] is not bottom[0]:
            self.xp.copyto(top[0].data, bottom[0].data)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Apply the mask of the last forward to the gradient."""
        if not propagate_down[0]:
            return
        if self.drops:
            self.xp.multiply(top[0].diff, self.mask.data, out=bottom[0].diff)
        elif self.kept != 1:
            self.xp.multiply(top[0].diff, self.kept, out=bottom[0].diff)
        elif top[0] is not bottom[0]:
            self.xp.copyto(bottom[0].diff, top[0].diff)
