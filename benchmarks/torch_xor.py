"""The nets of examples/xor as short torch modules, and the time of both sides for a pass over the streams.

Written from the equations, in plain eager mode. Steps without an event leave a stream's state unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

import numpy as np
import torch
from interleaved_timing import TOLERANCE, deviation, figures, time_interleaved
from ltc_step import Ltc
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pack_padded_sequence
from torch_cfc import CfcCell, Lstm, set_weights

from mycaffe_py.layer import Layer
from mycaffe_py.solver import Solver

PASSES = ("net", "ours s", "torch s", "torch / ours", "least", "most")
BATCHES = 24  # a round of each side; their longest streams differ
OTHERS = ("x", "mask", "label")
Arrays = Mapping[str, np.ndarray]


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


class LtcSide(Ltc):
    """The same with LTC cells."""

    def __init__(self, layer: Layer):
        super().__init__(weights_of(layer))

    def forward(self, x: Tensor, t: Tensor, mask: Tensor) -> Tensor:
        v = x.new_zeros(x.shape[0], len(self.named["rnn_cell.gleak"]))
        seen = mask > 0
        inputs = torch.cat((x, mask), 2)
        for step in range(x.shape[1]):
            v = torch.where(seen[:, step], self.step(inputs[:, step], v, t[:, step]), v)
        return v @ self.named["fc.weight"].T + self.named["fc.bias"]


class LstmSide(nn.Module):
    """torch's own LSTM over the packed events of each stream, after one step without an event, as in Caffe's layer."""

    def __init__(self, layer: Layer, readout: Layer):
        super().__init__()
        hidden = layer.param.recurrent_param.num_output
        self.lstm, self.fc = nn.LSTM(2, hidden, batch_first=True), nn.Linear(hidden, 1)
        inner, bias, recurrent = (blob.data for blob in layer.blobs)
        order = [0, 1, 3, 2]  # ours are i, f, o, g, torch's i, f, g, o

        def gates(array: np.ndarray) -> np.ndarray:
            return array.reshape(4, hidden, -1)[order].reshape(array.shape)

        weight, shift = (blob.data for blob in readout.blobs)
        set_weights(
            self,
            {
                "lstm.weight_ih_l0": gates(inner),
                "lstm.weight_hh_l0": gates(recurrent),
                "lstm.bias_ih_l0": gates(bias),
                "lstm.bias_hh_l0": np.zeros_like(bias),
                "fc.weight": weight,
                "fc.bias": shift,
            },
        )

    def forward(self, x: Tensor, t: Tensor, mask: Tensor) -> Tensor:
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
        logit = self.model(batch["x"], batch["tt"], batch["mask"])
        return binary_cross_entropy_with_logits(logit, batch["label"])

    def step(self, batch: Mapping[str, Tensor]) -> None:
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


def draw(solver: Solver) -> dict[str, Tensor]:
    """Run our net on a new batch, and return the batch for torch."""
    solver.net.forward()
    blobs = solver.net.blobs
    times = "tt" if "tt" in blobs else "elapsed"
    return cut({"tt": blobs[times].data, **{name: blobs[name].data for name in OTHERS}})


def check(name: str, solver: Solver, theirs: TorchSide) -> None:
    """Stop if the losses, or the gradients of a CFC layer, differ."""
    batch = draw(solver)
    ours = float(solver.net.blobs["loss"].data)
    loss = theirs.loss(batch)
    worst = abs(ours - loss.item()) / ours
    if "cfc1" in solver.net.layer_dict:
        layer = solver.net.layer_dict["cfc1"]
        solver.net.clear_param_diffs()
        solver.net.backward()
        loss.backward()
        found = dict(zip(layer.blob_names, (blob.diff for blob in layer.blobs), strict=True))
        model = theirs.model
        parameters = model.named if isinstance(model, Ltc) else dict(model.named_parameters())
        for key, parameter in parameters.items():
            worst = max(worst, deviation(found[key], parameter.grad.numpy()))
    if worst > TOLERANCE:
        raise SystemExit(f"{name}: ours and torch's differ by {worst:.1e}")


def time_pass(name: str, solver: Solver, rounds: int) -> list[Any]:
    """Return a row of the table: the seconds for a pass over the streams."""
    torch.set_num_threads(1)
    theirs = TorchSide(solver)
    check(name, solver, theirs)
    batches: Iterator[Mapping[str, Tensor]] = cycle([draw(solver) for _ in range(BATCHES)])
    times = time_interleaved(
        [lambda: solver.step(1), lambda: theirs.step(next(batches))], rounds, BATCHES
    )
    ours, torchs, *ratios = figures(times, over=0)
    param = solver.net.layer_dict["streams"].param.bit_stream_param
    return [name, *(ms / 1e3 * param.streams / param.batch_size for ms in (ours, torchs)), *ratios]
