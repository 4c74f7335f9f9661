"""Implementation of ``mycaffe benchmark``."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.cli import echo, say, say_replaced
from mycaffe_py.compiled import why_not
from mycaffe_py.device import can_set_threads
from mycaffe_py.weights import atomic_write, check_target

from .machine import environment
from .report import agreement, as_markdown, as_values, faults, results_table
from .rows import Row, all_rows
from .running import Result, chosen, run_row, same_conditions

SECONDS, QUICK_SECONDS = 6.0, 1.2
"""For each row."""
TITLE = (
    "CfC of the tutorial and XOR: a training step with its update; the others: forward and backward. Medians of rounds "
    "in which the sides take turns; ratios: median (least to most) of the rounds' ratios"
)


def measure(
    *,
    quick: bool,
    groups: Sequence[str],
    threads: int,
    no_torch: bool,
    out: str | None,
    as_json: bool,
) -> int:
    """Time the rows and print the table; return the exit code."""
    if out is not None:
        check_target(out)  # before minutes are spent
    rows = chosen(list(all_rows()), groups, quick)
    no_kernels = why_not()
    without_torch = "left out" if no_torch else why_no_torch()
    lines = [
        "" if no_kernels is None else f"compiled kernels: {no_kernels}",
        "" if without_torch is None else f"torch: {without_torch}",
        "" if can_set_threads() else "this NumPy's BLAS cannot be told how many threads to use: compare with care",
    ]  # fmt: skip
    started = time.perf_counter()
    with same_conditions(threads, without_torch is None), np.errstate(all="ignore"):
        seconds = QUICK_SECONDS if quick else SECONDS
        results = _run_all(rows, no_kernels is None, without_torch is None, seconds)
        machine = environment()
    settings = {
        "threads": threads,
        "subnormals": "flushed",
        "quick": quick,
        "seconds": round(time.perf_counter() - started, 1),
    }
    wrong = faults(results)
    lines = [line for line in (TITLE, agreement(results), *wrong, *lines) if line]
    values = as_values(results, settings, machine)
    if as_json:
        echo(json.dumps(values, indent=1, allow_nan=False))
    else:
        echo("\n".join([results_table(results), *lines]))
        echo("\n".join(f"{name}: {fact}" for name, fact in machine.items()))
    if out is not None:
        _write(Path(out), values, as_markdown(results, lines, machine))
    return 1 if wrong else 0


def _run_all(rows: Sequence[Row], fast: bool, with_torch: bool, seconds: float) -> list[Result]:
    results = []
    for number, row in enumerate(rows, 1):
        result = run_row(row, fast=fast, with_torch=with_torch, seconds=seconds)
        results.append(result)
        shown = ", ".join(f"{side} {ms:.3g} ms" for side, ms in result.ms.items())
        say(f"{number}/{len(rows)} {row.name}, batch {row.batch}: {shown}")
    return results


def why_no_torch() -> str | None:
    """Return why torch cannot be compared with, in words; None if it can."""
    if find_spec("torch") is None:
        return "not installed: pip install torch, and its times appear beside these"
    try:
        import_module("torch")
    except Exception as error:  # a broken installation raises more than ImportError
        return f"cannot be imported: {' '.join(str(error).split())}"
    return None


def _write(path: Path, values: dict[str, Any], text: str) -> None:
    say_replaced([path])
    written = json.dumps(values, indent=1) + "\n" if path.suffix.lower() == ".json" else text
    atomic_write(path, written.encode())
    say(f"wrote {path}")
