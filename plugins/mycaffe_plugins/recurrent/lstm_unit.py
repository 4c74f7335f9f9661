"""The LSTMUnit layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mycaffe_py.blob import Blob
from mycaffe_py.compiled import in_use
from mycaffe_py.layer import Layer

from .lstm_cell import LstmCell

if TYPE_CHECKING:
    from .compiled_unit import CompiledUnit


class LSTMUnit(Layer):
    """One step of an LSTM, given the sums of its gates.

    Bottoms: c_prev (1, N, D), sums (1, N, 4D) of the gates i, f, o, g, and cont (1, N), 0 at the first step
    of a sequence, else 1. Tops: c and h (1, N, D). i, f, o go through the logistic function, g through tanh;
    c = f cont c_prev + i g; h = o tanh(c). No gradient to cont.
    """

    recordable = True

    type = "LSTMUnit"
    group = "dense"
    parameters = ()
    exact_num_bottom_blobs = 3
    exact_num_top_blobs = 2
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: arrays are allocated when the shapes are known."""
        self._shape: tuple[int, int] | None = None
        self.compiled: CompiledUnit | None = None

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for cont, which has no gradient."""
        return bottom_index != 2

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms against each other and shape the tops like the first."""
        first, sums, cont = bottom
        if first.num_axes != 3 or first.shape[0] != 1:
            self.fail(f'bottom "{first.name}" is {first.shape}, expected c_prev (1, N, D)')
        _, batch, size = first.shape
        for blob, name, expected in (
            (sums, "the sums of four gates", (1, batch, 4 * size)),
            (cont, "cont", (1, batch)),
        ):
            if blob.shape != expected:
                self.fail(
                    f'bottom "{blob.name}" is {blob.shape}, expected {name} {expected} for bottom '
                    f'"{first.name}" {first.shape}'
                )
        for blob in top:
            blob.reshape_like(first)
        if (batch, size) != self._shape:
            self._allocate(batch, size)

    def _allocate(self, batch: int, size: int) -> None:
        self._shape = batch, size
        if in_use(self.device):
            from .compiled_unit import CompiledUnit

            self.compiled = CompiledUnit(self.dtype, batch, size)
            return
        self._gates, self._gradients = (
            self.xp.zeros((1, 4 * size, batch), dtype=self.dtype) for _ in range(2)
        )
        self._before, self._after, self._hidden, self._dc, self._dh = (
            self.xp.zeros((1, size, batch), dtype=self.dtype) for _ in range(5)
        )
        self.cell = LstmCell(
            self.device, self._gates, self._gradients, self._before, self._after, self._hidden
        )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write c and h."""
        if self.compiled:
            self.compiled.forward(bottom, top)
            return
        xp, (first, sums, cont) = self.xp, (blob.data for blob in bottom)
        xp.multiply(first.transpose(0, 2, 1), cont[:, None], out=self._before)
        xp.copyto(self._gates, sums.transpose(0, 2, 1))
        self.cell.forward(0)
        for blob, values in zip(top, (self._after, self._hidden), strict=True):
            xp.copyto(blob.data, values.transpose(0, 2, 1))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of c_prev and the sums."""
        self.refuse_gradients(propagate_down, bottom, (2,))
        if self.compiled:
            self.compiled.backward(top, propagate_down, bottom)
            return
        xp, dc, dh = self.xp, self._dc, self._dh
        xp.copyto(dc, top[0].diff.transpose(0, 2, 1))
        xp.copyto(dh, top[1].diff.transpose(0, 2, 1))
        self.cell.derive()
        self.cell.backward(0, dh[0], dc[0])
        if propagate_down[0]:
            dx = bottom[0].diff.transpose(0, 2, 1)
            xp.multiply(dc, bottom[2].data[:, None], out=dx)
        if propagate_down[1]:
            xp.copyto(bottom[1].diff.transpose(0, 2, 1), self._gradients)
