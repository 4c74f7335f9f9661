"""Expected values of LSTM, RNN and LSTMUnit, from PyTorch."""

from __future__ import annotations

import numpy as np
import torch
from recording import Recorder
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(1701)
RECORDER = Recorder("recurrent")

STEPS, BATCH, INPUTS, SIZE, STATIC = 5, 3, 3, 4, 2
GOES_ON = torch.cat([torch.zeros(1, BATCH), torch.ones(STEPS - 1, BATCH)])
WITH_STARTS = torch.tensor([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]).double()


def reorder(rows: torch.Tensor) -> torch.Tensor:
    """Turn rows of the library's gates i, f, g, o into Caffe's order i, f, o, g."""
    i, f, g, o = rows.chunk(4)
    return torch.cat([i, f, o, g])


def record(
    name: str, settings: str, bottoms: list, tops: list, blobs: list[list], wanted: list[int]
) -> None:
    """Enter one case.

    ``blobs`` lists (values, parameter, function that turns the parameter's gradient into ours); ``wanted``
    are the bottoms with a gradient. Only the first top hands one down.
    """
    dy = torch.randn(tops[0].shape)
    inputs = [bottoms[index] for index in wanted]
    gradients = torch.autograd.grad(
        tops[0], [*inputs, *(p for _, p, _ in blobs)], dy, allow_unused=True
    )
    diffs: list = [None] * len(bottoms)
    for index, gradient in zip(wanted, gradients, strict=False):
        diffs[index] = gradient.numpy()
    RECORDER.add(
        name,
        settings,
        bottoms=[b.detach().numpy() for b in bottoms],
        tops=[t.detach().numpy() for t in tops],
        top_diffs=[dy.numpy(), *(np.zeros(t.shape) for t in tops[1:])],
        bottom_diffs=diffs,
        blobs=[value.detach().numpy() for value, _, _ in blobs],
        blob_diffs=[
            turn(gradient).numpy()
            for (_, _, turn), gradient in zip(blobs, gradients[len(wanted) :], strict=True)
        ],
    )


def settings(kind: str, exposed: bool = False) -> str:
    """Return the layer in prototxt."""
    tops = 'top: "y" top: "h" top: "c"' if kind == "LSTM" else 'top: "y" top: "h"'
    more = f"expose_hidden: {str(exposed).lower()}"
    return (
        f'type: "{kind}" {tops if exposed else ""} recurrent_param {{ num_output: {SIZE} {more} }}'
    )


def core_blobs(net: nn.Module, turn, static: bool) -> list[list]:
    """Return the input's weight, bias, static weight and the state's weight of an LSTM or RNN module."""
    inputs, bias, hidden = net.weight_ih_l0, net.bias_ih_l0, net.weight_hh_l0
    parts = [
        [turn(inputs)[:, :INPUTS], inputs, lambda g: turn(g)[:, :INPUTS]],
        [turn(bias), bias, turn],
    ]
    if static:
        parts.append([turn(inputs)[:, INPUTS:], inputs, lambda g: turn(g)[:, INPUTS:]])
    return [*parts, [turn(hidden), hidden, turn]]


def module(kind: type, features: int) -> nn.Module:
    """Return a module of one layer whose second bias, which Caffe lacks, is 0."""
    net = kind(features, SIZE)
    nn.init.zeros_(net.bias_hh_l0)
    return net


def lstm_whole() -> None:
    """Enter a sequence that starts at the first step, run by the library as a whole."""
    net = module(nn.LSTM, INPUTS)
    x = torch.randn(STEPS, BATCH, INPUTS, requires_grad=True)
    y, _ = net(x)
    record("lstm_whole", settings("LSTM"), [x, GOES_ON], [y], core_blobs(net, reorder, False), [0])


def sequences(
    kind: str, name: str, cont: torch.Tensor, static: bool = False, exposed: bool = False
) -> None:
    """Enter sequences run one step at a time, so that cont can clear the state."""
    is_lstm = kind == "LSTM"
    net = module(nn.LSTM if is_lstm else nn.RNN, INPUTS + STATIC * static)
    x = torch.randn(STEPS, BATCH, INPUTS, requires_grad=True)
    extra = torch.randn(BATCH, STATIC, requires_grad=True)
    whole = torch.cat([x, extra.expand(STEPS, -1, -1)], 2) if static else x
    state = [torch.randn(1, BATCH, SIZE) * exposed for _ in range(1 + is_lstm)]
    bottoms = [x, cont, *([extra] if static else []), *(state if exposed else [])]
    outputs = []
    for t in range(STEPS):
        kept = [part * cont[t][:, None] for part in state]
        y, after = net(whole[t : t + 1], tuple(kept) if is_lstm else kept[0])
        state = list(after) if is_lstm else [after]
        outputs.append(y)
    output = torch.cat(outputs)
    blobs = core_blobs(net, reorder if is_lstm else torch.clone, static)
    if not is_lstm:
        readout = nn.Linear(SIZE, SIZE)
        output = torch.tanh(readout(output))
        blobs += [[p, p, torch.clone] for p in (readout.weight, readout.bias)]
    tops = [output, *(state if exposed else [])]
    record(name, settings(kind, exposed), bottoms, tops, blobs, [0, 2] if static else [0])


def lstm_unit() -> None:
    """One step after its sums, with gradients from both tops."""
    c_prev = torch.randn(1, BATCH, SIZE, requires_grad=True)
    sums = (2 * torch.randn(1, BATCH, 4 * SIZE)).requires_grad_()
    cont = torch.tensor([[1.0, 0, 1]])
    i, f, o, g = sums.chunk(4, dim=2)
    keep = cont[:, :, None]
    c = torch.sigmoid(f) * keep * c_prev + torch.sigmoid(i) * torch.tanh(g)
    h = torch.sigmoid(o) * torch.tanh(c)
    dc, dh = torch.randn(c.shape), torch.randn(h.shape)
    gradients = torch.autograd.grad([c, h], [c_prev, sums], [dc, dh])
    RECORDER.add(
        "lstm_unit",
        'type: "LSTMUnit"',
        bottoms=[c_prev.detach().numpy(), sums.detach().numpy(), cont.numpy()],
        tops=[c.detach().numpy(), h.detach().numpy()],
        top_diffs=[dc.numpy(), dh.numpy()],
        bottom_diffs=[gradient.numpy() for gradient in gradients],
    )


if __name__ == "__main__":
    lstm_whole()
    for layer in ("LSTM", "RNN"):
        prefix = layer.lower()
        sequences(layer, prefix, GOES_ON)
        sequences(layer, f"{prefix}_starts", WITH_STARTS)
        sequences(layer, f"{prefix}_static", WITH_STARTS, static=True)
        sequences(layer, f"{prefix}_exposed", 1 - WITH_STARTS, static=True, exposed=True)
    lstm_unit()
    RECORDER.write()
