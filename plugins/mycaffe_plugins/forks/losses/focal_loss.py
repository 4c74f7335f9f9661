"""The FocalLoss layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_plugins.common import (
    NO_CLASS_WEIGHTS,
    ONE_NORMALIZATION,
    PRE_FIXED_NORMALIZER,
)
from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer, blob_axis, enum_name

from .focal_forms import SigmoidForm, SoftmaxForm

_FIELDS = ("focal_loss_param", "softmax_focal_loss_param")


class FocalLoss(LossLayer):
    """Cross entropy in which items that are already right count little (Lin et al. 2017).

    Bottoms: scores x and labels; tops: a scalar and, with one label an item, the probabilities if wanted. By the
    number of labels it is one of the forks' two forms:

    - One label for each item, the classes along ``axis`` (default 1): with p = softmax(x) of the item's class,
      y = -sum(alpha * (1 - p)^gamma * log(p)) / n. ``type: ONEADDP`` has (1 + p)^gamma, without alpha.
    - As many labels as scores: with p = sigmoid(x) for label 1 and 1 - sigmoid(x) for others,
      y = -sum(a * (1 - p)^gamma * log(p)) / n, where a is alpha for label 1, else 1 - alpha.

    dx is the true gradient in both. ``loss_param`` sets n and ``ignore_label``; by default n is the number of items
    that are not ignored (VALID) in the first form, the batch size (BATCH_SIZE) in the second one.
    """

    recordable = True

    type = "FocalLoss"
    aliases = ("SoftmaxWithFocalLoss",)
    fork = "Focal-Loss"
    parameters = (*_FIELDS, "loss_param")
    conditions = (ONE_NORMALIZATION, PRE_FIXED_NORMALIZER, NO_CLASS_WEIGHTS)
    exact_num_top_blobs = None
    min_top_blobs = 1
    max_top_blobs = 2
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings, and choose the form by the number of labels."""
        given = [name for name in _FIELDS if self.param.HasField(name)]
        if len(given) > 1:
            self.fail(f"give {given[0]} or {given[1]}, not both", field=given[1])
        field = given[0] if given else _FIELDS[0]
        param = getattr(self.param, field)
        if enum_name(param, "type") == "LINEAR":
            self.fail("type: LINEAR is not supported: no fork computes it", field=f"{field}.type")
        if not param.gamma >= 0:
            self.fail(f"gamma is {param.gamma:g}, but must not be negative", field=f"{field}.gamma")
        self._axis_field = f"{field}.axis"
        self._axis = param.axis
        if bottom[1].count == bottom[0].count:
            if len(top) > 1:
                self.fail(
                    "has no probabilities of classes, its second top, with as many labels as scores: "
                    f'bottom "{bottom[0].name}" {bottom[0].shape}'
                )
            self.form: SoftmaxForm | SigmoidForm = SigmoidForm(self, param)
        else:
            self.form = SoftmaxForm(self, param)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the labels against the scores; the first top is a scalar, the second like the scores."""
        super().reshape(bottom, top)
        axis = blob_axis(self, bottom[0], self._axis, self._axis_field)
        self.form.reshape(bottom, axis, top[1] if len(top) > 1 else None)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the mean cost."""
        top[0].data[...] = self.form.forward(bottom)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient of the scores."""
        self.refuse_label_gradients(propagate_down, bottom)
        if propagate_down[0]:
            self.form.backward(top[0].diff, bottom)
