"""The option --fast: whether our side runs on NumPy alone, on compiled kernels (the extra fast), or both in turn."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from mycaffe_py.compiled import SWITCH, why_not

_SIDES = {"no": ("NumPy",), "yes": ("compiled",), "both": ("NumPy", "compiled")}


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fast", choices=tuple(_SIDES), default="both", help="our side(s): with compiled kernels?"
    )


def sides_of(fast: str) -> tuple[str, ...]:
    """Return the names of our sides."""
    return _SIDES[fast]


@contextmanager
def building(side: str) -> Iterator[None]:
    """Context in which nets and solvers are built for a side."""
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = "1" if side == "compiled" else "0"
    if side == "compiled" and (reason := why_not()):
        raise SystemExit(f"no compiled kernels: {reason}; use --fast no")
    try:
        yield
    finally:
        os.environ.pop(SWITCH)
        if before is not None:
            os.environ[SWITCH] = before
