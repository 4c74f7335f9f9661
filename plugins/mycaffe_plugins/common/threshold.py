"""The Threshold layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob

from .neuron import NeuronLayer


class Threshold(NeuronLayer):
    """Compares values with a threshold.

    Bottom x of any shape, top y of the same shape; may work in place.
    y = 1 where x > threshold, else 0. It has no gradient: a backward that needs one fails.
    """

    recordable = True

    type = "Threshold"
    parameters = ("threshold_param",)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write 1 or 0."""
        threshold = self.param.threshold_param.threshold
        self.xp.greater(bottom[0].data, threshold, out=top[0].data)
