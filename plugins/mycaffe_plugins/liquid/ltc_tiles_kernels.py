"""Tiles of the LTC cell in explicit vectors: a register has one number for each of several adjacent target neurons.

A *block* is that many targets. A *pair* is a source neuron and a block in which it has synapses; its weights are four
vectors one after another, as ``Synapses`` names them: s = sigma / 2, c = -sigma mu / 2, w erev / 2 and w / 2. The
targets behind the last neuron have weights of 0.

Arguments are addresses and strides in bytes, and bounds are not checked. ``like`` is any number of the arrays' type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from mycaffe_py.compiled import Emitter, VectorTanh, kernel_source

kernel_source(__name__)

_INDEX = ir.IntType(64)


class _Code(Emitter):
    """An emitter with a loop, and with sums over the lanes."""

    def __init__(self, builder: Any, like: Any):
        super().__init__(builder, like)
        self.bytes = self.lanes * self.size
        kind = ir.FunctionType(self.real, [self.real, self.vector])
        name = f"llvm.vector.reduce.fadd.v{self.lanes}f{8 * self.size}"
        self._total = cgutils.get_or_insert_function(builder.module, kind, name)

    def after(self, address: Any, count: Any, stride: Any) -> Any:
        """The address ``count`` strides further; both may be numbers."""
        count, stride = (_INDEX(n) if isinstance(n, int) else n for n in (count, stride))
        return self.moved(address, count, stride)

    def load_index(self, address: Any) -> Any:
        return self.builder.load(self.builder.inttoptr(address, _INDEX.as_pointer()))

    def add_to_number(self, address: Any, vector: Any) -> None:
        """Add the sum of a vector's lanes to a number."""
        pointer = self.builder.inttoptr(address, self.real.as_pointer())
        given = self.builder.load(pointer, align=self.size)
        total = self.builder.call(self._total, [given, vector], fastmath=("reassoc",))
        self.builder.store(total, pointer, align=self.size)

    def add_to_vector(self, address: Any, vector: Any, number: int = 0) -> None:
        given = self.load(address, number)
        self.store(self.builder.fadd(given, vector), address, number)

    def loop(
        self, count: Any, starts: list[Any], body: Callable[[Any, list[Any]], list[Any]]
    ) -> list[Any]:
        """Emit a loop over an index below ``count``, which may be 0; return the values that it carries along."""
        builder = self.builder
        before = builder.block
        inside, done = builder.append_basic_block("inside"), builder.append_basic_block("done")
        builder.cbranch(builder.icmp_signed(">", count, _INDEX(0)), inside, done)
        builder.position_at_end(inside)
        index = builder.phi(_INDEX)
        carried = [builder.phi(start.type) for start in starts]
        new = body(index, carried)
        end, following = builder.block, builder.add(index, _INDEX(1))
        index.add_incoming(_INDEX(0), before)
        index.add_incoming(following, end)
        for value, start, last in zip(carried, starts, new, strict=True):
            value.add_incoming(start, before)
            value.add_incoming(last, end)
        builder.cbranch(builder.icmp_signed("<", following, count), inside, done)
        builder.position_at_end(done)
        results = []
        for start, last in zip(starts, new, strict=True):
            result = builder.phi(start.type)
            result.add_incoming(start, before)
            result.add_incoming(last, end)
            results.append(result)
        return results

    def loop_by(
        self,
        step: int,
        count: Any,
        starts: list[Any],
        body: Callable[[Any, list[Any], int], list[Any]],
    ) -> list[Any]:
        """Emit a loop that takes ``step`` indices at a time, ``body(first, values, number)``, and the rest singly."""
        builder = self.builder
        turns = builder.sdiv(count, _INDEX(step))

        def several(index: Any, values: list[Any]) -> list[Any]:
            return body(builder.mul(index, _INDEX(step)), values, step)

        def single(index: Any, values: list[Any]) -> list[Any]:
            return body(builder.add(done, index), values, 1)

        values = self.loop(turns, starts, several)
        done = builder.mul(turns, _INDEX(step))
        return values if step == 1 else self.loop(builder.sub(count, done), values, single)


def _load_weights(code: _Code, pair: Any) -> list[Any]:
    return [code.load(pair, number) for number in range(4)]


_TOGETHER = 4
"""Vectors whose tanh are computed side by side: they share the constants that are loaded."""


def _emit_sums(
    code: _Code, samples: int, synapses: list[Any], rows: list[Any], starts: list[Any]
) -> list[Any]:
    """Emit flow and conductance of a block in each sample: the sums over its pairs, from ``starts`` on."""
    pairs, sources, weights = synapses
    tanh = VectorTanh(code)

    def add_pairs(first: Any, sums: list[Any], count: int) -> list[Any]:
        for_sums, arguments = [], []
        for number in range(count):
            index = code.builder.add(first, _INDEX(number))
            s, c, *for_sum = _load_weights(code, code.after(weights, index, 4 * code.bytes))
            source = code.load_index(code.after(sources, index, 8))
            for row in rows:
                v = code.spread(code.builder.add(row, source))
                arguments.append(code.multiply_add(s, v, c))
                for_sums.append(for_sum)
        sums = list(sums)
        for number, (th, for_sum) in enumerate(zip(tanh(*arguments), for_sums, strict=True)):
            for at, weight in enumerate(for_sum, 2 * (number % samples)):
                sums[at] = code.multiply_add(weight, th, sums[at])
        return sums

    return code.loop_by(max(1, _TOGETHER // samples), pairs, starts, add_pairs)


def flow_tile(samples: int) -> Any:
    """Return the tile of flow and conductance of one block in so many samples.

    Call it as ``tile(like, pairs, sources, weights, v, v_row, start, out, row)``: ``sources`` are the places of the
    pairs' sources in a row of v, in bytes. ``start`` has one row of flow and, ``row`` behind it, of conductance, to
    which the synapses are added; so has ``out`` for each sample.
    """

    @intrinsic
    def tile(typing, like, pairs, sources, weights, v, v_row, start, out, row):
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            pairs, sources, weights, v, v_row, start, out, row = args[1:]
            code = _Code(builder, like)
            starts = [code.load(start, 0), code.load(builder.add(start, row), 0)] * samples
            rows = [code.after(v, sample, v_row) for sample in range(samples)]
            sums = _emit_sums(code, samples, [pairs, sources, weights], rows, starts)
            for number, total in enumerate(sums):
                code.store(total, code.after(out, number, row), 0)
            return context.get_dummy_value()

        return types.void(like, *[types.int64] * 8), generate

    return tile


def unfold_tile(samples: int) -> Any:
    """Return the tile of one unfold of one block in so many samples, as in ``ltc_cell``: synapses and equation.

    Call it as ``tile(like, pairs, sources, weights, block, row, before, after, rate, inverse, leak, cm, hold, pace)``.
    ``block`` is the block's place in a row. ``leak`` has for each sample a row of A and one of B; ``hold`` and
    ``pace``, a and b of the equation, have one number each.
    """

    @intrinsic
    def tile(
        typing, like, pairs, sources, weights, block, row, before, after, rate, inverse, leak, cm, hold, pace
    ):  # fmt: skip
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            _emit_unfold(_Code(builder, like), samples, list(args[1:]))
            return context.get_dummy_value()

        return types.void(like, *[types.int64] * 13), generate

    return tile


def _emit_unfold(code: _Code, samples: int, args: list[Any]) -> None:
    pairs, sources, weights, block, row, before, after, rate, inverse, leak, cm, hold, pace = args
    builder = code.builder
    rows = [code.after(before, sample, row) for sample in range(samples)]
    leaks = [code.after(builder.add(leak, block), number, row) for number in range(2 * samples)]
    starts = [code.load(address, 0) for address in leaks]
    sums = _emit_sums(code, samples, [pairs, sources, weights], rows, starts)
    capacity, one = code.load(builder.add(cm, block), 0), code.constant(1.0)
    for sample in range(samples):
        flow, conductance = sums[2 * sample : 2 * sample + 2]
        held, paced = (code.spread(code.after(at, sample, code.size)) for at in (hold, pace))
        v = code.load(builder.add(rows[sample], block), 0)
        rate_now = builder.fsub(flow, builder.fmul(v, conductance))
        denominator = code.multiply_add(paced, conductance, builder.fmul(capacity, held))
        inverse_now = builder.fdiv(one, denominator)
        new = code.multiply_add(builder.fmul(rate_now, paced), inverse_now, v)
        for address, value in ((rate, rate_now), (inverse, inverse_now), (after, new)):
            code.store(value, code.after(builder.add(address, block), sample, row), 0)


@intrinsic
def unfold_back_tile(
    typing, like, blocks, row, g, before, after, rate, inverse, flows, leak, cm, of_cm, hold, pace, spans
):  # fmt: skip
    """Backpropagate one unfold of one sample, apart from its synapses.

    ``g`` becomes the gradient of the state before, from that of the state after. ``flows`` receives a row of the
    gradients of flow and one of conductance; they are added to those of A and B in ``leak``. ``spans`` is a vector
    whose lanes add up to the gradient of d / a, to which the unfold's is added. ``of_cm`` is a sum of all samples.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _emit_unfold_back(_Code(builder, like), list(args[1:]))
        return context.get_dummy_value()

    return types.void(like, *[types.int64] * 14), generate


def _emit_unfold_back(code: _Code, args: list[Any]) -> None:
    blocks, row, g, before, after, rate, inverse, flows, leak, cm, of_cm, hold, pace, spans = args
    builder = code.builder
    held, paced = code.spread(hold), code.spread(pace)

    def block_back(index: Any, carried: list[Any]) -> list[Any]:
        def place(address: Any) -> Any:
            return code.after(address, index, code.bytes)

        new, inverse_now = code.load(place(after), 0), code.load(place(inverse), 0)
        scaled = builder.fmul(code.load(place(g), 0), inverse_now)
        of_flow = builder.fmul(scaled, paced)
        of_conductance = builder.fneg(builder.fmul(of_flow, new))
        for number, value in enumerate((of_flow, of_conductance)):
            code.store(value, place(code.after(flows, number, row)), 0)
            code.add_to_vector(place(code.after(leak, number, row)), value)
        capacity = builder.fmul(code.load(place(cm), 0), held)
        of_span = builder.fmul(builder.fmul(capacity, inverse_now), code.load(place(rate), 0))
        change = builder.fsub(code.load(place(before), 0), new)
        code.add_to_vector(place(of_cm), builder.fmul(builder.fmul(change, scaled), held))
        code.store(builder.fmul(scaled, capacity), place(g), 0)
        return [builder.fadd(carried[0], builder.fmul(of_span, scaled))]

    code.store(code.loop(blocks, [code.load(spans, 0)], block_back)[0], spans, 0)


@intrinsic
def pair_back_tile(typing, like, samples, v, v_row, weights, sums, flows, row, totals):
    """Backpropagate one pair in all samples.

    ``v`` is the source's potential in the first sample, ``flows`` the block's gradients of flow and, ``row`` behind
    it, of conductance. The gradients of the four weights are added to ``sums``. ``totals`` has a vector for each sample
    whose lanes add up to the gradient of v, to which the pair's is added.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        samples, v, v_row, weights, sums, flows, row, totals = args[1:]
        code = _Code(builder, like)
        back = _SynapseBack(code)
        loaded, flows_row = _load_weights(code, weights), builder.add(row, row)

        def samples_back(first: Any, carried: list[Any], count: int) -> list[Any]:
            indices = [builder.add(first, _INDEX(number)) for number in range(count)]
            potentials = [code.spread(code.after(v, index, v_row)) for index in indices]
            places = [code.after(totals, index, code.bytes) for index in indices]
            given = []
            for index in indices:
                at = code.after(flows, index, flows_row)
                given.append((code.load(at, 0), code.load(builder.add(at, row), 0)))
            ths = back.tanh_of([loaded] * count, potentials)
            for th, potential, place, gradients in zip(ths, potentials, places, given, strict=True):
                total, carried = back(
                    loaded, th, potential, gradients, code.load(place, 0), carried
                )
                code.store(total, place, 0)
            return carried

        found = code.loop_by(_SIDE_BY_SIDE, samples, _load_weights(code, sums), samples_back)
        for number, total in enumerate(found):
            code.store(total, sums, number)
        return context.get_dummy_value()

    return types.void(like, *[types.int64] * 8), generate


@intrinsic
def source_back_tile(typing, like, pairs, places, v, weights, sums, flows, row, out):
    """Backpropagate all pairs of one source in one sample.

    ``v`` is the source's potential, and ``out`` its gradient, to which the pairs' is added. ``places`` are those of
    the pairs' blocks in a row of ``flows``, in bytes; otherwise as :func:`pair_back_tile`.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pairs, places, v, weights, sums, flows, row, out = args[1:]
        code = _Code(builder, like)
        back, potential = _SynapseBack(code), code.spread(v)

        def pairs_back(first: Any, carried: list[Any], count: int) -> list[Any]:
            indices = [builder.add(first, _INDEX(number)) for number in range(count)]
            loaded = [_load_weights(code, code.after(weights, i, 4 * code.bytes)) for i in indices]
            (total,) = carried
            ths = back.tanh_of(loaded, [potential] * count)
            for index, own, th in zip(indices, loaded, ths, strict=True):
                at = builder.add(flows, code.load_index(code.after(places, index, 8)))
                given = (code.load(at, 0), code.load(builder.add(at, row), 0))
                sum_at = code.after(sums, index, 4 * code.bytes)
                before = _load_weights(code, sum_at)
                total, found = back(own, th, potential, given, total, before)
                for number, value in enumerate(found):
                    code.store(value, sum_at, number)
            return [total]

        (total,) = code.loop_by(_SIDE_BY_SIDE, pairs, [code.constant(0.0)], pairs_back)
        code.add_to_number(out, total)
        return context.get_dummy_value()

    return types.void(like, *[types.int64] * 8), generate


_SIDE_BY_SIDE = 2
"""The same on the way back, where fewer fit in the registers."""


class _SynapseBack:
    """Emits the way back through a vector of synapses."""

    def __init__(self, code: _Code):
        self._code, self._tanh = code, VectorTanh(code)

    def tanh_of(self, weights: list[Any], potentials: list[Any]) -> list[Any]:
        """Emit th for each of the weights and potentials."""
        fused = self._code.multiply_add
        pairs = zip(weights, potentials, strict=True)
        return self._tanh(*(fused(s, v, c) for (s, c, _, _), v in pairs))

    def __call__(
        self, weights: Any, th: Any, potential: Any, given: Any, total: Any, sums: Any
    ) -> tuple[Any, list[Any]]:
        """Emit ``total`` + the gradient of the potential, and ``sums`` + those of the weights."""
        builder, fused = self._code.builder, self._code.multiply_add
        s, _, for_flow, for_conductance = weights
        of_flow, of_conductance = given
        slope = builder.fsub(self._code.constant(1.0), builder.fmul(th, th))
        of_th = fused(for_flow, of_flow, builder.fmul(for_conductance, of_conductance))
        d = builder.fmul(slope, of_th)
        of_s, of_c, of_flow_weight, of_conductance_weight = sums
        return fused(s, d, total), [
            fused(d, potential, of_s),
            builder.fadd(of_c, d),
            fused(th, of_flow, of_flow_weight),
            fused(th, of_conductance, of_conductance_weight),
        ]


@intrinsic
def total_tile(typing, like, samples, totals, out, out_row):
    """Add the sum of each sample's vector in ``totals`` to the sample's number in ``out``, and make the vector 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        samples, totals, out, out_row = args[1:]
        code = _Code(builder, like)

        def add(index: Any, carried: list[Any]) -> list[Any]:
            vector = code.after(totals, index, code.bytes)
            code.add_to_number(code.after(out, index, out_row), code.load(vector, 0))
            code.store(code.constant(0.0), vector, 0)
            return []

        code.loop(samples, [], add)
        return context.get_dummy_value()

    return types.void(like, *[types.int64] * 4), generate
