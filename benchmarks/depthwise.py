"""Time of depthwise convolutions, forward and backward, ours and torch's in turn.

The layers are those of MobileNet at 224 x 224, with batches of 1 and 32. Both sides have the same weights and images;
before the timing, outputs and gradients are compared. Times are the least of all rounds: what else runs on the
machine only adds to them. With ``--fast both`` ours runs with compiled kernels and
without. ``--threads`` is torch's number of threads; ours uses one here. Exit code 1 if one ratio of our time, forward
and backward together, to torch's is above 3 with compiled kernels, where they are measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)

# isort: split
import numpy as np
import torch
from fast_side import add_option, building, sides_of
from mycaffe_plugins.benchmark.interleaved_timing import TOLERANCE, deviation, time_interleaved
from reporting import Report
from torch.nn import functional

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.layer import LayerContext
from mycaffe_py.plugins import default_registry

MOST = 3.0
COLUMNS = (
    "layer",
    "ours",
    "forward ms",
    "torch",
    "ratio",
    "backward ms",
    "torch ",
    "ratio ",
    "both",
)


@dataclass
class Case:
    channels: int
    size: int
    stride: int
    batch: int

    @property
    def name(self) -> str:
        stride = f", stride {self.stride}" if self.stride > 1 else ""
        return f"{self.size} x {self.size} x {self.channels}{stride}, batch {self.batch}"


SHAPES = [
    (32, 112, 1),
    (64, 112, 2),
    (128, 56, 1),
    (128, 56, 2),
    (256, 28, 1),
    (256, 28, 2),
    (512, 14, 1),
    (512, 14, 2),
    (1024, 7, 1),
]


class Ours:
    """The layer with its blobs, on ``NumPy`` or ``compiled``."""

    def __init__(self, case: Case, fast: str):
        registry, device = default_registry(), Device()
        settings = (
            f"num_output: {case.channels} group: {case.channels} kernel_size: 3 pad: 1 "
            f'stride: {case.stride} weight_filler {{ type: "xavier" }} bias_filler {{ type: "uniform" }}'
        )
        text = f'name: "conv" type: "Convolution" convolution_param {{ {settings} }}'
        param = registry.schema.parse_text(text, "LayerParameter").message
        shape = (case.batch, case.channels, case.size, case.size)
        self.bottom = [Blob(shape, device=device, name="data")]
        self.top = [Blob(device=device, name="conv")]
        self.layer = registry.layers.find("Convolution")(param, LayerContext(registry, device))
        with building(fast):
            self.layer.initialize(self.bottom, self.top)
        rng = np.random.default_rng(3)
        self.bottom[0].data[...] = rng.standard_normal(shape)
        self.top[0].diff[...] = rng.standard_normal(self.top[0].shape)

    def forward(self) -> None:
        self.layer.reshape(self.bottom, self.top)
        self.layer.forward(self.bottom, self.top)

    def backward(self) -> None:
        for blob in self.layer.blobs:
            blob.diff.fill(0)  # as the solver does
        self.layer.backward(self.top, [True], self.bottom)

    def arrays(self) -> list[np.ndarray]:
        return [
            self.top[0].data,
            self.bottom[0].diff,
            *(blob.diff for blob in self.layer.blobs),
        ]


class Theirs:
    """The same with ``torch.nn.functional.conv2d`` and autograd."""

    def __init__(self, case: Case, ours: Ours):
        self.case = case
        arrays = [ours.bottom[0].data, *(blob.data for blob in ours.layer.blobs)]
        self.inputs = [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]
        self.gradient = torch.from_numpy(ours.top[0].diff.copy())
        self.top = self.found = self.gradients = None

    def forward(self) -> None:
        self.top = functional.conv2d(
            *self.inputs, stride=self.case.stride, padding=1, groups=self.case.channels
        )

    def backward(self) -> None:
        self.gradients = torch.autograd.grad(
            self.top, self.inputs, self.gradient, retain_graph=True
        )

    def arrays(self) -> list[np.ndarray]:
        return [self.top.detach().numpy(), *(found.numpy() for found in self.gradients)]


def measure(case: Case, rounds: int, fast: tuple[str, ...]) -> tuple[float, list[list[object]]]:
    """Return the largest deviation and a row of figures for each way that ours is run."""
    ours = [Ours(case, way) for way in fast]
    theirs = Theirs(case, ours[0])
    for blob, *others in zip(*(side.layer.blobs for side in ours), strict=True):
        for other in others:
            other.data[...] = blob.data
    for side in (*ours, theirs):
        side.forward()
        side.backward()
    worst = max(
        deviation(*pair)
        for side in ours
        for pair in zip(side.arrays(), theirs.arrays(), strict=True)
    )
    if worst > TOLERANCE:
        raise SystemExit(f"{case.name}: the sides differ by {worst:.1e} of an array's maximum")
    sides = [*ours, theirs]
    parts: list[list[Callable[[], None]]] = [
        [side.forward for side in sides],
        [side.backward for side in sides],
    ]
    ahead, back = (np.min(time_interleaved(part, rounds, warm_up=2), axis=0) for part in parts)
    rows: list[list[object]] = []
    for index, way in enumerate(fast):
        one, two = ahead[[index, -1]], back[[index, -1]]
        both = (one[0] + two[0]) / (one[1] + two[1])
        row = (*one, one[0] / one[1], *two, two[0] / two[1], both)
        rows.append([case.name, way, *map(float, row)])
    return worst, rows


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_option(parser)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1, help="torch's threads")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def main() -> int:
    args = parse()
    fast = sides_of(args.fast)
    torch.set_num_threads(args.threads)
    settings = {"type": "float32", "rounds": args.rounds, "torch's threads": args.threads}
    name = "depthwise" + (f"-{args.threads}-threads" if args.threads > 1 else "")
    report = Report("Depthwise convolution 3 x 3: ours and torch in turn", name, settings)
    worst, rows = 0.0, []
    for batch in args.batches:
        for shape in SHAPES:
            found, figures = measure(Case(*shape, batch), args.rounds, fast)
            worst = max(worst, found)
            rows += figures
    report.say(f"outputs and gradients agree within {worst:.1e} of each array's maximum")
    report.add("layers", COLUMNS, rows)
    summary = []
    for way in fast:
        ratios = [row[-1] for row in rows if row[1] == way]
        mean = float(np.exp(np.mean(np.log(ratios))))
        summary.append([way, mean, max(ratios), MOST])
    report.add("summary", ("ours", "mean ratio", "largest", "may be"), summary)
    report.finish(args.record)
    return 0 if summary[-1][2] <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
