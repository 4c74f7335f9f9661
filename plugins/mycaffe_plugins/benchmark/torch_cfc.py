"""The CfC net as a short torch module, with which our layer is compared.

Written from the equations of Hasani et al. (2022), in the style of their published code: a cell that is called for
each step, concatenates input and state, and has four separate linear heads. Plain eager mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn


class LeCun(nn.Module):
    """1.7159 tanh(0.666 z)."""

    def forward(self, z: Tensor) -> Tensor:
        """Return the activation."""
        return 1.7159 * torch.tanh(0.666 * z)


ACTIVATIONS = {
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "lecun": LeCun,
}


class CfcCell(nn.Module):
    """One step: (B, I) input, (B, H) state and (B,) elapsed time give the new state."""

    def __init__(
        self, inputs: int, hidden: int, units: int, layers: int, activation: str, mode: str = "gate"
    ):
        super().__init__()
        columns = inputs + hidden
        backbone = []
        for index in range(layers):
            backbone.append(nn.Linear(columns, units))
            self.add_module(f"bb_{index}", backbone[-1])
            columns = units
        self._backbone = tuple(backbone)
        self.activation = ACTIVATIONS[activation]()
        self.mode = mode
        self.ff1 = nn.Linear(columns, hidden)
        if mode == "minimal":
            self.w_tau = nn.Parameter(torch.zeros(1, hidden))
            self.A = nn.Parameter(torch.ones(1, hidden))
            return
        self.ff2 = nn.Linear(columns, hidden)
        self.time_a = nn.Linear(columns, hidden)
        self.time_b = nn.Linear(columns, hidden)

    def forward(self, u: Tensor, h: Tensor, t: Tensor) -> Tensor:
        """Return the new state."""
        a, t = torch.cat((u, h), 1), t.view(-1, 1)
        for linear in self._backbone:
            a = self.activation(linear(a))
        if self.mode == "minimal":
            p = self.ff1(a)
            return self.A - self.A * torch.exp(-t * (self.w_tau.abs() + p.abs())) * p
        f1, f2 = torch.tanh(self.ff1(a)), torch.tanh(self.ff2(a))
        s = torch.sigmoid(self.time_a(a) * t + self.time_b(a))
        return f1 + s * f2 if self.mode == "no_gate" else f1 * (1.0 - s) + s * f2


class Lstm(nn.Module):
    """The mixed memory: input, state and memory give the state for the cell, and the new memory."""

    def __init__(self, inputs: int, hidden: int):
        super().__init__()
        self.input_map = nn.Linear(inputs, 4 * hidden)
        self.recurrent_map = nn.Linear(hidden, 4 * hidden, bias=False)

    def forward(self, u: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Return the state for the cell, and the new memory."""
        new, write, forget, show = (self.input_map(u) + self.recurrent_map(h)).chunk(4, 1)
        c = c * torch.sigmoid(forget + 1.0) + torch.tanh(new) * torch.sigmoid(write)
        return torch.tanh(c) * torch.sigmoid(show), c


class Cfc(nn.Module):
    """The cell over a sequence: x (B, T, F), spans (B, T), mask (B, T, F), (B, T, 1) or None.

    Gives (B, O), or (B, T, O) with ``sequences``.
    """

    def __init__(
        self,
        *,
        features: int,
        columns: int,
        outputs: int,
        hidden: int,
        units: int,
        layers: int,
        activation: str,
        mode: str = "gate",
        mixed: bool = False,
        sequences: bool = False,
    ):
        super().__init__()
        self.features, self.columns, self.hidden = features, columns, hidden
        self.sequences = sequences
        self.rnn_cell = CfcCell(columns, hidden, units, layers, activation, mode)
        self.lstm = Lstm(columns, hidden) if mixed else None
        self.fc = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor, spans: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the output."""
        inputs = x.unbind(1) if mask is None else self._masked_inputs(x, spans, mask)
        h = c = x.new_zeros(x.shape[0], self.hidden)
        states = []
        for step, u in enumerate(inputs):
            if self.lstm is not None:
                h, c = self.lstm(u, h, c)
            h = self.rnn_cell(u, h, spans[:, step])
            states.append(h)
        if self.sequences:
            return self.fc(torch.stack(states, 1))
        if mask is None:
            return self.fc(h)
        y = x.new_zeros(x.shape[0], self.fc.out_features)
        for step, h in enumerate(states):
            observed = mask[:, step].max(1, keepdim=True).values
            y = observed * self.fc(h) + (1.0 - observed) * y
        return y

    def _masked_inputs(self, x: Tensor, spans: Tensor, mask: Tensor) -> Iterator[Tensor]:
        fills = mask.shape[2] == self.features
        wide = fills and 2 * self.features < self.columns
        filled, since = torch.zeros_like(x[:, 0]), torch.zeros_like(x[:, 0])
        for step in range(x.shape[1]):
            seen, span = mask[:, step], spans[:, step]
            if fills:
                filled = seen * x[:, step] + (1.0 - seen) * filled
                since = (span.view(-1, 1) + since) * (1.0 - seen)
            else:
                filled = x[:, step]
            yield torch.cat((filled, since, seen) if wide else (filled, seen), 1)


def set_weights(module: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Load weights by the golden data's names."""
    module.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
