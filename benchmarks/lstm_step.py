"""Time of forward and backward of the LSTM layer, ours and torch's in turn, on one thread each.

Torch's side is ``nn.LSTM``. All sides start from the same weights, get the same values, and treat subnormal numbers
alike; before the timing, their outputs and gradients are compared.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)
import simd_width  # noqa: F401  (before NumPy)

# isort: split
import numpy as np
import torch
from mycaffe_plugins.benchmark.interleaved_timing import TOLERANCE, deviation, time_interleaved
from reporting import Report
from torch import nn

from mycaffe_py.compiled import SWITCH, why_not
from mycaffe_py.device import Device
from mycaffe_py.device.denormals import flush_denormals
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text

KINDS = {"yes": ("compiled",), "no": ("NumPy",), "both": ("compiled", "NumPy")}


def build(batch: int, args: argparse.Namespace, compiled: bool) -> Net:
    """Build a net of one LSTM layer, with its kernels or without."""
    steps, size = args.steps, args.hidden
    text = f"""layer {{ name: "data" type: "Input" top: "x" top: "cont" input_param {{
        shape {{ dim: {steps} dim: {batch} dim: {args.features} }} shape {{ dim: {steps} dim: {batch} }} }} }}
      layer {{ name: "lstm" type: "LSTM" bottom: "x" bottom: "cont" top: "y" recurrent_param {{ num_output: {size}
        weight_filler {{ type: "uniform" min: -0.12 max: 0.12 }}
        bias_filler {{ type: "uniform" min: -0.12 max: 0.12 }} }} }}
      force_backward: true"""
    registry = default_registry()
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = "1" if compiled else "0"
    try:
        return Net(load_net_text(registry.schema, text), registry=registry, device=Device(seed=1))
    finally:
        os.environ.pop(SWITCH)
        if before is not None:
            os.environ[SWITCH] = before


class Sides:
    """Our nets and torch's with one batch of values: the sum of y times fixed numbers is differentiated."""

    def __init__(self, batch: int, args: argparse.Namespace):
        rng = np.random.default_rng(7)
        self.nets = [build(batch, args, kind == "compiled") for kind in KINDS[args.fast]]
        shape = (args.steps, batch)
        self.values = {
            "x": rng.standard_normal((*shape, args.features)).astype(np.float32),
            "cont": np.repeat(np.arange(args.steps) > 0, batch).reshape(shape).astype(np.float32),
        }
        self.dy = rng.standard_normal((*shape, args.hidden)).astype(np.float32)
        self.lstm = nn.LSTM(args.features, args.hidden)
        inner, bias, recurrent = (b.data for b in self.nets[0].layer_dict["lstm"].blobs)
        ours = (inner, recurrent, bias, np.zeros_like(bias))
        with torch.no_grad():
            for parameter, values in zip(self.lstm.parameters(), ours, strict=True):
                parameter.copy_(torch.from_numpy(torch_order(values)))
        self.x = torch.from_numpy(self.values["x"]).requires_grad_()
        self.torch_dy = torch.from_numpy(self.dy)
        self.steps = [lambda net=net: self.ours(net) for net in self.nets] + [self.theirs]

    def ours(self, net: Net) -> np.ndarray:
        net.clear_param_diffs()
        y = net.forward(**self.values)["y"]
        net.blobs["y"].diff[...] = self.dy
        net.backward()
        return y

    def theirs(self) -> np.ndarray:
        self.lstm.zero_grad()
        self.x.grad = None
        y, _ = self.lstm(self.x)
        y.backward(self.torch_dy)
        return y.detach().numpy()

    def compare(self, net: Net) -> tuple[float, float]:
        """Return the largest deviation of the outputs, and that of the gradients relative to their arrays' maxima."""
        of_output = deviation(self.ours(net), self.theirs())
        inner, bias, recurrent = (b.diff for b in net.layer_dict["lstm"].blobs)
        theirs = [parameter.grad.numpy() for parameter in self.lstm.parameters()]
        pairs = [
            (net.blobs["x"].diff, self.x.grad.numpy()),
            *((torch_order(a), b) for a, b in zip((inner, recurrent, bias), theirs, strict=False)),
        ]
        return of_output, max(deviation(*pair) for pair in pairs)


def torch_order(array: np.ndarray) -> np.ndarray:
    """Turn rows of Caffe's gates i, f, o, g into torch's order i, f, g, o."""
    i, f, o, g = array.reshape(4, -1, *array.shape[1:])
    return np.concatenate([i, f, g, o])


def measure(batch: int, args: argparse.Namespace, report: Report) -> list[list[Any]]:
    """Compare the sides, and return a row of figures for each of ours."""
    sides = Sides(batch, args)
    for kind, net in zip(KINDS[args.fast], sides.nets, strict=True):
        of_output, of_gradients = sides.compare(net)
        checked = (
            f"batch {batch}, {kind}: outputs within {of_output:.1e}, gradients within {of_gradients:.1e} of each "
            "array's maximum"
        )
        if max(of_output, of_gradients) > TOLERANCE:
            raise SystemExit(f"{checked}: the sides do not compute the same")
        report.say(checked)
    times = time_interleaved(sides.steps, args.rounds, steps=max(1, 32 // batch))
    rows = []
    for index, kind in enumerate(KINDS[args.fast]):
        ratios = times[:, -1] / times[:, index]
        ours, theirs = np.median(times[:, index]), np.median(times[:, -1])
        figures = (ours, theirs, np.median(ratios), ratios.min(), ratios.max())
        rows.append([batch, kind, *map(float, figures)])
    return rows


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 32, 128])
    parser.add_argument("--steps", type=int, default=32, help="steps of a sequence (default 32)")
    parser.add_argument("--hidden", type=int, default=64, help="num_output (default 64)")
    parser.add_argument("--features", type=int, default=8, help="features of x (default 8)")
    parser.add_argument(
        "--fast", choices=KINDS, default="both", help="our side: compiled kernels, NumPy, or both"
    )
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def main() -> int:
    args = parse()
    reason = why_not()
    if args.fast != "no" and reason:
        raise SystemExit(f"no compiled kernels: {reason}")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    settings = {
        "num_output": args.hidden,
        "steps": args.steps,
        "features": args.features,
        "subnormals": "flush",
        "rounds": args.rounds,
        "threads": 1,
    }
    report = Report(
        "The LSTM layer, forward and backward: ours and torch's nn.LSTM in turn",
        "lstm_step",
        settings,
    )
    rows = []
    with flush_denormals():
        for batch in args.batch:
            rows += measure(batch, args, report)
    columns = ("batch", "ours", "ours ms", "torch ms", "torch / ours", "least", "most")
    report.add("steps", columns, rows)
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
