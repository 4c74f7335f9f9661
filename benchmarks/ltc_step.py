"""Time of forward and backward of a CFC layer with LTC cells, ours and torch's in turn, on one thread each.

Torch's side is the authors' equations (Hasani et al. 2021) in plain eager mode. Both sides start from the same
weights, get the same values, and treat subnormal numbers alike; before the timing, their outputs and gradients are
compared.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import one_thread  # noqa: F401  (before NumPy)
import simd_width  # noqa: F401  (before NumPy)

# isort: split
import numpy as np
import torch
from interleaved_timing import TOLERANCE, deviation, figures, time_interleaved
from reporting import Report
from torch import Tensor, nn

from mycaffe_py.device import Device
from mycaffe_py.device.denormals import flush_denormals
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text

FEATURES, OUTPUTS, UNFOLDS, EPSILON = 2, 1, 6, 1e-8


class Ltc(nn.Module):
    """LTC cells over a sequence: x (B, T, F), spans (B, T) -> fc of the last state (B, O)."""

    def __init__(self, weights: dict[str, np.ndarray]):
        super().__init__()
        self.named = {name: nn.Parameter(torch.tensor(array)) for name, array in weights.items()}
        for name, parameter in self.named.items():
            self.register_parameter(name.replace(".", "_"), parameter)

    def synapses(self, potentials: Tensor, group: str) -> tuple[Tensor, Tensor]:
        sigma, mu, w, erev = (
            self.named[f"rnn_cell.{group}{name}"] for name in ("sigma", "mu", "w", "erev")
        )
        flow = w * torch.sigmoid(sigma * (potentials[..., None] - mu))
        return (flow * erev).sum(1), flow.sum(1)

    def step(self, x: Tensor, v: Tensor, span: Tensor) -> Tensor:
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
        v = x.new_zeros(x.shape[0], len(self.named["rnn_cell.gleak"]))
        for step in range(x.shape[1]):
            v = self.step(x[:, step], v, spans[:, step])
        return v @ self.named["fc.weight"].T + self.named["fc.bias"]


def build_ours(batch: int, steps: int, hidden: int) -> Net:
    text = f"""layer {{ name: "data" type: "Input" top: "x" top: "tt" input_param {{
        shape {{ dim: {batch} dim: {steps} dim: {FEATURES} }} shape {{ dim: {batch} dim: {steps} }} }} }}
      layer {{ name: "ltc" type: "CFC" bottom: "x" bottom: "tt" top: "y" loss_weight: 1
        cfc_param {{ cell_type: LTC hidden_size: {hidden} output_features: {OUTPUTS} }} }}"""
    registry = default_registry()
    document = load_net_text(registry.schema, text)
    return Net(document, registry=registry, device=Device(seed=1))


class Sides:
    """Both nets with one batch of values."""

    def __init__(self, batch: int, steps: int, hidden: int):
        rng = np.random.default_rng(7)
        self.net = build_ours(batch, steps, hidden)
        self.layer = self.net.layer_dict["ltc"]
        names, blobs = self.layer.blob_names, self.layer.blobs
        self.torch_net = Ltc({n: b.data.copy() for n, b in zip(names, blobs, strict=True)})
        self.values = {
            "x": rng.standard_normal((batch, steps, FEATURES)).astype(np.float32),
            "tt": rng.uniform(0, 2, (batch, steps)).astype(np.float32),
        }
        self.tensors = [torch.from_numpy(array) for array in self.values.values()]

    def ours(self) -> np.ndarray:
        self.net.clear_param_diffs()
        y = self.net.forward(**self.values)["y"]
        self.net.backward()
        return y

    def theirs(self) -> np.ndarray:
        self.torch_net.zero_grad()
        y = self.torch_net(*self.tensors)
        y.sum().backward()
        return y.detach().numpy()

    def compare(self) -> tuple[float, float]:
        """Return the largest deviation of the outputs, and that of the gradients relative to their arrays' maxima."""
        of_output = deviation(self.ours(), self.theirs())
        named = self.torch_net.named
        found = zip(self.layer.blob_names, self.layer.blobs, strict=True)
        return of_output, max(deviation(b.diff, named[n].grad.numpy()) for n, b in found)


def measure(batch: int, args: argparse.Namespace) -> tuple[str, list[Any]]:
    """Return the result of the comparison, and the row of figures for one batch size."""
    sides = Sides(batch, args.steps, args.hidden)
    of_output, of_gradients = sides.compare()
    checked = (
        f"batch {batch}: outputs within {of_output:.1e}, gradients within {of_gradients:.1e} of each "
        "array's maximum"
    )
    if max(of_output, of_gradients) > TOLERANCE:
        raise SystemExit(f"{checked}: the two sides do not compute the same")
    times = time_interleaved([sides.ours, sides.theirs], args.rounds)
    return checked, [batch, *figures(times, over=0)]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16, 128])
    parser.add_argument("--steps", type=int, default=32, help="steps of a sequence (default 32)")
    parser.add_argument("--hidden", type=int, default=64, help="hidden_size (default 64)")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def main() -> int:
    args = parse()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    settings = {
        "hidden_size": args.hidden,
        "steps": args.steps,
        "ode_unfolds": UNFOLDS,
        "features": FEATURES,
        "subnormals": "flush",
        "rounds": args.rounds,
        "threads": 1,
    }
    report = Report(
        "LTC cells, forward and backward: ours and torch eager in turn", "ltc_step", settings
    )
    rows = []
    with flush_denormals():
        for batch in args.batch:
            checked, row = measure(batch, args)
            report.say(checked)
            rows.append(row)
    report.add("steps", ("batch", "ours ms", "torch ms", "torch / ours", "least", "most"), rows)
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
