"""The vector instructions of depthwise correlation with kernels of 3 x 3, where channels are lanes.

Written as :mod:`mycaffe_py.compiled.tiles` are. All arguments but ``like``, any number of the arrays' type, are
addresses and strides in bytes; each address is that of a vector of channels. Bounds are not checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from mycaffe_py.compiled import Emitter, kernel_source

kernel_source(__name__)

_INDEX = ir.IntType(64)
SIDE = 3
TAPS = SIDE * SIDE


def _taps(emit: Emitter, x: Any, row: Any, column: Any) -> Iterator[Any]:
    """Yield the addresses of the nine cells of a window."""
    for down in range(SIDE):
        at = emit.moved(x, _INDEX(down), row)
        for across in range(SIDE):
            yield emit.moved(at, _INDEX(across), column)


def windows_tile(windows: int) -> Any:
    """Return the tile of that many windows beside each other.

    Call it as ``tile(like, x, x_row, x_column, x_step, w, w_step, start, out, out_step)``: out = start + the sum of
    x w over the cells of each window; windows are ``x_step`` apart, weights ``w_step``.
    """

    @intrinsic
    def product(typing, like, x, x_row, x_column, x_step, w, w_step, start, out, out_step):
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            x, row, column, step, w, w_step, start, out, out_step = args[1:]
            emit = Emitter(builder, like)
            sums = [emit.load(start, 0)] * windows
            cells = [
                list(_taps(emit, emit.moved(x, _INDEX(window), step), row, column))
                for window in range(windows)
            ]
            for tap in range(TAPS):
                weight = emit.load(emit.moved(w, _INDEX(tap), w_step), 0)
                for window in range(windows):
                    values = emit.load(cells[window][tap], 0)
                    sums[window] = emit.multiply_add(values, weight, sums[window])
            for window, total in enumerate(sums):
                emit.store(total, emit.moved(out, _INDEX(window), out_step), 0)
            return context.get_dummy_value()

        return types.void(like, *[types.int64] * 9), generate

    return product


def products_tile(windows: int) -> Any:
    """Return the tile that adds the products of that many windows beside each other to nine sums.

    Call it as ``tile(like, x, x_row, x_column, x_step, dy, dy_step, sums, sums_step)``: sums += x dy for each cell of
    the windows.
    """

    @intrinsic
    def product(typing, like, x, x_row, x_column, x_step, dy, dy_step, sums, sums_step):
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            x, row, column, step, dy, dy_step, sums, sums_step = args[1:]
            emit = Emitter(builder, like)
            places = [emit.moved(sums, _INDEX(tap), sums_step) for tap in range(TAPS)]
            totals = [emit.load(place, 0) for place in places]
            for window in range(windows):
                change = emit.load(emit.moved(dy, _INDEX(window), dy_step), 0)
                at = emit.moved(x, _INDEX(window), step)
                for tap, cell in enumerate(_taps(emit, at, row, column)):
                    totals[tap] = emit.multiply_add(emit.load(cell, 0), change, totals[tap])
            for place, total in zip(places, totals, strict=True):
                emit.store(total, place, 0)
            return context.get_dummy_value()

        return types.void(like, *[types.int64] * 8), generate

    return product


@intrinsic
def copy_vectors(typing, like, source, out):
    """Copy one vector."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit = Emitter(builder, like)
        emit.store(emit.load(args[1], 0), args[2], 0)
        return context.get_dummy_value()

    return types.void(like, *[types.int64] * 2), generate


@intrinsic
def clear_vector(typing, like, out):
    """Write one vector of zeros."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        emit = Emitter(builder, like)
        emit.store(emit.constant(0.0), args[1], 0)
        return context.get_dummy_value()

    return types.void(like, types.int64), generate
