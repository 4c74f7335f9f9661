"""Two tiles for convolutions: a sum of small products over a box of taps, and the transpose of a square.

Both are written in LLVM's instructions with explicit vectors, as :func:`mycaffe_py.compiled.tile` is.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from mycaffe_py.compiled import Emitter, kernel_source

kernel_source(__name__)

_INDEX = ir.IntType(64)


class _Loop:
    """A loop within a tile: its index, addresses that move by a stride each time, and the sums."""

    def __init__(self, emit: Emitter, name: str, starts: list[Any], sums: list[Any]):
        builder = emit.builder
        self.builder, self.before = builder, builder.block
        self.body = builder.append_basic_block(name)
        builder.branch(self.body)
        builder.position_at_end(self.body)
        firsts = [_INDEX(0), *starts, *sums]
        self.phis = [builder.phi(first.type) for first in firsts]
        for phi, first in zip(self.phis, firsts, strict=True):
            phi.add_incoming(first, self.before)
        self.addresses = self.phis[1 : 1 + len(starts)]
        self.sums = self.phis[1 + len(starts) :]

    def repeat(self, count: Any, strides: list[Any], sums: list[Any]) -> None:
        """End the body; it is repeated until it has run ``count`` times, at least once."""
        builder = self.builder
        index = builder.add(self.phis[0], _INDEX(1))
        moved = [builder.add(at, by) for at, by in zip(self.addresses, strides, strict=True)]
        for phi, value in zip(self.phis, [index, *moved, *sums], strict=True):
            phi.add_incoming(value, builder.block)
        after = builder.append_basic_block("after")
        builder.cbranch(builder.icmp_signed("<", index, count), self.body, after)
        builder.position_at_end(after)


def _emit_taps(emit: Emitter, rows: int, vectors: int, given: list[Any]) -> None:
    """Emit out[rows, lanes] = start + the sum over a box of taps of a[tap][rows, count] x[tap][count, lanes]."""
    down, a_down, x_down, across, a_across, x_across, count, *rest = given
    a, a_row, a_column, x, x_row, start, start_row, out, out_row = rest
    builder = emit.builder
    cells = [(row, vector) for row in range(rows) for vector in range(vectors)]
    starts = [emit.moved(start, _INDEX(row), start_row) for row in range(rows)]
    sums = [emit.load(starts[row], vector) for row, vector in cells]
    before = builder.block
    taps, done = builder.append_basic_block("taps"), builder.append_basic_block("done")
    any_tap = builder.icmp_signed(">", builder.mul(down, across), _INDEX(0))
    builder.cbranch(any_tap, taps, done)
    builder.position_at_end(taps)
    outer = _Loop(emit, "down", [a, x], sums)
    middle = _Loop(emit, "across", outer.addresses, outer.sums)
    inner = _Loop(emit, "inner", middle.addresses, middle.sums)
    added = _emit_products(emit, rows, vectors, inner, a_row)
    inner.repeat(count, [a_column, x_row], added)
    middle.repeat(across, [a_across, x_across], added)
    outer.repeat(down, [a_down, x_down], added)
    results = []
    last = builder.block
    builder.branch(done)
    builder.position_at_end(done)
    for first, new in zip(sums, added, strict=True):
        result = builder.phi(emit.vector)
        result.add_incoming(first, before)
        result.add_incoming(new, last)
        results.append(result)
    outs = [emit.moved(out, _INDEX(row), out_row) for row in range(rows)]
    for (row, vector), result in zip(cells, results, strict=True):
        emit.store(result, outs[row], vector)


def _emit_products(emit: Emitter, rows: int, vectors: int, inner: _Loop, a_row: Any) -> list[Any]:
    """Emit a column of a times a row of x, added to the sums."""
    a_at, x_at = inner.addresses
    loaded = [emit.load(x_at, vector) for vector in range(vectors)]
    added = []
    for row in range(rows):
        spread = emit.spread(emit.moved(a_at, _INDEX(row), a_row))
        for vector in range(vectors):
            total = inner.sums[row * vectors + vector]
            added.append(emit.multiply_add(spread, loaded[vector], total))
    return added


def tap_tile(rows: int, vectors: int) -> Any:
    """Return the tile of that shape.

    Call it as ``tile(like, down, a_down, x_down, across, a_across, x_across, count, a, a_row, a_column, x, x_row,
    start, start_row, out, out_row)``: out = start + the sum over ``down`` times ``across`` taps, which may be none,
    each ``count`` deep, at least 1. ``like`` is any number of the arrays' type; a, x, start and out are addresses,
    ``a_down`` and those like it strides in bytes. Columns of x, start and out must be adjacent; ``start`` may be
    ``out``. Bounds are not checked.
    """

    @intrinsic
    def product(
        typing, like, down, a_down, x_down, across, a_across, x_across, count,
        a, a_row, a_column, x, x_row, start, start_row, out, out_row,
    ):  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            _emit_taps(Emitter(builder, like), rows, vectors, list(args[1:]))
            return context.get_dummy_value()

        return types.void(like, *[types.int64] * 16), generate

    return product


def _transposed(emit: Emitter, rows: list[Any]) -> list[Any]:
    """Transpose a square of vectors: halves, quarters, ... of each pair of rows change places."""
    lanes, distance = len(rows), len(rows) // 2
    while distance:
        upper = [lane if not lane & distance else lane - distance + lanes for lane in range(lanes)]
        lower = [lane + distance if not lane & distance else lane + lanes for lane in range(lanes)]
        masks = [ir.Constant(ir.VectorType(ir.IntType(32), lanes), mask) for mask in (upper, lower)]
        for row in range(lanes):
            if not row & distance:
                pair = rows[row], rows[row + distance]
                rows[row], rows[row + distance] = (
                    emit.builder.shuffle_vector(*pair, mask) for mask in masks
                )
        distance //= 2
    return rows


def square_tile(lanes: int | None = None) -> Any:
    """Return the tile that transposes a square of vectors, by default whole ones: out[c, r] = source[r, c].

    Call it as ``square(like, source, source_row, out, out_row)``.
    """

    @intrinsic
    def transpose(typing, like, source, source_row, out, out_row):
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            _, given, given_row, result, result_row = args
            emit = Emitter(builder, like, lanes)
            each = range(emit.lanes)
            rows = [emit.load(emit.moved(given, _INDEX(row), given_row), 0) for row in each]
            for row, values in enumerate(_transposed(emit, rows)):
                emit.store(values, emit.moved(result, _INDEX(row), result_row), 0)
            return context.get_dummy_value()

        return types.void(like, *[types.int64] * 4), generate

    return transpose
