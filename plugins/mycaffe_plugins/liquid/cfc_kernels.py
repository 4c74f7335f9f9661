"""Compiled sweeps of a CfC cell over a whole sequence: forward, and backpropagation through time.

Arrays are batch-major, (steps, N, features): lanes of a vector are a weight's outputs, so that one code serves every
N. T are the steps, H the hidden size, P the length of its rows (:func:`mycaffe_py.compiled.padded`), and U the
backbone's units; a head's sums are (N, P) side by side, so that loops run over N P numbers. All arrays must be
C-contiguous: another layout would be compiled anew.
"""

from __future__ import annotations

import numpy as np

from mycaffe_py.compiled import compiled, multiply_add, multiply_from, multiply_packed, pack

from .cfc_step_kernels import (
    MINIMAL,
    activate,
    activation_gradient,
    add_rows,
    any_nonzero,
    gate_gradient,
    heads_gradient,
    new_state,
    spread,
)
from .memory_kernels import pack_parts, remember, remember_back


@compiled
def _pack_stages(packed, width, first, middle, head_weight, layers, parts):
    """Store the weights of all stages for :func:`forward`, one after another, each head by itself."""
    size, units = first.shape[1], middle.shape[1]
    at = 0
    if layers:
        pack(first, packed[at:], width)
        at += units * size
        for layer in range(layers - 1):
            pack(middle[layer], packed[at:], width)
            at += units * units
    weight = head_weight if layers else first
    for part in range(parts):
        pack(weight[part * size : (part + 1) * size], packed[at:], width)
        at += size * weight.shape[1]


@compiled
def _heads_forward(y, mode, size, packed, width, given, heads, time_a, times, rate, goal, out):
    """Write a step's state (N, P) from the heads' input y; ``given`` (N or 1, parts H) is added to their sums."""
    inner, at, count = y.shape[1], 0, out.size
    for part in range(1 if mode == MINIMAL else 4):
        sums = time_a if part == 3 else heads[part]
        start = given[:, part * size : (part + 1) * size]
        multiply_packed(y, packed[at:], width, start, sums[:, :size])
        at += size * inner
    new_state(
        mode, heads.reshape(heads.shape[0], count), time_a.reshape(count), times.reshape(count),
        rate.reshape(rate.size), goal.reshape(goal.size), out.reshape(count),
    )  # fmt: skip


@compiled
def forward(
    mode, kind, width, packed, first, middle, head_weight, middle_bias, head_bias,
    from_input, times, rate, goal, masks, masked, states, before, sums, outputs, heads,
    with_memory, recurrent, memory_packed, memory_given, gates, memories, activated, carry, d_gates,
):  # fmt: skip
    """Run a sequence: fills states[1:] (T + 1, N, P), and what :func:`backward` needs.

    Stages: ``first`` (rows, H), the state's columns of its weight, ``middle`` (layers - 1, U, U) and ``head_weight``
    (parts H, U), with middle_bias (layers - 1, U) and head_bias (1, parts H); ``packed`` is memory for all of them.
    Without layers, first are the heads. from_input (T, N, rows of first): the input's part of its sums, with its
    bias. times (T, N); rate and goal (N, P): |w_tau| and A of the minimal cell. masks, sums and outputs (layers, T,
    N, U), heads (T, 2 or 3, N, P). before (T or more, N, P): what each step continues from, the states themselves
    or, ``with_memory``, the memory's outputs, which are filled; see :func:`remember` and ``compiled_memory.py``.
    """
    steps, batch = times.shape
    layers, units, size, row = sums.shape[0], sums.shape[3], first.shape[1], states.shape[2]
    _pack_stages(packed, width, first, middle, head_weight, layers, 1 if mode == MINIMAL else 4)
    if with_memory:
        pack_parts(recurrent, memory_packed, width)
    spans, time_a = np.zeros((batch, row), states.dtype), np.zeros((batch, row), states.dtype)
    for t in range(steps):
        if with_memory:
            remember(
                states[t], size, memory_packed, width, memory_given[t], memories[t], gates[t],
                memories[t + 1], activated[t], before[t],
            )  # fmt: skip
        y, at, count = before[t][:, :size], 0, batch * units
        for layer in range(layers):
            given = from_input[t] if layer == 0 else middle_bias[layer - 1 : layer]
            z, out = sums[layer, t], outputs[layer, t]
            multiply_packed(y, packed[at:], width, given[:, :units], z[:, :units])
            at += units * y.shape[1]
            mask = masks[layer, t].reshape(count) if masked else z.reshape(count)
            activate(kind, z.reshape(count), out.reshape(count), mask, masked)
            y = out[:, :units]
        spread(times[t], spans)
        _heads_forward(
            y, mode, size, packed[at:], width, head_bias if layers else from_input[t], heads[t],
            time_a, spans, rate, goal, states[t + 1],
        )  # fmt: skip


_BLOCK = 96
"""Rows of a weight gradient's product at a time, so that they stay in the first cache."""


@compiled
def _product_of_parts(gradients, size, weight, start, out):
    """out = start + the sum over the parts (parts, N, P) of gradient x weight; start may be out."""
    for part in range(gradients.shape[0]):
        rows = weight[part * size : (part + 1) * size]
        multiply_from(gradients[part, :, :size], rows, out if part else start, out)


@compiled
def _add_outer(gradients, size, values, out):
    """out (parts size, inner) += gradients (parts, rows, at least size) . values (rows, inner), over the rows."""
    for first in range(0, values.shape[0], _BLOCK):
        rows = slice(first, first + _BLOCK)
        for part in range(gradients.shape[0]):
            left = gradients[part, rows, :size]
            multiply_add(left.T, values[rows], out[part * size : (part + 1) * size])


@compiled
def _backbone_back(kind, t, d_sums, sums, masks, masked, middle, none):
    """Turn the gradient of the last layer's output, d_sums[-1, t], into those of all layers' sums."""
    layers, steps, batch, units = sums.shape
    count = batch * units
    for layer in range(layers - 1, -1, -1):
        d, z = d_sums[layer, t].reshape(count), sums[layer, t].reshape(count)
        mask = masks[layer, t].reshape(count) if masked else z
        activation_gradient(kind, z, d, mask, masked)
        if layer:
            multiply_from(d_sums[layer, t], middle[layer - 1], none, d_sums[layer - 1, t])


@compiled
def _clear(t, d_sums, g, d_gates, with_memory):
    """Set a step's gradients to 0."""
    d_sums[:, t] = 0
    g[:] = 0
    if with_memory:
        batch = g.shape[1]
        d_gates[:, t * batch : (t + 1) * batch] = 0


@compiled
def _add_weight_gradients(
    first_step, last, layers, size, before, outputs, d_sums, d_heads,
    of_first, of_middle, of_heads, of_middle_bias, of_head_bias,
):  # fmt: skip
    """Add what the steps give to the weights' gradients; d_heads holds these steps alone."""
    batch, row = before.shape[1:]
    rows = (last - first_step) * batch
    g = d_heads[:, :rows]
    states = before[first_step:last].reshape(rows, row)[:, :size]
    for part in range(g.shape[0]):
        add_rows(g[part], of_head_bias[part * size : (part + 1) * size])
    if not layers:
        _add_outer(g, size, states, of_first)
        return
    units = outputs.shape[3]
    values = outputs[layers - 1, first_step:last].reshape(rows, units)[:, :units]
    _add_outer(g, size, values, of_heads)
    for layer in range(layers):
        d = d_sums[layer, first_step:last].reshape(1, rows, units)[:, :, :units]
        add_rows(d[0], of_middle_bias[layer])
        if layer:
            values = outputs[layer - 1, first_step:last].reshape(rows, units)[:, :units]
            _add_outer(d, units, values, of_middle[layer - 1])
        else:
            _add_outer(d, units, states, of_first)


@compiled
def backward(
    mode, kind, learns, first, middle, head_weight, times, goal, masks, masked,
    before, sums, outputs, heads, d_states, d_sums, d_heads, d_goal, d_rate,
    of_first, of_middle, of_heads, of_middle_bias, of_head_bias,
    with_memory, recurrent, memory_packed, memory_given, gates, memories, activated, carry, d_gates,
):  # fmt: skip
    """Backpropagate d_states (T + 1, N, P), whose entries 1: hold what the states get from above.

    They become the whole gradients, entry 0 that of the initial state. d_sums (layers, T, N, U) and d_heads (parts,
    chunk N, P), the latter for ``chunk`` steps at a time, get the gradients of the sums. If it ``learns``, of_first
    and so on get the weights' gradients added; of_middle_bias[0] that of the first bias. d_goal and d_rate (N, P):
    see :func:`heads_gradient`. With a memory, ``carry`` (N, P) holds dL/d(its last state) and becomes dL/d(its initial
    one); d_gates (4, T N, P) get the gradients of its sums.
    """
    steps, batch = times.shape
    layers, units, size, row = sums.shape[0], sums.shape[3], first.shape[1], d_states.shape[2]
    parts, chunk, last, count = d_heads.shape[0], d_heads.shape[1] // batch, steps, batch * row
    spans, d_before = np.zeros((batch, row), times.dtype), np.zeros((batch, row), times.dtype)
    none = np.zeros((1, max(size, units)), times.dtype)
    flat_heads = d_heads.reshape(parts, chunk * count)
    for t in range(steps - 1, -1, -1):
        slot, d_state = t % chunk, d_states[t + 1].reshape(count)
        g = d_heads[:, slot * batch : (slot + 1) * batch]
        if any_nonzero(d_state) or (with_memory and any_nonzero(carry.reshape(count))):
            spread(times[t], spans)
            heads_gradient(
                mode, heads[t].reshape(heads.shape[1], count), spans.reshape(count),
                goal.reshape(goal.size), d_state, flat_heads, slot * count,
                d_goal.reshape(d_goal.size), d_rate.reshape(d_rate.size),
            )  # fmt: skip
            below = (d_before if with_memory else d_states[t])[:, :size]
            start = none[:, :size] if with_memory else below
            if layers:
                d = d_sums[layers - 1, t][:, :units]
                _product_of_parts(g, size, head_weight, none[:, :units], d)
                _backbone_back(kind, t, d_sums, sums, masks, masked, middle, none[:, :units])
                multiply_from(d_sums[0, t], first, start, below)
            else:
                _product_of_parts(g, size, first, start, below)
            if with_memory:
                remember_back(
                    recurrent, size, gates[t], memories[t], activated[t], d_before, carry,
                    d_gates, t * batch, d_states[t],
                )  # fmt: skip
        else:  # all that follows from 0 is 0
            _clear(t, d_sums, g, d_gates, with_memory)
        if learns and slot == 0:
            _add_weight_gradients(
                t, last, layers, size, before, outputs, d_sums, d_heads,
                of_first, of_middle, of_heads, of_middle_bias, of_head_bias,
            )  # fmt: skip
            last = t


@compiled
def time_gradients(mode, heads, d_states, slopes, goal, times, out):
    """Write dL/dt (T, N) after :func:`backward`.

    slopes are the sums of time_a (T, N, H), or for the minimal cell its rate, (1, N, P).
    """
    steps, batch = times.shape
    size = slopes.shape[2]
    for t in range(steps):
        for n in range(batch):
            total = out.dtype.type(0)
            for j in range(size):
                d = d_states[t + 1, n, j]
                first, second = heads[t, 0, n, j], heads[t, 1, n, j]
                if mode == MINIMAL:
                    rate = slopes[0, n, j] + abs(first)
                    total += rate * goal[n, j] * (second * first) * d
                else:
                    total += (
                        gate_gradient(mode, first, second, heads[t, 2, n, j]) * d * slopes[t, n, j]
                    )
            out[t, n] = total
