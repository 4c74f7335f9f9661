"""Torch's side of the shipped nets, with the same weights and inputs."""

from __future__ import annotations

import numpy as np
import torch

from . import torch_nets
from .image_nets import NetSide
from .sides import Arrays


class TorchNet:
    """A shipped net as a torch module."""

    def __init__(self, ours: NetSide):
        self.net, self.model = ours.net, getattr(torch_nets, ours.name)()
        self.tensors = {blob: torch.from_numpy(array) for blob, array in ours.values.items()}
        self.modules = [(n, m) for n, m in self.model.named_children() if n in self.net.params]
        with torch.no_grad():
            for layer, module in self.modules:
                arrays = torch_nets.blobs_of(module, [b.data for b in self.net.params[layer]])
                for parameter, array in zip(module.parameters(), arrays, strict=False):
                    parameter.copy_(torch.from_numpy(array))

    def step(self) -> float:
        """Clear the gradients and run forward and backward; return the loss."""
        self.model.zero_grad()
        loss = self.model(**self.tensors)
        loss.backward()
        return loss.item()

    def results(self) -> Arrays:
        """Return loss and gradients."""
        found: dict[str, np.ndarray] = {"loss": np.asarray(self.step())}
        for layer, module in self.modules:
            gradients = [parameter.grad.numpy() for parameter in module.parameters()]
            ours = torch_nets.blobs_from(module, gradients)
            for index, _ in enumerate(self.net.params[layer]):
                found[f"{layer}[{index}]"] = ours[index]
        return found
