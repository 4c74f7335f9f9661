"""Times rows, with all sides in turn, within a time for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mycaffe_py.device import blas_threads, flush_denormals

from .interleaved_timing import time_interleaved
from .rows import Row
from .sides import Side, difference, with_kernels, without_kernels

PLAIN, FAST, TORCH = "NumPy", "fast", "torch"
_ROUNDS, _LEAST_ROUNDS, _MOST_STEPS = 9, 3, 20
_WARM_UP = 2
_LONG = 0.3
"""Seconds of a step that need no further ones to warm up."""


@dataclass(frozen=True)
class Ratio:
    """The median of the rounds' ratios of two sides' times, and the least and the largest."""

    median: float
    least: float
    most: float


@dataclass
class Result:
    """What was found for a row."""

    row: Row
    ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds of a step, by side: the medians over the rounds."""
    differences: dict[str, float] = field(default_factory=dict)
    """By side, the largest difference from the reference, relative to each array's maximum."""
    rounds: int = 0
    steps: int = 0
    """Of each side in a round."""
    times: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def agree(self) -> bool:
        """Whether all sides computed the same."""
        return all(worst <= self.row.tolerance for worst in self.differences.values())

    def ratio(self, slower: str, faster: str) -> Ratio | None:
        """Return how many times longer one side takes than another; None unless both ran and all sides agree."""
        names = list(self.ms)
        if not self.agree or slower not in names or faster not in names:
            return None
        ratios = self.times[:, names.index(slower)] / self.times[:, names.index(faster)]
        return Ratio(float(np.median(ratios)), float(ratios.min()), float(ratios.max()))


@contextmanager
def same_conditions(threads: int, with_torch: bool) -> Iterator[None]:
    """Give both sides as many threads, and let both turn subnormal numbers to zero."""
    with ExitStack() as stack:
        stack.enter_context(blas_threads(threads))
        stack.enter_context(flush_denormals())
        if with_torch:
            stack.enter_context(_torch_as(threads))
        yield


@contextmanager
def _torch_as(threads: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(False)


def run_row(row: Row, *, fast: bool, with_torch: bool, seconds: float) -> Result:
    """Compare the results of a row's sides, then time them, for about that many seconds."""
    result = Result(row)
    plain = without_kernels(row.ours)
    ours = {PLAIN: plain}
    if fast:
        ours[FAST] = with_kernels(row.ours)
    try:
        found = {name: side.results() for name, side in ours.items()}
        sides: dict[str, Side] = dict(ours)
        if with_torch:
            sides[TORCH] = row.theirs(plain)
            found[TORCH] = sides[TORCH].results()
        reference = TORCH if with_torch else PLAIN
        result.differences = {
            name: difference(values, found[reference])
            for name, values in found.items()
            if name != reference
        }
        _time(result, sides, seconds)
    finally:
        for side in ours.values():
            side.close()
    return result


def _time(result: Result, sides: dict[str, Side], seconds: float) -> None:
    steps = [side.step for side in sides.values()]
    once = sum(_seconds_of(step) for step in steps)
    rounds = int(np.clip(seconds / once, _LEAST_ROUNDS, _ROUNDS))
    result.steps = int(np.clip(seconds / (rounds * once), 1, _MOST_STEPS))
    result.rounds = rounds
    result.times = time_interleaved(steps, rounds, result.steps, warm_up=0)
    medians = np.median(result.times, axis=0)
    result.ms = {name: float(ms) for name, ms in zip(sides, medians, strict=True)}


def _seconds_of(step: Callable[[], Any]) -> float:
    """Return the time of a step, after others that warm up; the sides have run once before, for their results."""
    for number in range(1 + _WARM_UP):
        start = time.perf_counter()
        step()
        took = time.perf_counter() - start
        if took > _LONG or number == _WARM_UP:
            break
    return took


def chosen(rows: Sequence[Row], groups: Sequence[str], quick: bool) -> list[Row]:
    """Return the rows of these groups, all if none is given; with ``quick`` the few of them that are quick."""
    kept = [row for row in rows if not groups or row.group in groups]
    return [row for row in kept if row.quick] if quick else kept
