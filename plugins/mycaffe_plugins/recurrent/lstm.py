"""The LSTM layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import FUNCTION

from .lstm_cell import LstmCell
from .recurrent_layer import RecurrentLayer

if TYPE_CHECKING:
    from .compiled_sequence import CompiledSequence


class LSTM(RecurrentLayer):
    """Long short-term memory over sequences; time is the first axis.

    Bottoms: x (T, N, ...), T steps of N sequences with D features; cont (T, N), 0 at the first step of a
    sequence and 1 at the others; optionally x_static (N, ...), features of each sequence as a whole;
    with ``expose_hidden`` h_0 and c_0 (1, N, H). Tops: h (T, N, H) with H = ``num_output``; with
    ``expose_hidden`` h_T and c_T (1, N, H). Blobs: W_xc (4H, D), b_c (4H), W_xc_static (4H, Ds) if there is
    x_static, W_hc (4H, H); rows of the gates i, f, o, g.

    (i, f, o, g) = W_xc x_t + b_c + W_hc (cont_t h_(t-1)) + W_xc_static x_static, i, f, o through the
    logistic function, g through tanh; c_t = f cont_t c_(t-1) + i g; h_t = o tanh(c_t). Without
    ``expose_hidden`` each forward begins with the final state of the last one, or with 0 at first, after
    ``reset_state()`` and when N has changed. Backpropagation reaches back to the first step; no gradient passes
    through the exposed states, nor to cont. T is fixed at setup. ``debug_info`` has no effect.
    """

    type = "LSTM"
    state_names = ("h", "c")
    gates = 4
    operations = 5 * FUNCTION + 8
    input_letter = "c"

    def add_hidden_blobs(self) -> Blob:
        """Create W_hc."""
        return self.add_weight((self.rows, self.size), "W_hc")

    def allocate(self) -> None:
        """Create the cell on the layer's arrays."""
        hidden, after = self.states[1:, 0], self.states[1:, 1]
        self.cell = LstmCell(
            self.device, self.sums, self.sum_gradients, self.initial_states[:, 1], after, hidden
        )

    def step(self, t: int) -> None:
        """Run the cell."""
        self.cell.forward(t)

    def read_out(self, out: Any) -> None:
        """Write h as the output."""
        self.xp.copyto(out, self.states[1:, 0])

    def derive(self, dy: Any, out: Any) -> None:
        """Copy the output's gradient to h_t."""
        self.xp.copyto(out, dy)
        self.cell.derive()

    def step_back(self, t: int, gradients: list[Any]) -> None:
        """Backpropagate through the cell."""
        self.cell.backward(t, *gradients)

    def compiled_sequence(self) -> CompiledSequence:
        """Import the kernels."""
        from .compiled_lstm import CompiledLstm

        return CompiledLstm(self)
