"""Time of convolutions, forward and backward, ours and torch's in turn, on one thread each.

The layers are those of LeNet, Cifar10Quick and SmallResNet at batch 64 and of CaffeNet at batch 8. Both sides have the
same weights and get the same images; before the timing, their outputs and gradients are compared. With ``--fast both``
ours runs with compiled kernels and without, all three in turn. Exit code 1 if the geometric mean of the ratios of our
time to torch's, with compiled kernels where they are measured, is above 1.3, or one ratio above 2.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)
import simd_width  # before NumPy

# isort: split
import numpy as np
import torch
from fast_side import add_option, building, sides_of
from mycaffe_plugins.benchmark.interleaved_timing import (
    COLUMNS,
    TOLERANCE,
    deviation,
    figures,
    time_interleaved,
)
from reporting import Report
from torch.nn import functional

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.layer import LayerContext
from mycaffe_py.plugins import default_registry

MAX_MEAN, MAX_LAYER = 1.3, 2.0


@dataclass
class Case:
    name: str
    images: tuple[int, int, int, int]
    outputs: int
    kernel: int
    stride: int = 1
    pad: int = 0
    first: bool = False
    """Whether the bottom is the data, which needs no gradient."""


CASES = [
    Case("LeNet conv1, batch 64", (64, 1, 28, 28), 20, 5, first=True),
    Case("LeNet conv2, batch 64", (64, 20, 12, 12), 50, 5),
    Case("Cifar10Quick conv2, batch 64", (64, 32, 16, 16), 32, 5, pad=2),
    Case("Cifar10Quick conv3, batch 64", (64, 32, 8, 8), 64, 5, pad=2),
    Case("SmallResNet res1, batch 64", (64, 16, 14, 14), 16, 3, pad=1),
    Case("SmallResNet res2a, batch 64", (64, 16, 14, 14), 32, 3, stride=2, pad=1),
    Case("SmallResNet res2b, batch 64", (64, 32, 7, 7), 32, 3, pad=1),
    Case("SmallResNet res3b, batch 64", (64, 64, 4, 4), 64, 3, pad=1),
    Case("CaffeNet conv1, batch 8", (8, 3, 227, 227), 96, 11, stride=4, first=True),
    Case("CaffeNet conv2, one group", (8, 48, 27, 27), 128, 5, pad=2),
    Case("CaffeNet conv3", (8, 256, 13, 13), 384, 3, pad=1),
    Case("CaffeNet conv5, one group", (8, 192, 13, 13), 128, 3, pad=1),
]


class Ours:
    """The layer with its blobs, on ``NumPy`` or ``compiled``."""

    def __init__(self, case: Case, device: Device, fast: str):
        registry = default_registry()
        settings = (
            f"num_output: {case.outputs} kernel_size: {case.kernel} stride: {case.stride} "
            f'pad: {case.pad} weight_filler {{ type: "xavier" }} bias_filler {{ type: "uniform" }}'
        )
        text = f'name: "conv" type: "Convolution" convolution_param {{ {settings} }}'
        param = registry.schema.parse_text(text, "LayerParameter").message
        self.bottom = [Blob(case.images, device=device, name="data")]
        self.top = [Blob(device=device, name="conv")]
        self.layer = registry.layers.find("Convolution")(param, LayerContext(registry, device))
        with building(fast):
            self.layer.initialize(self.bottom, self.top)
        rng = np.random.default_rng(3)
        self.bottom[0].data[...] = rng.standard_normal(case.images)
        self.top[0].diff[...] = rng.standard_normal(self.top[0].shape)
        self.needs = [not case.first]

    def __call__(self) -> None:
        for blob in self.layer.blobs:
            blob.diff.fill(0)  # as the solver does
        self.layer.reshape(self.bottom, self.top)
        self.layer.forward(self.bottom, self.top)
        self.layer.backward(self.top, self.needs, self.bottom)

    def arrays(self) -> list[np.ndarray]:
        gradients = [self.bottom[0].diff] if self.needs[0] else []
        return [self.top[0].data, *gradients, *(blob.diff for blob in self.layer.blobs)]


class Theirs:
    """The same with ``torch.nn.functional.conv2d`` and autograd."""

    def __init__(self, case: Case, ours: Ours):
        self.case = case
        self.images = torch.from_numpy(ours.bottom[0].data.copy()).requires_grad_(not case.first)
        self.blobs = [
            torch.from_numpy(blob.data.copy()).requires_grad_() for blob in ours.layer.blobs
        ]
        self.gradient = torch.from_numpy(ours.top[0].diff.copy())

    def __call__(self) -> None:
        for tensor in (self.images, *self.blobs):
            tensor.grad = None
        self.forward().backward(self.gradient)

    def forward(self) -> torch.Tensor:
        return functional.conv2d(
            self.images, *self.blobs, stride=self.case.stride, padding=self.case.pad
        )

    def arrays(self) -> list[np.ndarray]:
        gradients = [] if self.case.first else [self.images.grad]
        tensors = [self.forward().detach(), *gradients, *(blob.grad for blob in self.blobs)]
        return [tensor.numpy() for tensor in tensors]


def compare(case: Case, ours: Ours, theirs: Theirs) -> float:
    """Return the largest deviation, relative to its array's maximum."""
    ours()
    theirs()
    worst = max(map(deviation, ours.arrays(), theirs.arrays()))
    if worst > TOLERANCE:
        raise SystemExit(f"{case.name}: the sides differ by {worst:.1e} of an array's maximum")
    return worst


def measure(case: Case, rounds: int, fast: tuple[str, ...]) -> tuple[float, list[list[object]]]:
    """Return the deviation and the rows of figures for one layer: one for each way that ours is run."""
    ours = [Ours(case, Device(), way) for way in fast]  # a device each: the same weights
    theirs = Theirs(case, ours[0])
    worst = max(compare(case, side, theirs) for side in ours)
    times = time_interleaved([*ours, theirs], rounds)
    rows = [figures(times[:, [index, -1]]) for index in range(len(ours))]
    return worst, [[case.name, way, *row] for way, row in zip(fast, rows, strict=True)]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_option(parser)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument(
        "--vectors", choices=simd_width.CHOICES, default="native", help="on both sides"
    )
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def main() -> int:
    args = parse()
    fast = sides_of(args.fast)
    torch.set_num_threads(1)
    settings = {
        "type": "float32",
        "vectors": simd_width.CHOSEN,
        "rounds": args.rounds,
        "threads": 1,
    }
    name = "convolution" + ("-avx2" if simd_width.CHOSEN == "avx2" else "")
    report = Report("Convolution, forward and backward: ours and torch in turn", name, settings)
    worst, rows = 0.0, []
    for case in CASES:
        found, figures_of_case = measure(case, args.rounds, fast)
        worst = max(worst, found)
        rows += figures_of_case
    report.say(f"outputs and gradients agree within {worst:.1e} of each array's maximum")
    report.add("layers", ("layer", "ours", *COLUMNS), rows)
    ratios = [row[4] for row in rows if row[1] == fast[-1]]
    mean = math.prod(ratios) ** (1 / len(ratios))
    good = mean <= MAX_MEAN and max(ratios) <= MAX_LAYER
    report.add(
        "summary",
        ("", "ours / torch", "may be"),
        [["geometric mean", mean, MAX_MEAN], ["slowest layer", max(ratios), MAX_LAYER]],
    )
    report.finish(args.record)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
