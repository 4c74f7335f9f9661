"""The LabelSpecificAdd layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import TEST

from .label_margin import LabelMargin


class LabelSpecificAdd(LabelMargin):
    """Adds a margin to the score of each item's class, for AM-Softmax (Wang et al. 2018) and CosFace.

    Bottoms: scores x (N, C), usually cosines, and N labels; top y of the shape of x; may work in place.
    y = x, but for the label's score where it is above -bias: there y = x + bias; dx = dy. In the phase TEST y = x,
    as in the fork, whatever ``transform_test`` says.
    """

    recordable = True

    type = "LabelSpecificAdd"
    fork = "AM-Softmax"
    parameters = ("label_specific_add_param",)
    allows_in_place = True
    buffers = ("picked", "added")

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the margin."""
        super().setup(bottom, top)
        self.bias = float(self.param.label_specific_add_param.bias)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy x and add the margin."""
        xp, y = self.xp, top[0].data
        if top[0] is not bottom[0]:
            xp.copyto(y, bottom[0].data)
        if self.phase == TEST or not y.size:
            return
        self.labels.read()
        (picked, added), flat = (blob.data for blob in self._of_items), y.reshape(-1)
        xp.take(flat, self.labels.places, out=picked)
        xp.greater(picked, -self.bias, out=added)
        xp.multiply(added, self.bias, out=added)
        xp.add(picked, added, out=picked)
        flat[self.labels.places] = picked

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Copy dy."""
        self.refuse_gradients(propagate_down, bottom, (1,))
        if propagate_down[0] and top[0] is not bottom[0]:
            self.xp.copyto(bottom[0].diff, top[0].diff)
