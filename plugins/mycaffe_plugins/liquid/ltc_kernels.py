"""The LTC cell over a sequence, compiled: the equations of ``ltc_cell`` with the tiles of ``ltc_tiles_kernels``.

Arrays are batch-major, (steps, batch, targets), with targets padded to whole vectors; rows of padding compute along
harmlessly. Synapses are lists of pairs, see :class:`PairList` in ``ltc_pairs``.
"""

from __future__ import annotations

import numpy as np

from mycaffe_py.compiled import compiled, inlined, kernel_source

from .ltc_tiles_kernels import (
    flow_tile,
    pair_back_tile,
    source_back_tile,
    total_tile,
    unfold_back_tile,
    unfold_tile,
)

kernel_source(__name__)

_GROUP = 4
"""Samples whose sums are in registers at the same time."""
_MANY = 8
"""From so many samples on, a pair goes through all of them on the way back; below, a sample through all pairs."""
_flow_of_group, _flow_of_one = flow_tile(_GROUP), flow_tile(1)
_unfold_group, _unfold_one = unfold_tile(_GROUP), unfold_tile(1)


@inlined
def _at(array):
    """The address of an array's first number."""
    return np.int64(array.ctypes.data)


@compiled
def pack_weights(sigma, mu, w, erev, pair_source, pair_block, packed, constant):
    """Write the pairs' weights (pairs, 4, lanes); constant (2, targets): flow and conductance where th is 0."""
    half, lanes, targets = sigma.dtype.type(0.5), packed.shape[2], sigma.shape[1]
    constant[:, :] = 0
    for pair in range(packed.shape[0]):
        source, first = pair_source[pair], pair_block[pair] * lanes
        count = min(lanes, targets - first)
        for lane in range(count):
            target = first + lane
            slope, conductance = half * sigma[source, target], half * w[source, target]
            flow = conductance * erev[source, target]
            packed[pair, 0, lane] = slope
            packed[pair, 1, lane] = -slope * mu[source, target]
            packed[pair, 2, lane] = flow
            packed[pair, 3, lane] = conductance
            constant[0, target] += flow
            constant[1, target] += conductance
        for lane in range(count, lanes):
            packed[pair, :, lane] = 0


@compiled
def unpack_sums(sums, pair_source, pair_block, dense):
    """Write the pairs' sums (pairs, 4, lanes) as (4, sources, targets), 0 where there is no pair."""
    lanes, targets = sums.shape[2], dense.shape[2]
    dense[:, :, :] = 0
    for pair in range(sums.shape[0]):
        source, first = pair_source[pair], pair_block[pair] * lanes
        for number in range(4):
            for lane in range(min(lanes, targets - first)):
                dense[number, source, first + lane] = sums[pair, number, lane]


@compiled
def flow_forward(weights, places, firsts, v, start, out):
    """out (samples, 2, targets) = start (2, targets) + flow and conductance from v (samples, sources)."""
    like, size, lanes = out.dtype.type(0), out.itemsize, weights.shape[2]
    samples, row = v.shape[0], out.strides[1]
    for block in range(firsts.shape[0] - 1):
        first, place = firsts[block], np.int64(block * lanes * size)
        pairs, at = firsts[block + 1] - first, _at(weights) + first * weights.strides[0]
        sources = _at(places) + 8 * first
        here, to = _at(v), _at(out) + place
        sample = 0
        while sample + _GROUP <= samples:
            _flow_of_group(
                like, pairs, sources, at, here, v.strides[0], _at(start) + place, to, row
            )
            here, to, sample = (
                here + _GROUP * v.strides[0],
                to + _GROUP * out.strides[0],
                sample + _GROUP,
            )
        while sample < samples:
            _flow_of_one(like, pairs, sources, at, here, v.strides[0], _at(start) + place, to, row)
            here, to, sample = here + v.strides[0], to + out.strides[0], sample + 1


@inlined
def _unfold(weights, places, firsts, before, after, rate, inverse, leak, cm, hold, pace):
    """One unfold of all samples, each array (batch, targets); leak (batch, 2, targets), hold and pace (batch,)."""
    like, size, lanes = cm.dtype.type(0), cm.itemsize, weights.shape[2]
    row, samples = before.strides[0], before.shape[0]
    for block in range(firsts.shape[0] - 1):
        first, place = firsts[block], np.int64(block * lanes * size)
        pairs, at = firsts[block + 1] - first, _at(weights) + first * weights.strides[0]
        sources, sample = _at(places) + 8 * first, 0
        while sample + _GROUP <= samples:
            _unfold_group(
                like, pairs, sources, at, place, row,
                _at(before) + sample * row, _at(after) + sample * row, _at(rate) + sample * row,
                _at(inverse) + sample * row, _at(leak) + 2 * sample * row, _at(cm),
                _at(hold) + sample * size, _at(pace) + sample * size,
            )  # fmt: skip
            sample += _GROUP
        while sample < samples:
            _unfold_one(
                like, pairs, sources, at, place, row,
                _at(before) + sample * row, _at(after) + sample * row, _at(rate) + sample * row,
                _at(inverse) + sample * row, _at(leak) + 2 * sample * row, _at(cm),
                _at(hold) + sample * size, _at(pace) + sample * size,
            )  # fmt: skip
            sample += 1


@compiled
def steps_forward(
    weights, places, firsts, first, last, starts, states, between, rates, inverses, leak, cm, hold, pace
):  # fmt: skip
    """Run the steps from ``first`` to before ``last``, each from ``starts``, which may be ``states``."""
    unfolds = rates.shape[1]
    for step in range(first, last):
        for unfold in range(unfolds):
            before = between[step, unfold - 1] if unfold else starts[step]
            after = between[step, unfold] if unfold < unfolds - 1 else states[step + 1]
            _unfold(
                weights, places, firsts, before, after, rates[step, unfold], inverses[step, unfold],
                leak[step], cm, hold[step], pace[step],
            )  # fmt: skip


@inlined
def _pairs_back(weights, places, firsts, v, flows, sums, totals, out):
    """Backpropagate all synapses in some samples: ``flows`` (samples, 2, targets); out (samples, sources) += dL/dv."""
    like, size = v.dtype.type(0), v.itemsize
    samples, pair_size, row = v.shape[0], weights.strides[0], flows.strides[1]
    for source in range(firsts.shape[0] - 1):
        place, first, last = np.int64(source * size), firsts[source], firsts[source + 1]
        if samples < _MANY:
            for sample in range(samples):
                source_back_tile(
                    like, last - first, _at(places) + 8 * first, _at(v) + sample * v.strides[0] + place,
                    _at(weights) + first * pair_size, _at(sums) + first * pair_size,
                    _at(flows) + sample * flows.strides[0], row, _at(out) + sample * out.strides[0] + place,
                )  # fmt: skip
        else:
            for pair in range(first, last):
                pair_back_tile(
                    like, samples, _at(v) + place, v.strides[0], _at(weights) + pair * pair_size,
                    _at(sums) + pair * pair_size, _at(flows) + places[pair], row, _at(totals),
                )  # fmt: skip
            total_tile(like, samples, _at(totals), _at(out) + place, out.strides[0])


@compiled
def flow_backward(weights, places, firsts, v, flows, sums, totals, out):
    """Backpropagate :func:`flow_forward`; ``totals`` (chunk, lanes) must be 0, and is so again."""
    samples, chunk = v.shape[0], totals.shape[0]
    for first in range(0, samples, chunk):
        last = min(first + chunk, samples)
        _pairs_back(
            weights, places, firsts, v[first:last], flows[first:last], sums, totals, out[first:last]
        )  # fmt: skip


@compiled
def steps_backward(
    weights, places, firsts, first, last, starts, states, between, rates, inverses, cm, hold, pace,
    given, g, flows, of_leak, sums, totals, spans, of_cm, of_times,
):  # fmt: skip
    """Backpropagate the steps from before ``last`` to ``first``.

    ``g`` (batch, targets) is the gradient of the state after the last one, apart from what ``given`` (steps, batch,
    neurons) has for it, and becomes that of the state before the first. ``totals`` and ``spans`` (chunk, lanes) must
    be 0, and are so again; ``flows`` (chunk, 2, targets) may hold anything.
    """
    like, size, lanes, row = cm.dtype.type(0), cm.itemsize, weights.shape[2], g.strides[0]
    batch, chunk, unfolds = g.shape[0], totals.shape[0], rates.shape[1]
    vectors = (given.shape[2] + lanes - 1) // lanes
    for begin in range(0, batch, chunk):
        end = min(begin + chunk, batch)
        for step in range(last - 1, first - 1, -1):
            for sample in range(begin, end):
                for neuron in range(given.shape[2]):
                    g[sample, neuron] += given[step, sample, neuron]
                of_leak[step, sample, :, :] = 0
                of_times[step, sample] = 0
            for unfold in range(unfolds - 1, -1, -1):
                before = between[step, unfold - 1] if unfold else starts[step]
                after = between[step, unfold] if unfold < unfolds - 1 else states[step + 1]
                for sample in range(begin, end):
                    own = sample - begin
                    unfold_back_tile(
                        like, vectors, row, _at(g[sample]), _at(before[sample]), _at(after[sample]),
                        _at(rates[step, unfold, sample]), _at(inverses[step, unfold, sample]),
                        _at(flows[own]), _at(of_leak[step, sample]), _at(cm), _at(of_cm),
                        _at(hold[step]) + sample * size, _at(pace[step]) + sample * size, _at(spans[own]),
                    )  # fmt: skip
                _pairs_back(
                    weights, places, firsts, before[begin:end], flows, sums, totals, g[begin:end]
                )  # fmt: skip
            total_tile(like, end - begin, _at(spans), _at(of_times[step]) + begin * size, size)
            for sample in range(begin, end):
                of_times[step, sample] *= hold[step, sample]
