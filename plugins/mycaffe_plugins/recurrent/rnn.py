"""The RNN layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import FUNCTION, Work, product

from .recurrent_layer import RecurrentLayer

if TYPE_CHECKING:
    from .compiled_sequence import CompiledSequence


class RNN(RecurrentLayer):
    """Simple recurrent net over sequences; time is the first axis.

    Bottoms: x (T, N, ...), T steps of N sequences with D features; cont (T, N), 0 at the first step of a
    sequence and 1 at the others; optionally x_static (N, ...), features of each sequence as a whole;
    with ``expose_hidden`` h_0 (1, N, H). Tops: o (T, N, H) with H = ``num_output``; with ``expose_hidden``
    h_T (1, N, H). Blobs: W_xh (H, D), b_h (H), W_xh_static (H, Ds) if there is x_static, W_hh (H, H),
    W_ho (H, H), b_o (H).

    h_t = tanh(W_xh x_t + b_h + W_hh (cont_t h_(t-1)) + W_xh_static x_static); o_t = tanh(W_ho h_t + b_o).
    State, gradients and T as for LSTM.
    """

    type = "RNN"
    state_names = ("h",)
    gates = 1
    operations = FUNCTION + 2
    input_letter = "h"

    def add_hidden_blobs(self) -> Blob:
        """Create W_hh and the output's W_ho and b_o."""
        hidden = self.add_weight((self.size, self.size), "W_hh")
        self.output_weight = self.add_weight((self.size, self.size), "W_ho")
        self.output_bias = self.add_bias(self.size, "b_o")
        return hidden

    def other_products(self, samples: int) -> tuple[Work, ...]:
        """Return the work of W_ho."""
        return (product(samples, self.size, self.size, self.dtype.itemsize),)

    def allocate(self) -> None:
        """Allocate the output and its gradient."""
        shape = (self.steps, self.size, self.batch)
        self._output, self._output_gradient = (self.array(*shape) for _ in range(2))
        self._hidden = self.states[1:, 0]
        self._pairs = list(zip(self.sums, self._hidden, strict=True))
        self._slopes = list(self.sum_gradients)

    def step(self, t: int) -> None:
        """Compute h_t = tanh(sum)."""
        self.xp.tanh(*self._pairs[t])

    def read_out(self, out: Any) -> None:
        """Write o = tanh(W_ho h + b_o), for all steps."""
        xp, output = self.xp, self._output
        xp.matmul(self.output_weight.data, self._hidden, out=output)
        xp.add(output, self.output_bias.data[:, None], out=output)
        xp.tanh(output, out=output)
        xp.copyto(out, output)

    def derive(self, dy: Any, out: Any) -> None:
        """Backpropagate through the output, and compute the derivatives of all h."""
        xp, gradient = self.xp, self._output_gradient
        xp.multiply(self._output, self._output, out=gradient)
        xp.subtract(1, gradient, out=gradient)
        xp.multiply(gradient, dy, out=gradient)
        xp.matmul(self.output_weight.data.T, gradient, out=out)
        xp.multiply(self._hidden, self._hidden, out=self.sum_gradients)
        xp.subtract(1, self.sum_gradients, out=self.sum_gradients)

    def step_back(self, t: int, gradients: list[Any]) -> None:
        """Backpropagate the gradient of h_t through tanh."""
        slope = self._slopes[t]
        self.xp.multiply(slope, gradients[0], slope)

    def add_other_gradients(self) -> None:
        """Add the gradients of W_ho and b_o."""
        columns = self.columns(self._output_gradient)
        self.add_product(self.output_weight, columns, self.columns(self._hidden, True).T)
        self.add_sum(self.output_bias, columns)

    def compiled_sequence(self) -> CompiledSequence:
        """Import the kernels."""
        from .compiled_rnn import CompiledRnn

        return CompiledRnn(self, self.output_weight, self.output_bias)
