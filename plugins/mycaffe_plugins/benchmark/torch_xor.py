"""The nets of examples/xor as short torch modules.

Written from the equations, in plain eager mode. Steps without an event leave a stream's state unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pack_padded_sequence

from mycaffe_py.layer import Layer
from mycaffe_py.solver import Solver

from .sides import Arrays
from .torch_cfc import CfcCell, Lstm, set_weights
from .torch_gates import swapped
from .torch_ltc import Ltc
from .xor_nets import XorSide

BATCHES = 24
"""Drawn for torch's side: their longest streams differ."""
OTHERS = ("x", "mask", "label")


class CfcSide(nn.Module):
    """CfC: from x (N, T, 1), t (N, T) and mask (N, T, 1), with T of the batch's longest stream, to logits (N, 1)."""

    def __init__(self, layer: Layer):
        super().__init__()
        param, unit = layer.param.cfc_param, layer.param.cfc_unit_param
        names = unit.DESCRIPTOR.fields_by_name["backbone_activation"].enum_type.values_by_number
        mode = "minimal" if unit.minimal else "no_gate" if unit.no_gate else "gate"
        self.hidden, self.mixed = param.hidden_size, param.use_mixed
        self.rnn_cell = CfcCell(
            2,
            self.hidden,
            unit.backbone_units,
            unit.backbone_layers,
            names[unit.backbone_activation].name.lower(),
            mode,
        )
        if self.mixed:
            self.lstm = Lstm(2, self.hidden)
        self.fc = nn.Linear(self.hidden, 1)
        set_weights(self, weights_of(layer))

    def forward(self, x: Tensor, t: Tensor, mask: Tensor) -> Tensor:
        """Return the logits."""
        h = c = x.new_zeros(x.shape[0], self.hidden)
        seen = mask > 0
        inputs = torch.cat((x, mask), 2)
        for step in range(x.shape[1]):
            u, before, observed = inputs[:, step], h, seen[:, step]
            if self.mixed:
                before, new = self.lstm(u, h, c)
                c = torch.where(observed, new, c)
            h = torch.where(observed, self.rnn_cell(u, before, t[:, step]), h)
        return self.fc(h)


class LtcSide(nn.Module):
    """The same with LTC cells."""

    def __init__(self, layer: Layer):
        super().__init__()
        self.cells = Ltc(weights_of(layer))
        self.named = self.cells.named

    def forward(self, x: Tensor, t: Tensor, mask: Tensor) -> Tensor:
        """Return the logits."""
        v = x.new_zeros(x.shape[0], len(self.named["rnn_cell.gleak"]))
        seen = mask > 0
        inputs = torch.cat((x, mask), 2)
        for step in range(x.shape[1]):
            v = torch.where(seen[:, step], self.cells.step(inputs[:, step], v, t[:, step]), v)
        return v @ self.named["fc.weight"].T + self.named["fc.bias"]


class LstmSide(nn.Module):
    """torch's own LSTM over the packed events of each stream, after one step without an event, as in Caffe's layer."""

    def __init__(self, layer: Layer, readout: Layer):
        super().__init__()
        hidden = layer.param.recurrent_param.num_output
        self.lstm, self.fc = nn.LSTM(2, hidden, batch_first=True), nn.Linear(hidden, 1)
        inner, bias, recurrent = (blob.data for blob in layer.blobs)
        weight, shift = (blob.data for blob in readout.blobs)
        set_weights(
            self,
            {
                "lstm.weight_ih_l0": swapped(inner),
                "lstm.weight_hh_l0": swapped(recurrent),
                "lstm.bias_ih_l0": swapped(bias),
                "lstm.bias_hh_l0": np.zeros_like(bias),
                "fc.weight": weight,
                "fc.bias": shift,
            },
        )

    def forward(self, x: Tensor, t: Tensor, mask: Tensor) -> Tensor:
        """Return the logits."""
        inputs = torch.nn.functional.pad(torch.cat((x, t[..., None]), 2), (0, 0, 1, 0))
        inputs[:, 0, 0] = -1  # a step without an event, before the first: a bit of 0
        lengths = mask.sum((1, 2)).long() + 1
        packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        return self.fc(self.lstm(packed)[1][0][0])


def weights_of(layer: Layer) -> dict[str, np.ndarray]:
    """Return a layer's weights by name."""
    return dict(zip(layer.blob_names, (blob.data for blob in layer.blobs), strict=True))


class TorchSide:
    """A net of the examples in torch, with the same weights, batches and update rule."""

    def __init__(self, solver: Solver):
        net, param = solver.net, solver.param
        layers = net.layer_dict
        if "lstm1" in layers:
            self.model: nn.Module = LstmSide(layers["lstm1"], layers["logit"])
        elif layers["cfc1"].param.cfc_param.cell_type:
            self.model = LtcSide(layers["cfc1"])
        else:
            self.model = CfcSide(layers["cfc1"])
        self.clip = param.clip_gradients
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=param.base_lr, betas=(param.momentum, param.momentum2)
        )

    def loss(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the loss of a batch."""
        logit = self.model(batch["x"], batch["tt"], batch["mask"])
        return binary_cross_entropy_with_logits(logit, batch["label"])

    def step(self, batch: Mapping[str, Tensor]) -> None:
        """Run a training step."""
        self.optimizer.zero_grad()
        self.loss(batch).backward()
        clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()


def cut(values: Arrays) -> dict[str, Tensor]:
    """Return a batch with its events first, cut to its longest stream."""
    mask = values["mask"][..., 0] > 0
    order = np.argsort(~mask, axis=1, kind="stable")[:, : mask.sum(axis=1).max()]
    rows = np.arange(len(mask))[:, None]
    found = {name: torch.from_numpy(values[name][rows, order]) for name in ("x", "tt", "mask")}
    return {**found, "label": torch.from_numpy(values["label"].copy())}


def batch_of(solver: Solver) -> dict[str, Tensor]:
    """Return the batch that our net has in its blobs."""
    blobs = solver.net.blobs
    times = "tt" if "tt" in blobs else "elapsed"
    return cut({"tt": blobs[times].data, **{name: blobs[name].data for name in OTHERS}})


def draw(solver: Solver) -> dict[str, Tensor]:
    """Run our net on a new batch, and return the batch."""
    solver.net.forward()
    return batch_of(solver)


class TorchXorSide:
    """Torch's side for a side of ours whose results have just been asked for."""

    def __init__(self, ours: XorSide):
        self.torch = TorchSide(ours.solver)
        self._first = batch_of(ours.solver)
        self._following = cycle([draw(ours.solver) for _ in range(BATCHES)])

    def results(self) -> Arrays:
        """Return loss and gradients by our names."""
        model = self.torch.model
        model.zero_grad()
        loss = self.torch.loss(self._first)
        loss.backward()
        named = model.named if isinstance(model, LtcSide) else dict(model.named_parameters())
        found = {name: each.grad.numpy().copy() for name, each in named.items()}
        if isinstance(model, LstmSide):
            found = {
                "lstm1.W_xc": swapped(found["lstm.weight_ih_l0"]),
                "lstm1.W_hc": swapped(found["lstm.weight_hh_l0"]),
                "lstm1.b_c": swapped(found["lstm.bias_ih_l0"]),
                "logit.weight": found["fc.weight"],
                "logit.bias": found["fc.bias"],
            }
        else:
            found = {f"cfc1.{name}": gradient for name, gradient in found.items()}
        return {"loss": np.asarray(loss.item()), **found}

    def step(self) -> None:
        """Run a training step."""
        self.torch.step(next(self._following))
