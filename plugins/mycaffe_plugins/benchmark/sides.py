"""What is compared: sides that do the same work, with a step to be timed and results to be compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from mycaffe_py.compiled import SWITCH

from .interleaved_timing import deviation

Arrays = Mapping[str, np.ndarray]


class Side(Protocol):
    """One side of a comparison."""

    def results(self) -> Arrays:
        """Return loss or output, and gradients, by name, for the first values; called before any step."""

    def step(self) -> Any:
        """Run one step with the next values."""


class OurSide(Side, Protocol):
    """Our side, from which a peer takes weights and values."""

    def close(self) -> None:
        """Stop what reads ahead."""


def without_kernels(build: Callable[[], Any]) -> Any:
    """Return what ``build`` makes with compiled kernels turned off."""
    with _switched("0"):
        return build()


def with_kernels(build: Callable[[], Any]) -> Any:
    """Return what ``build`` makes with compiled kernels, where they can be used."""
    with _switched("1"):
        return build()


@contextmanager
def _switched(value: str) -> Iterator[None]:
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[SWITCH]
        else:
            os.environ[SWITCH] = before


def difference(found: Arrays, expected: Arrays) -> float:
    """Return the largest difference of what is expected, relative to each array's maximum; infinite if not finite."""
    worst = max(deviation(np.asarray(found[name]), expected[name]) for name in expected)
    return worst if np.isfinite(worst) else float("inf")
