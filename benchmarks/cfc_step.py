"""Time of one training step of the tutorial's net, ours and torch's in turn, on one thread each.

A step is that of a user's run: new inputs and target, forward, backward, AdamW. Both sides start from the same
weights, get the same values, and treat subnormal numbers alike; before the timing, their losses and gradients are
compared. Torch's side is ``mycaffe_plugins.benchmark.torch_cfc``. With ``--threads 2``, our step with two threads and
with one are timed in turn instead.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import islice
from typing import Any

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)
import simd_width  # noqa: F401  (before NumPy)

# isort: split
import torch
from fast_side import add_option, building, sides_of
from mycaffe_plugins.benchmark.interleaved_timing import TOLERANCE, figures, time_interleaved
from mycaffe_plugins.benchmark.sides import Arrays, difference
from mycaffe_plugins.benchmark.torch_tutorial import TorchCfc
from mycaffe_plugins.benchmark.tutorial import (
    MODEL,
    SOLVER,
    Sizes,
    build_solver,
    fill,
    loss_and_gradients,
    windows,
)
from reporting import Report

import mycaffe_py.device.denormals
from mycaffe_py.device import blas_threads, can_flush, can_set_threads
from mycaffe_py.solver import Solver

WARM_UP = 10


def ours(solver: Solver, threads: int = 1) -> Callable[[Arrays], None]:
    """Return our step; with a trainer it fetches its own values from the gym."""

    def step(values: Arrays) -> None:
        if solver.trainer is None:
            fill(solver, values)
        with blas_threads(threads):
            solver.step(1)

    return step


def fed(step: Callable[[Arrays], None], values: list[Arrays]) -> Callable[[], None]:
    """Return ``step`` called with the next of the values each time."""
    following = iter(values)
    return lambda: step(next(following))


def sizes_of(batch: int, args: argparse.Namespace) -> Sizes:
    """Return the sizes of the net; with ``--small``, 32 neurons, 32 units and 32 steps."""
    small = {"steps": 32, "hidden": 32, "units": 32} if args.small else {}
    return Sizes(batch, with_mask=not args.no_mask, **small)


def measure(batch: int, args: argparse.Namespace) -> tuple[list[str], list[list[Any]]]:
    """Return the results of the comparisons, and the rows of figures for one batch size."""
    names, solvers, checks = sides_of(args.fast), [], []
    for name in names:
        with building(name):
            solvers.append(build_solver(sizes_of(batch, args), with_trainer=args.with_trainer))
    theirs = TorchCfc(solvers[0], args.fused_adamw)
    values = windows(solvers[0])
    first = next(values)
    expected = theirs.loss_and_gradients(first)
    for name, solver in zip(names, solvers, strict=True):
        found = loss_and_gradients(solver, first)
        worst = difference(found, expected)
        checks.append(
            f"batch {batch}, {name}: loss {found['loss']:.7g} ours, {expected['loss']:.7g} torch; "
            f"gradients within {worst:.1e} of each array's maximum"
        )
        if worst > TOLERANCE:
            raise SystemExit(f"{checks[-1]}: the two sides do not compute the same")
    seen = list(islice(values, WARM_UP + args.rounds * args.steps))
    sides = [fed(step, seen) for step in (*map(ours, solvers), theirs.step)]
    times = time_interleaved(sides, args.rounds, args.steps, WARM_UP)
    rows = [
        [batch, name, *figures(times[:, [index, -1]], over=0)] for index, name in enumerate(names)
    ]
    return checks, rows


def measure_threads(batch: int, args: argparse.Namespace) -> list[Any]:
    """Return the row of figures for one batch size: our step with ``--threads`` and with one, in turn."""
    sizes = Sizes(batch, with_mask=not args.no_mask)
    sides = []
    for threads in (args.threads, 1):
        solver = build_solver(sizes, with_trainer=args.with_trainer)
        seen = list(islice(windows(solver), WARM_UP + args.rounds * args.steps))
        sides.append(fed(ours(solver, threads), seen))
    times = time_interleaved(sides, args.rounds, args.steps, WARM_UP)
    return [batch, *figures(times, over=0)]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, nargs="+", default=[1], help="batch sizes (default 1)")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--steps", type=int, default=10, help="steps of each side in a round")
    parser.add_argument(
        "--no-mask", action="store_true", help="leave out the mask path on both sides"
    )
    parser.add_argument(
        "--with-trainer", action="store_true", help="our side also runs gym and trainer"
    )
    parser.add_argument(
        "--fused-adamw", action="store_true", help="torch's fused AdamW, not its default"
    )
    parser.add_argument("--small", action="store_true", help="32 neurons, 32 units, 32 steps")
    add_option(parser)
    parser.add_argument("--denormals", choices=("flush", "keep"), default="flush")
    parser.add_argument(
        "--threads",
        type=int,
        default=1,
        help="compare our step with this many BLAS threads and with one, instead of torch",
    )
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def set_denormals(mode: str) -> None:
    """Set the same treatment of subnormal numbers on both sides."""
    if mode == "keep":
        mycaffe_py.device.denormals._libm = (
            None  # the solver then leaves the processor's setting alone
        )
    elif not can_flush() or not torch.set_flush_denormal(True):
        raise SystemExit(
            "subnormal numbers cannot be flushed here on both sides: use --denormals keep"
        )


def compare_threads(name: str, settings: dict[str, Any], args: argparse.Namespace) -> int:
    """Report our step with several threads beside that with one."""
    if not can_set_threads():
        raise SystemExit("this NumPy's BLAS cannot be told how many threads to use")
    del settings["torch's AdamW"]
    report = Report(f"One training step with {args.threads} threads and with one", name, settings)
    rows = [measure_threads(batch, args) for batch in args.batch]
    columns = ("batch", f"{args.threads} threads ms", "1 thread ms", "speed-up", "least", "most")
    report.add("threads", columns, rows)
    report.finish(args.record)
    return 0


def main() -> int:
    args = parse()
    torch.set_num_threads(1)
    set_denormals(args.denormals)
    settings = {
        "model": MODEL,
        "solver": SOLVER,
        "mask": "no" if args.no_mask else "yes",
        "trainer and gym on our side": "yes" if args.with_trainer else "no",
        "torch's AdamW": "fused" if args.fused_adamw else "default",
        "subnormals": args.denormals,
        "rounds": args.rounds,
        "steps a round": args.steps,
        "threads": args.threads,
    }
    suffixes = {
        "-no-mask": args.no_mask,
        "-with-trainer": args.with_trainer,
        "-small": args.small,
        "-fused-adamw": args.fused_adamw,
        "-keep-denormals": args.denormals == "keep",
        f"-threads-{args.threads}": args.threads > 1,
    }
    name = "cfc_step" + "".join(suffix for suffix, given in suffixes.items() if given)
    if args.threads > 1:
        return compare_threads(name, settings, args)
    report = Report("One training step: ours and torch eager in turn", name, settings)
    rows = []
    for batch in args.batch:
        checks, lines = measure(batch, args)
        for text in checks:
            report.say(text)
        rows += lines
    report.add(
        "steps", ("batch", "ours on", "ours ms", "torch ms", "torch / ours", "least", "most"), rows
    )
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
