"""LeNet forward and backward at batch 64: ours and torch's in turn, one thread each.

Both sides have the same weights and images; before anything is timed, loss and gradients are compared.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import one_thread  # noqa: F401  (before NumPy)

# isort: split
import numpy as np
import torch
from reporting import Report

from mycaffe_py import TRAIN, Net
from mycaffe_py.builder import load_model
from mycaffe_py.denormals import flush_denormals

MODEL = "LeNet.prototxt"
LAYERS = ("conv1", "conv2", "ip1", "ip2")
GRADIENT_TOLERANCE = 1e-4  # of each array's maximum, float32
WARM_UP = 5


def build_ours(batch: int) -> Net:
    """Return the shipped LeNet with an Input layer in the place of its database."""
    model = load_model(MODEL)
    layers = model.message.layer
    data = layers[0]
    for name in ("transform_param", "data_param", "include"):
        data.ClearField(name)
    data.type = "Input"
    data.input_param.shape.add(dim=[batch, 1, 28, 28])
    data.input_param.shape.add(dim=[batch])
    del layers[1:3]
    model.nodes.clear()
    return Net(model, TRAIN)


class TorchLeNet(torch.nn.Module):
    """The same net in torch."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 20, 5)
        self.conv2 = torch.nn.Conv2d(20, 50, 5)
        self.ip1 = torch.nn.Linear(800, 500)
        self.ip2 = torch.nn.Linear(500, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pool = torch.nn.functional.max_pool2d
        x = pool(self.conv1(x), 2)
        x = pool(self.conv2(x), 2).flatten(1)
        return self.ip2(torch.relu(self.ip1(x)))


class Sides:
    """Both nets with the same weights and data."""

    def __init__(self, batch: int):
        self.net, self.model = build_ours(batch), TorchLeNet()
        rng = np.random.default_rng(1)
        images = rng.random((batch, 1, 28, 28), dtype=np.float32)
        labels = rng.integers(0, 10, batch)
        self.net.blobs["data"].data[...] = images
        self.net.blobs["label"].data[...] = labels
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)
        with torch.no_grad():
            for name in LAYERS:
                weight, bias = self.net.params[name]
                module = getattr(self.model, name)
                module.weight.copy_(torch.from_numpy(weight.data))
                module.bias.copy_(torch.from_numpy(bias.data))

    def ours(self) -> float:
        self.net.clear_param_diffs()
        return self.net.forward_backward()

    def theirs(self) -> float:
        self.model.zero_grad(set_to_none=False)
        loss = torch.nn.functional.cross_entropy(self.model(self.images), self.labels)
        loss.backward()
        return loss.item()

    def compare(self) -> str:
        """Return both losses and the largest deviation of a gradient, or stop if they differ."""
        losses = self.ours(), self.theirs()
        worst = 0.0
        for name in LAYERS:
            module = getattr(self.model, name)
            for blob, parameter in zip(
                self.net.params[name], (module.weight, module.bias), strict=True
            ):
                expected = parameter.grad.numpy()
                worst = max(
                    worst, float(np.abs(blob.diff - expected).max() / np.abs(expected).max())
                )
        text = f"loss {losses[0]:.7g} ours, {losses[1]:.7g} torch; gradients within {worst:.1e}"
        if abs(losses[0] - losses[1]) > 1e-4 * losses[1] or worst > GRADIENT_TOLERANCE:
            raise SystemExit(f"{text}: the two sides do not compute the same")
        return text


def time_in_turn(sides: list[Callable[[], Any]], rounds: int, steps: int) -> np.ndarray:
    """Return (rounds, sides) median milliseconds; the side that begins changes with each round."""
    for step in sides * WARM_UP:
        step()
    times = np.empty((rounds, len(sides)))
    for index in range(rounds):
        order = range(len(sides)) if index % 2 else reversed(range(len(sides)))
        for side in order:
            taken = []
            for _ in range(steps):
                start = time.perf_counter()
                sides[side]()
                taken.append(time.perf_counter() - start)
            times[index, side] = 1e3 * np.median(taken)
    return times


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=5, help="steps of each side in a round")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def main() -> int:
    args = parse()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    settings = {"model": MODEL, "batch": args.batch, "rounds": args.rounds}
    settings |= {"steps a round": args.steps, "threads": 1, "subnormals": "flush"}
    report = Report("LeNet forward and backward: ours and torch in turn", "lenet_step", settings)
    with flush_denormals():
        sides = Sides(args.batch)
        report.say(sides.compare())
        times = time_in_turn([sides.ours, sides.theirs], args.rounds, args.steps)
    ratios = times[:, 0] / times[:, 1]
    row = [*np.median(times, axis=0), np.median(ratios), ratios.min(), ratios.max()]
    columns = ("ours ms", "torch ms", "ours / torch", "least", "most")
    report.add("steps", columns, [[float(figure) for figure in row]])
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
