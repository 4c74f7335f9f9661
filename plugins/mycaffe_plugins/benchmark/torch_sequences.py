"""Torch's side of a layer over sequences."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import torch
from torch import nn

from .sequence_layers import LayerSide
from .sides import Arrays
from .torch_cfc import set_weights
from .torch_gates import swapped
from .torch_ltc import Ltc


def _weights(ours: LayerSide) -> dict[str, np.ndarray]:
    blobs = zip(ours.layer.blob_names, ours.layer.blobs, strict=True)
    return {name: blob.data.copy() for name, blob in blobs}


class TorchLtc:
    """LTC cells in plain eager mode."""

    def __init__(self, ours: LayerSide):
        self.model = Ltc(_weights(ours))
        self._pool = [[torch.from_numpy(v["x"]), torch.from_numpy(v["tt"])] for v in ours.pool]
        self._following = cycle(self._pool)

    def run(self, x: torch.Tensor, spans: torch.Tensor) -> np.ndarray:
        """Run forward and backward; return the outputs."""
        self.model.zero_grad()
        y = self.model(x, spans)
        y.sum().backward()
        return y.detach().numpy()

    def results(self) -> Arrays:
        """Return outputs and gradients."""
        y = self.run(*self._pool[0])
        named = self.model.named.items()
        return {"y": y, **{name: each.grad.numpy().copy() for name, each in named}}

    def step(self) -> None:
        """Run forward and backward."""
        self.run(*next(self._following))


class TorchLstm:
    """``torch.nn.LSTM``; its second bias, which Caffe's layer lacks, is 0."""

    def __init__(self, ours: LayerSide):
        weights = _weights(ours)
        rows, features = weights["W_xc"].shape
        self.model = nn.LSTM(features, rows // 4)
        set_weights(
            self.model,
            {
                "weight_ih_l0": swapped(weights["W_xc"]),
                "weight_hh_l0": swapped(weights["W_hc"]),
                "bias_ih_l0": swapped(weights["b_c"]),
                "bias_hh_l0": np.zeros_like(weights["b_c"]),
            },
        )
        self._pool = [torch.from_numpy(values["x"]) for values in ours.pool]
        self._following = cycle(self._pool)

    def run(self, x: torch.Tensor) -> np.ndarray:
        """Run forward and backward; return the outputs."""
        self.model.zero_grad()
        y = self.model(x)[0]
        y.sum().backward()
        return y.detach().numpy()

    def results(self) -> Arrays:
        """Return outputs and gradients, in the order of Caffe's gates."""
        y = self.run(self._pool[0])
        found = {name: each.grad.numpy() for name, each in self.model.named_parameters()}
        return {
            "y": y,
            "W_xc": swapped(found["weight_ih_l0"]),
            "b_c": swapped(found["bias_ih_l0"]),
            "W_hc": swapped(found["weight_hh_l0"]),
        }

    def step(self) -> None:
        """Run forward and backward."""
        self.run(next(self._following))
