"""LTC cells as a short torch module: the equations of Hasani et al. (2021) in plain eager mode."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

UNFOLDS, EPSILON = 6, 1e-8


class Ltc(nn.Module):
    """LTC cells over a sequence: x (B, T, F), spans (B, T) -> fc of the last state (B, O)."""

    def __init__(self, weights: Mapping[str, np.ndarray]):
        super().__init__()
        self.named = {name: nn.Parameter(torch.tensor(array)) for name, array in weights.items()}
        for name, parameter in self.named.items():
            self.register_parameter(name.replace(".", "_"), parameter)

    def synapses(self, potentials: Tensor, group: str) -> tuple[Tensor, Tensor]:
        """Return flow and conductance that the targets receive."""
        sigma, mu, w, erev = (
            self.named[f"rnn_cell.{group}{name}"] for name in ("sigma", "mu", "w", "erev")
        )
        flow = w * torch.sigmoid(sigma * (potentials[..., None] - mu))
        return (flow * erev).sum(1), flow.sum(1)

    def step(self, x: Tensor, v: Tensor, span: Tensor) -> Tensor:
        """Return the state after a step."""
        named = self.named
        gleak, vleak = named["rnn_cell.gleak"], named["rnn_cell.vleak"]
        inputs = x * named["rnn_cell.input_w"] + named["rnn_cell.input_b"]
        sensory_flow, sensory_conductance = self.synapses(inputs, "sensory_")
        capacity = named["rnn_cell.cm"] / ((span + 1).view(-1, 1) / UNFOLDS)
        for _ in range(UNFOLDS):
            flow, conductance = self.synapses(v, "")
            above = capacity * v + gleak * vleak + flow + sensory_flow
            v = above / (capacity + gleak + conductance + sensory_conductance + EPSILON)
        return v

    def forward(self, x: Tensor, spans: Tensor) -> Tensor:
        """Return the output."""
        v = x.new_zeros(x.shape[0], len(self.named["rnn_cell.gleak"]))
        for step in range(x.shape[1]):
            v = self.step(x[:, step], v, spans[:, step])
        return v @ self.named["fc.weight"].T + self.named["fc.bias"]
