"""The register tile: a small matrix product whose sums stay in vector registers.

It is written in LLVM's own instructions with explicit vectors, since loops over arrays reach a third of its speed.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .compiling import kernel_source
from .vectors import HOST

kernel_source(__name__)

_INDEX = ir.IntType(64)


class Emitter:
    """Writes a tile's instructions: of the real type that Numba calls ``like``, with strides in bytes.

    ``lanes`` is the number of elements of a vector, by default as many as fit in a register.
    """

    def __init__(self, builder: Any, like: Any, lanes: int | None = None):
        self.real = ir.FloatType() if like == types.float32 else ir.DoubleType()
        self.size = 4 if like == types.float32 else 8
        self.builder, self.lanes = builder, lanes or HOST.width // self.size
        real, lanes = self.real, self.lanes
        self.vector = ir.VectorType(real, lanes)
        name = f"llvm.fmuladd.v{lanes}f{8 * self.size}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self._fused = cgutils.get_or_insert_function(builder.module, kind, name)

    def moved(self, address: Any, index: Any, stride: Any) -> Any:
        """address + index * stride"""
        return self.builder.add(address, self.builder.mul(index, stride))

    def place(self, address: Any, vector: int) -> Any:
        """The pointer to the vector of that number."""
        at = self.builder.add(address, _INDEX(vector * self.lanes * self.size))
        return self.builder.inttoptr(at, self.vector.as_pointer())

    def load(self, address: Any, vector: int) -> Any:
        """Load a vector; it need not be aligned to more than an element."""
        return self.builder.load(self.place(address, vector), align=self.size)

    def store(self, value: Any, address: Any, vector: int) -> None:
        """Store a vector, aligned as :meth:`load` has it."""
        self.builder.store(value, self.place(address, vector), align=self.size)

    def spread(self, address: Any) -> Any:
        """Load one number into all lanes."""
        pointer = self.builder.inttoptr(address, self.real.as_pointer())
        number = self.builder.load(pointer, align=self.size)
        none = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(none, number, ir.IntType(32)(0))
        return self.builder.shuffle_vector(first, none, _lanes([0] * self.lanes))

    def constant(self, number: float) -> Any:
        """A number in all lanes."""
        return ir.Constant(self.vector, [ir.Constant(self.real, number)] * self.lanes)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """a * b + c"""
        return self.builder.call(self._fused, [a, b, c])


def _emit_tile(emit: Emitter, rows: int, vectors: int, given: list[Any]) -> None:
    """Emit out[rows, lanes of the vectors] = start + x[rows, count] w[count, lanes of the vectors]."""
    count, x, x_row, x_column, w, w_row, start, start_row, out, out_row = given
    builder = emit.builder
    cells = [(row, vector) for row in range(rows) for vector in range(vectors)]
    starts = [emit.moved(start, _INDEX(row), start_row) for row in range(rows)]
    begin = [emit.load(starts[row], vector) for row, vector in cells]
    before = builder.block
    body, done = builder.append_basic_block("inner"), builder.append_basic_block("done")
    none = builder.icmp_signed(">", count, _INDEX(0))
    builder.cbranch(none, body, done)
    builder.position_at_end(body)
    index = builder.phi(_INDEX)
    sums = [builder.phi(emit.vector) for _ in cells]
    w_at = emit.moved(w, index, w_row)
    weights = [emit.load(w_at, vector) for vector in range(vectors)]
    x_at = emit.moved(x, index, x_column)
    spread = [emit.spread(emit.moved(x_at, _INDEX(row), x_row)) for row in range(rows)]
    added = [
        emit.multiply_add(spread[row], weights[vector], total)
        for (row, vector), total in zip(cells, sums, strict=True)
    ]
    following = builder.add(index, _INDEX(1))
    index.add_incoming(_INDEX(0), before)
    index.add_incoming(following, body)
    for total, first, new in zip(sums, begin, added, strict=True):
        total.add_incoming(first, before)
        total.add_incoming(new, body)
    builder.cbranch(builder.icmp_signed("<", following, count), body, done)
    builder.position_at_end(done)
    results = []  # all phis come first in a block
    for first, new in zip(begin, added, strict=True):
        result = builder.phi(emit.vector)
        result.add_incoming(first, before)
        result.add_incoming(new, body)
        results.append(result)
    outs = [emit.moved(out, _INDEX(row), out_row) for row in range(rows)]
    for (row, vector), result in zip(cells, results, strict=True):
        emit.store(result, outs[row], vector)


def tile(rows: int, vectors: int, scalar: bool = False) -> Any:
    """Return the tile of that shape: of ``vectors`` whole vectors, or with ``scalar`` of single columns.

    Call it as ``tile(like, count, x, x_row, x_column, w, w_row, start, start_row, out, out_row)``. ``like`` is any
    number of the arrays' type; x, w, start and out are addresses, the others strides in bytes. Columns of w, start and
    out must be adjacent; ``start`` may be ``out``. Bounds are not checked.
    """

    @intrinsic
    def product(typing, like, count, x, x_row, x_column, w, w_row, start, start_row, out, out_row):
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            emit = Emitter(builder, like, 1 if scalar else None)
            _emit_tile(emit, rows, vectors, list(args[1:]))
            return context.get_dummy_value()

        return types.void(like, *[types.int64] * 10), generate

    return product


def _emit_turned(emit: Emitter, given: list[Any]) -> None:
    """Emit out = x.T for a square of as many rows as a vector has lanes."""
    x, x_row, out, out_row = given
    lanes, builder = emit.lanes, emit.builder
    rows = [emit.load(emit.moved(x, _INDEX(row), x_row), 0) for row in range(lanes)]
    block = 1
    while block < lanes:  # exchange the blocks off the diagonal, of ever larger squares
        for row in (row for row in range(lanes) if not row & block):
            pair = rows[row], rows[row + block]
            low = [lane if not lane & block else lanes + lane - block for lane in range(lanes)]
            high = [lane + block if not lane & block else lanes + lane for lane in range(lanes)]
            rows[row], rows[row + block] = (
                builder.shuffle_vector(*pair, _lanes(order)) for order in (low, high)
            )
        block *= 2
    for row, values in enumerate(rows):
        emit.store(values, emit.moved(out, _INDEX(row), out_row), 0)


def _lanes(order: list[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), len(order)), order)


@intrinsic
def turn(typing, like, x, x_row, out, out_row):
    """Write x.T into out, for a square of as many rows as a vector has lanes; given as to a tile."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _emit_turned(Emitter(builder, like), list(args[1:]))
        return context.get_dummy_value()

    return types.void(like, *[types.int64] * 4), generate
