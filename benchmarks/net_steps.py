"""Time of the shipped nets, forward and backward, ours and torch's in turn, on one thread each.

Both sides have the same weights and inputs; before the timing, their losses and gradients are compared.
Torch's side is ``torch_nets.py``. Exit code 1 if LeNet takes more than 1.2 times torch's time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import one_thread  # noqa: F401  (before NumPy)
import simd_width  # before NumPy

# isort: split
import numpy as np
import torch
import torch_nets
from interleaved_timing import COLUMNS, TOLERANCE, deviation, figures, time_interleaved
from reporting import Report

from mycaffe_py import TRAIN, Net
from mycaffe_py.builder import load_model
from mycaffe_py.device.denormals import flush_denormals

MOST = {"LeNet": 1.2}
"""Limits of our time, as a multiple of torch's."""
LOOSE = {"Siamese": 1e-3}  # Caffe adds 1e-4 to the distances that divide its gradient
BATCH = 64
STEPS = 8  # of SequenceLstm
Arrays = dict[str, np.ndarray]


def images(rng: np.random.Generator, channels: int, size: int) -> Arrays:
    """Return images and their classes."""
    data = rng.standard_normal((BATCH, channels, size, size), dtype=np.float32)
    return {"data": data, "label": rng.integers(0, 10, BATCH)}


def pairs(rng: np.random.Generator) -> Arrays:
    """Return pairs of images and whether they are similar."""
    data = rng.standard_normal((BATCH, 2, 28, 28), dtype=np.float32)
    return {"pair_data": data, "sim": rng.integers(0, 2, BATCH)}


def sequences(rng: np.random.Generator) -> Arrays:
    """Return sequences of rows, the marks of their beginnings, and the class of each at its last step."""
    data = rng.standard_normal((STEPS, BATCH, 8), dtype=np.float32)
    cont, label = np.ones((STEPS, BATCH)), np.full((STEPS, BATCH), -1)
    cont[0], label[-1] = 0, rng.integers(0, 10, BATCH)
    return {"sequence": data, "cont": cont, "label": label}


INPUTS: dict[str, Callable[[np.random.Generator], Arrays]] = {
    "LeNet": lambda rng: images(rng, 1, 28),
    "Siamese": pairs,
    "Cifar10Quick": lambda rng: images(rng, 3, 32),
    "SmallResNet": lambda rng: images(rng, 1, 28),
    "SequenceLstm": sequences,
}


def build_ours(name: str, values: Arrays) -> Net:
    """Return a shipped net for training, with an Input layer instead of its data layers."""
    message = load_model(f"{name}.prototxt").message
    layers = [layer for layer in message.layer if not set(layer.top) & set(values) and layer.bottom]
    del message.layer[:]
    shapes = [{"dim": array.shape} for array in values.values()]
    message.layer.add(name="inputs", type="Input", top=values, input_param={"shape": shapes})
    message.layer.extend(layers)
    return Net(message, TRAIN)


class Sides:
    """Both nets with the same weights and inputs."""

    def __init__(self, name: str):
        values = INPUTS[name](np.random.default_rng(1))
        self.net, self.model = build_ours(name, values), getattr(torch_nets, name)()
        for blob, array in values.items():
            self.net.blobs[blob].data[...] = array
        self.tensors = {blob: torch.from_numpy(array) for blob, array in values.items()}
        self.modules = [(n, m) for n, m in self.model.named_children() if n in self.net.params]
        with torch.no_grad():
            for layer, module in self.modules:
                arrays = torch_nets.blobs_of(module, [b.data for b in self.net.params[layer]])
                for parameter, array in zip(module.parameters(), arrays, strict=False):
                    parameter.copy_(torch.from_numpy(array))

    def ours(self) -> float:
        self.net.clear_param_diffs()
        return self.net.forward_backward()

    def theirs(self) -> float:
        self.model.zero_grad()
        loss = self.model(**self.tensors)
        loss.backward()
        return loss.item()

    def compare(self) -> str:
        """Describe both losses and the largest deviation of a gradient; stop if they differ."""
        losses = self.ours(), self.theirs()
        worst = 0.0
        for layer, module in self.modules:
            gradients = torch_nets.blobs_of(module, [b.diff for b in self.net.params[layer]])
            for parameter, gradient in zip(module.parameters(), gradients, strict=False):
                worst = max(worst, deviation(gradient, parameter.grad.numpy()))
        text = f"{self.net.name}: loss {losses[0]:.7g} ours, {losses[1]:.7g} torch; gradients within {worst:.1e}"
        if abs(losses[0] - losses[1]) > 1e-4 * losses[1] or worst > LOOSE.get(
            self.net.name, TOLERANCE
        ):
            raise SystemExit(f"{text}: the two sides do not compute the same")
        return text


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nets", nargs="+", choices=INPUTS, default=list(INPUTS), metavar="NET")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=5, help="steps of each side in a round")
    parser.add_argument(
        "--vectors", choices=simd_width.CHOICES, default="native", help="on both sides"
    )
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def main() -> int:
    args = parse()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    settings = {
        "type": "float32",
        "batch": BATCH,
        "vectors": simd_width.CHOSEN,
        "rounds": args.rounds,
    }
    settings |= {"steps a round": args.steps, "threads": 1, "subnormals": "flush"}
    name = "net_steps" + ("-avx2" if simd_width.CHOSEN == "avx2" else "")
    report = Report("Nets, forward and backward: ours and torch in turn", name, settings)
    rows = []
    for net in args.nets:
        sides = Sides(net)
        with flush_denormals():
            report.say(sides.compare())
            rows.append(
                [
                    net,
                    *figures(time_interleaved([sides.ours, sides.theirs], args.rounds, args.steps)),
                ]
            )
    report.add("nets", ("net", *COLUMNS), rows)
    report.finish(args.record)
    return 0 if all(row[3] <= MOST.get(row[0], np.inf) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
