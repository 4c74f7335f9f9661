"""Time of the shipped nets, forward and backward, ours and torch's in turn, on one thread each.

Both sides have the same weights and inputs; before the timing, their losses and gradients are compared.
Torch's side is ``mycaffe_plugins.benchmark.torch_nets``. Ours runs on NumPy alone and on compiled kernels, all in turn.
Exit code 1 if a net takes more than its multiple of torch's time.
"""

from __future__ import annotations

import argparse
import sys

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)
import simd_width  # before NumPy

# isort: split
import numpy as np
import torch
from fast_side import add_option, building, sides_of
from mycaffe_plugins.benchmark.image_nets import BATCH, INPUTS, NetSide
from mycaffe_plugins.benchmark.interleaved_timing import (
    COLUMNS,
    TOLERANCE,
    figures,
    time_interleaved,
)
from mycaffe_plugins.benchmark.sides import difference
from mycaffe_plugins.benchmark.torch_images import TorchNet
from reporting import Report

from mycaffe_py.device import flush_denormals

MOST = {
    "NumPy": {"LeNet": 1.2},
    "compiled": {"LeNet": 0.9, "Cifar10Quick": 0.95, "SmallResNet": 1.1},
}
"""Limits of our time, as a multiple of torch's."""
LOOSE = {"Siamese": 1e-3}  # Caffe adds 1e-4 to the distances that divide its gradient


def compare(ours: NetSide, theirs: TorchNet) -> str:
    """Describe both losses and the largest deviation of a gradient; stop if they differ."""
    found, expected = ours.results(), theirs.results()
    worst = difference(found, expected)
    text = (
        f"{ours.name}: loss {found['loss']:.7g} ours, {expected['loss']:.7g} torch; "
        f"gradients within {worst:.1e}"
    )
    if worst > LOOSE.get(ours.name, TOLERANCE):
        raise SystemExit(f"{text}: the two sides do not compute the same")
    return text


def measure(name: str, args: argparse.Namespace, report: Report) -> list[list]:
    """Return the rows of figures of a net: one for each of our sides."""
    names, sides = sides_of(args.fast), []
    for side in names:
        with building(side):
            sides.append(NetSide(name))
    theirs = TorchNet(sides[0])
    with flush_denormals():
        for side in sides:
            report.say(compare(side, theirs))
        steps = [*(side.step for side in sides), theirs.step]
        times = time_interleaved(steps, args.rounds, args.steps)
    rows = [figures(times[:, [index, -1]]) for index in range(len(sides))]
    return [[name, side, *row] for side, row in zip(names, rows, strict=True)]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nets", nargs="+", choices=INPUTS, default=list(INPUTS), metavar="NET")
    add_option(parser)
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
    rows = [row for net in args.nets for row in measure(net, args, report)]
    report.add("nets", ("net", "ours", *COLUMNS), rows)
    report.finish(args.record)
    return 0 if all(row[4] <= MOST[row[1]].get(row[0], np.inf) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
