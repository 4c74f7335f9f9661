"""Torch's side of the tutorial's net: the same weights, values and update rule."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np
import torch

from mycaffe_py.solver import Solver

from .sides import Arrays
from .torch_cfc import Cfc, set_weights
from .tutorial import LAYER, TutorialSide


class TorchCfc:
    """The CfC net with ``torch.optim.AdamW``."""

    def __init__(self, solver: Solver, fused: bool = False):
        net, param = solver.net, solver.param
        layer: Any = net.layer_dict[LAYER]
        unit = layer.param.cfc_unit_param
        self.model = Cfc(
            features=net.blobs["x"].shape[2],
            columns=layer.composer.columns,
            outputs=layer.param.cfc_param.output_features,
            hidden=layer.param.cfc_param.hidden_size,
            units=unit.backbone_units,
            layers=unit.backbone_layers,
            activation="relu",
        )
        set_weights(
            self.model, dict(zip(layer.blob_names, (b.data for b in layer.blobs), strict=True))
        )
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=param.base_lr,
            betas=(param.momentum, param.momentum2),
            eps=param.delta,
            weight_decay=param.adamw_decay,
            fused=fused,
        )

    def forward_backward(self, values: Arrays) -> float:
        """Run the passes and return the loss."""
        tensors = {name: torch.from_numpy(array) for name, array in values.items()}
        output = self.model(tensors["x"], tensors["tt"][..., 0], tensors.get("mask"))
        loss = ((output - tensors["target"]) ** 2).sum()
        self.optimizer.zero_grad()
        loss.backward()
        return loss.item()

    def step(self, values: Arrays) -> None:
        """Run the passes and the update."""
        self.forward_backward(values)
        self.optimizer.step()

    def loss_and_gradients(self, values: Arrays) -> dict[str, np.ndarray]:
        """Return the loss and the gradients by name, for some values."""
        loss = np.asarray(self.forward_backward(values))
        parameters = self.model.named_parameters()
        return {"loss": loss, **{name: each.grad.numpy().copy() for name, each in parameters}}


class TorchTutorialSide:
    """Torch's side for a side of ours."""

    def __init__(self, ours: TutorialSide):
        self.torch, self.update = TorchCfc(ours.solver), ours.update
        self._pool, self._following = ours.pool, cycle(ours.pool)

    def results(self) -> Arrays:
        """Return loss and gradients."""
        return self.torch.loss_and_gradients(self._pool[0])

    def step(self) -> None:
        """Run a step."""
        values = next(self._following)
        if self.update:
            self.torch.step(values)
        else:
            self.torch.forward_backward(values)
