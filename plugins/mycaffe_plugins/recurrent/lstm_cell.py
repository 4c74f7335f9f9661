"""The LSTM cell of the layers LSTM and LSTMUnit."""

from __future__ import annotations

from typing import Any

from mycaffe_py.device import Device


class LstmCell:
    """c' = f c + i g, h' = o tanh(c'), with i, f, o = sigmoid and g = tanh of the sums, in this order.

    ``gates`` (steps, 4 size, batch) holds the sums of a step, which :meth:`forward` turns into i, f, o, g in
    place; ``gradients``, of the same shape, receives the gradients of the sums. ``before`` and ``after``
    (steps, size, batch) are c before and after each step, ``hidden`` is h'.
    """

    def __init__(
        self, device: Device, gates: Any, gradients: Any, before: Any, after: Any, hidden: Any
    ):
        self.xp = xp = device.xp
        steps, size, batch = before.shape
        shape, dtype = (steps, size, batch), gates.dtype
        self.gates, self.gradients, self.before = gates, gradients, before
        self.activated, self.hidden_slopes = (xp.zeros(shape, dtype=dtype) for _ in range(2))
        self._product = xp.zeros(shape[1:], dtype=dtype)
        self._scratch = xp.zeros(shape, dtype=dtype)
        # An array without axes: NumPy multiplies by it twice as fast as by a Python number.
        self._half = xp.asarray(0.5, dtype=dtype)
        by_gate, slopes = (a.reshape(steps, 4, size, batch) for a in (gates, gradients))
        self._i, self._f, self._o, self._g = (by_gate[:, index] for index in range(4))
        self._slopes = slopes
        # Cached views: creating one takes as long as a small product.
        self._steps = list(
            zip(gates, by_gate[:, :3], self._i, self._f, self._o, self._g, before, after, self.activated,
                hidden, strict=True)
        )  # fmt: skip
        self._back_steps = list(
            zip(slopes[:, :2], slopes[:, 2], slopes[:, 3], self._f, self.hidden_slopes, strict=True)
        )

    def forward(self, t: int) -> None:
        """Compute step ``t`` from its sums and its initial c."""
        xp, half, product = self.xp, self._half, self._product
        multiply, add = xp.multiply, xp.add
        gates, bounded, i, f, o, g, before, after, activated, hidden = self._steps[t]
        # sigmoid(z) = tanh(z / 2) / 2 + 1 / 2: one tanh for all four gates.
        multiply(bounded, half, bounded)
        xp.tanh(gates, gates)
        multiply(bounded, half, bounded)
        add(bounded, half, bounded)
        multiply(f, before, after)
        multiply(i, g, product)
        add(after, product, after)
        xp.tanh(after, activated)
        multiply(o, activated, hidden)

    def derive(self) -> None:
        """Compute, for all steps, the derivatives of c' or h' with respect to the sums."""
        xp, i, o, g, activated, scratch = (
            self.xp,
            self._i,
            self._o,
            self._g,
            self.activated,
            self._scratch,
        )
        factors = (g, self.before, activated)
        for index, (gate, factor) in enumerate(zip((i, self._f, o), factors, strict=True)):
            out = self._slopes[:, index]
            xp.multiply(gate, gate, out=scratch)
            xp.subtract(gate, scratch, out=scratch)
            xp.multiply(scratch, factor, out=out)
        xp.multiply(g, g, out=scratch)
        xp.subtract(1, scratch, out=scratch)
        xp.multiply(scratch, i, out=self._slopes[:, 3])
        xp.multiply(activated, activated, out=scratch)
        xp.subtract(1, scratch, out=scratch)
        xp.multiply(scratch, o, out=self.hidden_slopes)

    def backward(self, t: int, dh: Any, dc: Any) -> None:
        """Write the gradients of the sums of step ``t``; dc, of c', becomes that of the previous c."""
        multiply, product = self.xp.multiply, self._product
        of_i_f, of_o, of_g, f, hidden_slope = self._back_steps[t]
        multiply(dh, hidden_slope, product)
        self.xp.add(dc, product, dc)
        multiply(of_i_f, dc, of_i_f)
        multiply(of_o, dh, of_o)
        multiply(of_g, dc, of_g)
        multiply(dc, f, dc)
