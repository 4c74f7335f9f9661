"""The LSTMUnit layer's step with compiled kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.compiled import AlignedBuffers

from .lstm_kernels import unit_backward, unit_forward


class CompiledUnit:
    """Runs the step of ``batch`` sequences of ``size`` elements, row by row."""

    def __init__(self, dtype: Any, batch: int, size: int):
        array = AlignedBuffers(dtype).array
        self.gates, self.d_sums = (array(name, batch, 4 * size) for name in ("gates", "d_sums"))
        self.activated, self.dc = (array(name, batch, size) for name in ("activated", "dc"))

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write c and h."""
        (first, sums, cont), (c, h) = ([blob.data[0] for blob in blobs] for blobs in (bottom, top))
        unit_forward(first, sums, cont, self.gates, self.activated, c, h)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of c_prev and the sums."""
        first, cont, (dc, dh) = bottom[0].data[0], bottom[2].data[0], (b.diff[0] for b in top)
        self.dc[...] = dc
        unit_backward(first, cont, self.gates, self.activated, dh, self.dc, self.d_sums)
        for index, gradient in enumerate((self.dc, self.d_sums)):
            if propagate_down[index]:
                bottom[index].diff[0] = gradient
