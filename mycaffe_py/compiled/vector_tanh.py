"""tanh of whole vectors, for tiles: in float32 the formula of ``elementary``, in float64 one of exp.

NaN stays NaN, in its lane.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from . import elementary
from .compiling import kernel_source
from .tiles import Emitter

kernel_source(__name__)

# float64: tanh(x) = e / (e + 2) with e = exp(2 x) - 1 = 2^n (exp(r) - 1) + 2^n - 1, r = 2 x - n log(2), and exp(r) - 1
# by its power series, |r| <= log(2) / 2. Beyond the limit tanh is 1 to the last bit.
_LIMIT_OF_2X = 40.0
_LOG2_E = 1 / math.log(2)
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_SERIES = tuple(1 / math.factorial(power) for power in range(1, 14))
_ROUND = 1.5 * 2.0**52
"""A number that large has no fraction: adding it rounds, and leaves the integer in the lowest bits."""

_INDEX = ir.IntType(64)


class VectorTanh:
    """Emits tanh. To be made outside of the loop that uses it, as :class:`_Table` says."""

    def __init__(self, emit: Emitter):
        self._emit = emit
        if emit.size == 4:
            limit = elementary.TANH_LIMIT
            numbers = [limit, -limit, *elementary.TANH_ABOVE, *elementary.TANH_BELOW]
        else:
            numbers = [_LIMIT_OF_2X, -_LIMIT_OF_2X, *_SERIES]
            numbers += [_LOG2_E, _ROUND, -_LN2_HIGH, -_LN2_LOW, 1.0, 2.0]
        self._table = _Table(emit, numbers)

    def __call__(self, *vectors: Any) -> list[Any]:
        """Emit tanh of vectors, step by step for all of them, so that they share what is loaded."""
        one = self._rational if self._emit.size == 4 else self._by_exp
        return one(list(vectors))

    def _clamped(self, vectors: list[Any], high: float, low: float) -> list[Any]:
        """Emit vectors within the limits; with a NaN the comparisons are false, and it stays."""
        builder, most, least = self._emit.builder, self._table[high], self._table[low]
        below = [builder.select(builder.fcmp_ordered(">", x, most), most, x) for x in vectors]
        return [builder.select(builder.fcmp_ordered("<", x, least), least, x) for x in below]

    def _polynomial(self, vectors: list[Any], coefficients: Sequence[float]) -> list[Any]:
        """Emit the polynomial of these coefficients, lowest power first."""
        totals = [self._table[coefficients[-1]]] * len(vectors)
        for coefficient in reversed(coefficients[:-1]):
            term = self._table[coefficient]
            totals = [
                self._emit.multiply_add(x, total, term)
                for x, total in zip(vectors, totals, strict=True)
            ]
        return totals

    def _rational(self, vectors: list[Any]) -> list[Any]:
        builder = self._emit.builder
        vectors = self._clamped(vectors, elementary.TANH_LIMIT, -elementary.TANH_LIMIT)
        squares = [builder.fmul(x, x) for x in vectors]
        above = self._polynomial(squares, elementary.TANH_ABOVE)
        above = [builder.fmul(x, p) for x, p in zip(vectors, above, strict=True)]
        below = self._polynomial(squares, elementary.TANH_BELOW)
        return [builder.fdiv(p, q) for p, q in zip(above, below, strict=True)]

    def _by_exp(self, vectors: list[Any]) -> list[Any]:
        builder, fused, table = self._emit.builder, self._emit.multiply_add, self._table
        doubled = [builder.fadd(x, x) for x in vectors]
        vectors = self._clamped(doubled, _LIMIT_OF_2X, -_LIMIT_OF_2X)
        log2_e, middle, high, low = (table[n] for n in (_LOG2_E, _ROUND, -_LN2_HIGH, -_LN2_LOW))
        rounded = [fused(x, log2_e, middle) for x in vectors]
        whole = [builder.fsub(x, middle) for x in rounded]
        rests = [fused(n, high, x) for n, x in zip(whole, vectors, strict=True)]
        rests = [fused(n, low, x) for n, x in zip(whole, rests, strict=True)]
        series = self._polynomial(rests, _SERIES)
        one, two, results = table[1.0], table[2.0], []
        for n, rest, total in zip(rounded, rests, series, strict=True):
            power = self._power_of_two(n)
            above = fused(power, builder.fmul(rest, total), builder.fsub(power, one))
            results.append(builder.fdiv(above, builder.fadd(above, two)))
        return results

    def _power_of_two(self, rounded: Any) -> Any:
        """Emit 2^n of the n in the lowest bits, by moving it to where a float64 has its exponent."""
        builder, lanes = self._emit.builder, self._emit.lanes
        integers = ir.VectorType(_INDEX, lanes)
        moved = builder.shl(builder.bitcast(rounded, integers), ir.Constant(integers, [52] * lanes))
        one = ir.Constant(integers, [1023 << 52] * lanes)
        return builder.bitcast(builder.add(moved, one), self._emit.vector)


class _Table:
    """Constants in memory, each in all lanes, behind one pointer.

    Code compiled at run time spends two instructions on a constant that it does not hold in a register, more than
    on the multiplication with it. From a table it is a part of that instruction. To keep the compiler from
    taking the numbers out again, the pointer goes through an empty piece of assembly.
    """

    def __init__(self, emit: Emitter, numbers: Sequence[float]):
        self._emit = emit
        self._places = {number: place for place, number in enumerate(dict.fromkeys(numbers))}
        constants = [emit.constant(number) for number in self._places]
        kind = ir.ArrayType(emit.vector, len(constants))
        module = emit.builder.module
        table = ir.GlobalVariable(module, kind, module.get_unique_name("tanh.constants"))
        table.linkage, table.global_constant = "internal", True
        table.initializer = ir.Constant(kind, constants)
        same = ir.InlineAsm(ir.FunctionType(_INDEX, [_INDEX]), "", "=r,0", side_effect=False)
        self._address = emit.builder.call(same, [emit.builder.ptrtoint(table, _INDEX)])

    def __getitem__(self, number: float) -> Any:
        return self._emit.load(self._address, self._places[number])
