"""What a layer's passes need at least: floating-point operations and bytes moved, for floors of their time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mycaffe_py.blob.blob import Blob
    from mycaffe_py.device.ceilings import Ceilings

FUNCTION = 10
"""Operations that a tanh, exp or logistic function counts as: the shortest approximations in float32 take about
that many."""


@dataclass(frozen=True)
class Work:
    """A part of a pass that is limited by arithmetic or by memory, whichever takes longer.

    ``flops`` counts a multiplication and an addition as one each. ``bytes`` are those read and written;
    ``footprint`` the different ones among them, if some are read again at each step (0: all are different).
    ``steps`` is how many parts of it must wait for the previous one, as the steps of a recurrent layer do.
    """

    flops: float = 0.0
    bytes: float = 0.0
    footprint: float = 0.0
    steps: int = 1

    @property
    def distinct(self) -> float:
        """The number of different bytes."""
        return self.footprint or self.bytes


@dataclass(frozen=True)
class Cost:
    """The work of a forward and of a backward pass: parts that follow each other."""

    forward: tuple[Work, ...] = ()
    backward: tuple[Work, ...] = ()

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.forward + other.forward, self.backward + other.backward)


def fault_of(cost: Any) -> str | None:
    """Say what is wrong with what a layer's ``cost()`` returned; None if nothing is."""
    if not isinstance(cost, Cost):
        return f"cost() must return a Cost, not {cost!r:.100}"
    for name, works in (("forward", cost.forward), ("backward", cost.backward)):
        for work in works:
            numbers = (work.flops, work.bytes, work.footprint, work.steps)
            if not all(math.isfinite(number) and number >= 0 for number in numbers):
                return f"cost() must count from 0 up, but {name} has {work}"
    return None


def flops_of(works: Iterable[Work]) -> float:
    """Return the operations of all parts."""
    return float(sum(work.flops for work in works))


def bytes_of(works: Iterable[Work]) -> float:
    """Return the bytes of all parts."""
    return float(sum(work.bytes for work in works))


def floor_of(works: Iterable[Work], ceilings: Ceilings) -> float:
    """Return the least seconds that the parts take one after the other."""
    return sum(ceilings.seconds(work.flops, work.bytes, work.distinct) for work in works)


def product(rows: int, inner: int, columns: int, itemsize: int) -> Work:
    """Return the work of a matrix product (rows, inner) x (inner, columns)."""
    moved = rows * inner + inner * columns + rows * columns
    return Work(2.0 * rows * inner * columns, float(itemsize) * moved)


def linear(
    rows: int, inputs: int, outputs: int, itemsize: int, *, bias: bool, learns: bool, to_input: bool
) -> Cost:
    """Return the cost of y = x W^T + b for x (rows, inputs): backward has a product for dW and one for dx."""
    added = float(rows * outputs * bias)
    multiply = product(rows, inputs, outputs, itemsize)
    ahead = Work(multiply.flops + added, multiply.bytes + itemsize * outputs * bias)
    back = []
    if learns:
        back.append(Work(ahead.flops, ahead.bytes + itemsize * inputs * outputs))  # dW is added to
    if to_input:
        back.append(multiply)
    return Cost((ahead,), tuple(back))


def recurrent(
    weights: int, per_sample: int, operations: float, steps: int, batch: int, itemsize: int
) -> Work:
    """Return the work of ``steps`` dependent steps: products of ``weights`` numbers, read again at each step.

    ``per_sample`` is how many numbers each sample reads and writes at a step besides, ``operations`` how many
    operations it needs besides the products.
    """
    each = itemsize * (weights + batch * per_sample)
    flops = steps * batch * (2.0 * weights + operations)
    return Work(flops, float(steps * each), float(each), steps)


def elementwise(
    layer: Any,
    bottom: Sequence[Blob],
    top: Sequence[Blob],
    propagate_down: Sequence[bool],
    operations: float = 1.0,
) -> Cost:
    """Return the cost by size alone: every blob is read or written once, ``operations`` for each element.

    The elements are those of the bottoms or of the tops, whichever are more. Backward reads the tops' gradients and
    writes those of the bottoms that get one, and of the learnable blobs.
    """
    itemsize = layer.dtype.itemsize
    sources, results = sum(blob.count for blob in bottom), sum(blob.count for blob in top)
    own = sum(blob.count for blob in layer.blobs)
    ahead = Work(operations * max(sources, results), float(itemsize * (sources + results + own)))
    wanted = sum(blob.count for blob, want in zip(bottom, propagate_down, strict=False) if want)
    learned = sum(
        blob.count
        for blob, learns in zip(layer.blobs, layer.param_propagate_down, strict=False)
        if learns
    )
    if not wanted and not learned:
        return Cost((ahead,))
    back = Work(operations * max(wanted, results), float(itemsize * (results + wanted + learned)))
    return Cost((ahead,), (back,))
