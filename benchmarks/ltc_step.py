"""Time of forward and backward of a CFC layer with LTC cells, ours and torch's in turn, on one thread each.

Torch's side is the authors' equations (Hasani et al. 2021) in plain eager mode. Both sides start from the same
weights, get the same values, and treat subnormal numbers alike; before the timing, their outputs and gradients are
compared.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from typing import Any

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)
import simd_width  # noqa: F401  (before NumPy)

# isort: split
import torch
from mycaffe_plugins.benchmark.interleaved_timing import (
    TOLERANCE,
    deviation,
    figures,
    time_interleaved,
)
from mycaffe_plugins.benchmark.sequence_layers import LTC_FEATURES, ltc_side
from mycaffe_plugins.benchmark.sides import difference, with_kernels, without_kernels
from mycaffe_plugins.benchmark.torch_ltc import UNFOLDS
from mycaffe_plugins.benchmark.torch_sequences import TorchLtc
from reporting import Report

from mycaffe_py.compiled import SWITCH, why_not
from mycaffe_py.device import flush_denormals

KERNELS = {"yes": ["compiled"], "no": ["plain"], "both": ["compiled", "plain"]}
MAKERS = {"compiled": with_kernels, "plain": without_kernels}


def measure(batch: int, args: argparse.Namespace) -> tuple[list[str], list[list[Any]]]:
    """Return, for each of our sides, the result of the comparison and the row of figures for one batch size."""
    kernels = KERNELS[args.fast]
    make = partial(ltc_side, batch, args.steps, args.hidden)
    sides = [MAKERS[kind](make) for kind in kernels]
    theirs = TorchLtc(sides[0])
    expected, checked = theirs.results(), []
    for kind, side in zip(kernels, sides, strict=True):
        found = side.results()
        of_output, of_gradients = deviation(found["y"], expected["y"]), difference(found, expected)
        checked.append(
            f"batch {batch}, {kind} kernels: outputs within {of_output:.1e}, gradients within "
            f"{of_gradients:.1e} of each array's maximum"
        )
        if max(of_output, of_gradients) > TOLERANCE:
            raise SystemExit(f"{checked[-1]}: the two sides do not compute the same")
    times = time_interleaved([*(side.step for side in sides), theirs.step], args.rounds)
    return checked, [
        [batch, kind, *figures(times[:, [index, -1]], over=0)] for index, kind in enumerate(kernels)
    ]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16, 128])
    parser.add_argument("--steps", type=int, default=32, help="steps of a sequence (default 32)")
    parser.add_argument("--hidden", type=int, default=64, help="hidden_size (default 64)")
    parser.add_argument(
        "--fast",
        choices=KERNELS,
        default="both",
        help="our side with compiled kernels (the extra fast), without, or each in turn (default)",
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    args = parser.parse_args()
    os.environ.pop(SWITCH, None)
    if args.fast != "no" and why_not() is not None:
        parser.error(f"no compiled kernels: {why_not()}; measure without them with --fast no")
    return args


def main() -> int:
    args = parse()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    settings = {
        "hidden_size": args.hidden,
        "steps": args.steps,
        "ode_unfolds": UNFOLDS,
        "features": LTC_FEATURES,
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
            checked, found = measure(batch, args)
            for line in checked:
                report.say(line)
            rows += found
    columns = ("batch", "kernels", "ours ms", "torch ms", "torch / ours", "least", "most")
    report.add("steps", columns, rows)
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
