"""Resident memory over many updates of the tutorial's net: flat, or exit code 1.

Each part of the run reports the resident memory at its end. The first parts may grow, while buffers and caches are
filled; from then on a straight line through the rest must not rise by more than a limit in all.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from pathlib import Path
from typing import Any

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)

# isort: split
import numpy as np
from reporting import Report

from mycaffe_py.builder import build_training
from mycaffe_py.compiled import why_not

MODEL, SOLVER = "LiquidNetCfc.prototxt", "adamw.prototxt"
SMALL = ("cfc1.cfc_param.hidden_size=8", "cfc1.cfc_unit_param.backbone_units=8")
PARTS, SETTLING = 50, 10
"""The run is divided into parts; the first of them do not count."""


def resident_mb() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def rise(updates: np.ndarray, megabytes: np.ndarray) -> float:
    """Return by how many MB a straight line rises from the first to the last point."""
    slope = np.polyfit(updates, megabytes, 1)[0]
    return float(slope * (updates[-1] - updates[0]))


def run(args: argparse.Namespace) -> list[list[Any]]:
    """Return (updates, MB) at the end of each part; stops at the time limit."""
    overrides = [] if args.whole else list(SMALL)
    overrides.append(f"solver.max_iter={args.updates}")
    training = build_training(solver=SOLVER, model=MODEL, overrides=overrides, device="cpu", seed=1)
    solver, rows = training.solver, []
    end = time.monotonic() + args.seconds
    for part in range(1, PARTS + 1):
        solver.step(args.updates * part // PARTS - solver.iter)
        gc.collect()
        rows.append([solver.iter, resident_mb()])
        print(f"{solver.iter:,} updates: {rows[-1][1]:.2f} MB", flush=True)
        if time.monotonic() > end and part > 2 * SETTLING:
            break
    return rows


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument(
        "--whole", action="store_true", help="the tutorial's sizes, not a small net"
    )
    parser.add_argument("--seconds", type=float, default=1800.0, help="at most about that long")
    parser.add_argument("--limit", type=float, default=0.5, help="allowed rise in MB (default 0.5)")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    return parser.parse_args()


def main() -> int:
    args = parse()
    if args.updates < 10 * PARTS:
        raise SystemExit(f"--updates must be at least {10 * PARTS}")
    settings = {
        "net": "the tutorial's" if args.whole else "the tutorial's with hidden size 8, units 8",
        "updates": args.updates,
        "compiled kernels": why_not() or "in use",
        "gym and trainer": "yes",
        "limit MB": args.limit,
    }
    name = "leaks-whole" if args.whole else "leaks"
    report = Report("Resident memory over many updates", name, settings)
    rows = run(args)
    kept = np.array(rows[SETTLING:], dtype=float)
    risen = rise(kept[:, 0], kept[:, 1])
    report.add("memory", ("updates", "MB"), rows[:: max(1, len(rows) // 10)])
    report.keep("parts", ("updates", "MB"), rows)
    updates = f"{kept[-1, 0] - kept[0, 0]:,.0f} updates"
    report.say(f"From {kept[0, 0]:,.0f} updates on, over {updates}: {risen:+.3f} MB along a line.")
    flat = risen <= args.limit
    report.say("PASSED: resident memory is flat" if flat else "MISSED: resident memory grows")
    report.finish(args.record)
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
