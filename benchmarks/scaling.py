"""Cost of a training step of the tutorial's net against steps, hidden size, batch and parameters: time and memory.

One size is varied at a time; the others are the tutorial's. Without and with compiled kernels in turn, on one thread,
beside the floor: operations and bytes over what the machine reaches.
"""

from __future__ import annotations

import argparse
import math
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)
import simd_width  # noqa: F401  (before NumPy)

# isort: split
import numpy as np
from mycaffe_plugins.benchmark.interleaved_timing import time_interleaved
from mycaffe_plugins.benchmark.sides import with_kernels, without_kernels
from mycaffe_plugins.benchmark.tutorial import Sizes, TutorialSide
from reporting import RESULTS, Report

from mycaffe_py.cli.timing import cost_of
from mycaffe_py.compiled import why_not
from mycaffe_py.device import Ceilings, flush_denormals, measure_ceilings
from mycaffe_py.drawing import style
from mycaffe_py.layer.cost import floor_of
from mycaffe_py.solver.update_cost import update_cost

BASE = Sizes()
SWEEPS: dict[str, tuple[str, list[Sizes]]] = {
    "steps": (
        "time steps of a sequence",
        [replace(BASE, steps=n) for n in (10, 20, 41, 82, 164, 328, 656)],
    ),
    "hidden": (
        "hidden size",
        [replace(BASE, hidden=n) for n in (32, 64, 128, 256, 512, 1024)],
    ),
    "batch": (
        "sequences in a batch",
        [replace(BASE, batch=n) for n in (1, 2, 4, 8, 16, 32, 64, 128)],
    ),
    "parameters": (
        "parameters (hidden = 4 units)",
        [replace(BASE, hidden=4 * n, units=n) for n in (8, 16, 32, 64, 128, 256)],
    ),
}
"""What is varied, its name in the picture, and the sizes."""
POOL = 4
COLUMNS = (
    *("varied", "value", "parameters", "NumPy ms", "fast ms", "floor ms"),
    *("NumPy / fast", "NumPy MB", "fast MB"),
)
Build = Callable[[Sizes], TutorialSide]


def plain(sizes: Sizes) -> TutorialSide:
    return without_kernels(lambda: TutorialSide(sizes, pool=POOL))


def fast(sizes: Sizes) -> TutorialSide:
    return with_kernels(lambda: TutorialSide(sizes, pool=POOL))


def floor_ms(side: TutorialSide, ceilings: Ceilings) -> float:
    """Return the least milliseconds of a step."""
    solver = side.solver
    works = [update_cost(solver)]
    for index in range(len(solver.net.layers)):
        cost = cost_of(solver.net, index)
        works += [*cost.forward, *cost.backward]
    return 1e3 * floor_of(works, ceilings)


def megabytes(build: Build, sizes: Sizes) -> float:
    """Return the memory of what is kept from step to step: weights, history, blobs and working arrays."""
    tracemalloc.start()
    side = build(sizes)
    side.step()
    side.step()
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    values = sum(array.nbytes for batch in side.pool for array in batch.values())
    side.close()
    return (used - values) / 1e6


def measure(sizes: Sizes, builds: Sequence[Build], seconds: float, ceilings: Ceilings) -> list[Any]:
    """Return parameters, milliseconds without and with kernels, floor, ratio, and megabytes of both."""
    sides = [build(sizes) for build in builds]
    steps = [side.step for side in sides]
    once = time_interleaved(steps, 1, 1, warm_up=2).sum() / 1e3
    rounds = int(np.clip(seconds / once, 3, 15))
    each = int(np.clip(seconds / (rounds * once), 1, 10))
    times = time_interleaved(steps, rounds, each, warm_up=0)
    ms = [float(median) for median in np.median(times, axis=0)]
    ratio = float(np.median(times[:, 0] / times[:, -1])) if len(sides) > 1 else math.nan
    least = floor_ms(sides[0], ceilings)
    count = sum(blob.count for blob in sides[0].solver.net.learnable_params)
    for side in sides:
        side.close()
    memory = [megabytes(build, sizes) for build in builds]
    if len(sides) == 1:
        ms, memory = [*ms, math.nan], [*memory, math.nan]
    return [count, *ms, least, ratio, *memory]


def value_of(sweep: str, sizes: Sizes, parameters: int) -> int:
    return parameters if sweep == "parameters" else getattr(sizes, sweep)


def growth(rows: Sequence[Sequence[Any]], column: int) -> float:
    """Return the power with which a figure grows with the value over the upper half of a sweep."""
    upper = rows[len(rows) // 2 :]
    values = np.log([row[1] for row in upper])
    return float(np.polyfit(values, np.log([row[column] for row in upper]), 1)[0])


# The picture.

LINES = ((3, "NumPy", style.VERMILION, "o-"), (4, "with compiled kernels", style.BLUE, "s-"))
FLOOR = (5, "floor", style.GREY, "--")
MEMORY = ((7, "NumPy", style.VERMILION, "o-"), (8, "with compiled kernels", style.BLUE, "s-"))


def draw(rows: Sequence[Sequence[Any]], path: Path) -> None:
    """Draw time above and memory below, a column for each size that is varied."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 6), dpi=110)
    style.start(figure)
    style.heading(figure, "A training step of the tutorial's net, one size varied at a time")
    names = [name for name in SWEEPS if any(row[0] == name for row in rows)]
    plots = figure.subplots(2, len(names), squeeze=False)
    for column, name in enumerate(names):
        points = [row for row in rows if row[0] == name]
        _plot(plots[0, column], points, (*LINES, FLOOR), SWEEPS[name][0], "ms a step")
        _plot(plots[1, column], points, MEMORY, SWEEPS[name][0], "MB kept")
    style.legend_above(plots[0, 0])
    figure.savefig(path)


def _plot(axes: Any, rows: Sequence[Sequence[Any]], lines: Any, across: str, up: str) -> None:
    values = [row[1] for row in rows]
    for column, label, colour, mark in lines:
        if all(math.isfinite(row[column]) for row in rows):
            figures = [row[column] for row in rows]
            axes.plot(values, figures, mark, color=colour, label=label, markersize=4)
    axes.set_xscale("log", base=2 if values[-1] < 5000 else 10)
    axes.set_yscale("log")
    if values[-1] < 5000:
        axes.set_xticks(values, [str(value) for value in values])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: "")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    style.plain(axes)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sweeps", nargs="+", choices=SWEEPS, default=list(SWEEPS))
    parser.add_argument("--seconds", type=float, default=4.0, help="for each point (default 4)")
    parser.add_argument("--picture", metavar="FILE", help="draw the figures into a PNG")
    parser.add_argument(
        "--record", action="store_true", help="write the figures and the picture to results/"
    )
    return parser.parse_args()


def main() -> int:
    args = parse()
    reason = why_not()
    builds = (plain,) if reason else (plain, fast)
    settings = {
        "tutorial's sizes": f"batch {BASE.batch}, steps {BASE.steps}, hidden {BASE.hidden}, units {BASE.units}",
        "compiled kernels": reason or "in use",
        "subnormals": "flush",
        "threads": 1,
    }
    report = Report("Cost of a training step against its sizes", "scaling", settings)
    rows = []
    with flush_denormals():
        ceilings = measure_ceilings(plain(BASE).solver.net.device)
        report.say(f"floor: operations and bytes over {ceilings}")
        for name in args.sweeps:
            for sizes in SWEEPS[name][1]:
                found = measure(sizes, builds, args.seconds, ceilings)
                rows.append([name, value_of(name, sizes, found[0]), *found])
                cells = [f"{c:.4g}" if isinstance(c, float) else str(c) for c in rows[-1]]
                print("  ".join(cells), flush=True)
    report.add("points", COLUMNS, rows)
    last = 4 if len(builds) > 1 else 3
    powers = []
    for name in args.sweeps:
        points = [row for row in rows if row[0] == name]
        powers.append([name, growth(points, 3), growth(points, last), growth(points, last + 4)])
    report.say("The power with which time and memory grow, over the upper half of the values.")
    report.add("growth", ("varied", "NumPy ms", "fast ms", "MB"), powers)
    picture = Path(args.picture) if args.picture else RESULTS / "scaling.png"
    if args.picture or args.record:
        draw(rows, picture)
        print(f"drew {picture}")
    report.finish(args.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
