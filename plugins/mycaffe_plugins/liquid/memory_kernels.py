"""Compiled steps of the mixed memory (``memory.py``), within the sweeps of a compiled cell.

A step's gates are (4, N, padded size): i, g, f and o.
"""

from __future__ import annotations

from mycaffe_py.compiled import compiled, multiply_add, multiply_packed, pack, sigmoid, tanh


@compiled
def _new_memory(candidate, input_gate, forget_gate, output_gate, before, memory, activated, out):
    for i in range(out.shape[0]):
        value, gate = tanh(candidate[i]), sigmoid(input_gate[i])
        keep, shown = sigmoid(forget_gate[i]), sigmoid(output_gate[i])
        candidate[i], input_gate[i], forget_gate[i], output_gate[i] = value, gate, keep, shown
        memory[i] = before[i] * keep + value * gate
    for i in range(out.shape[0]):
        activated[i] = tanh(memory[i])
        out[i] = activated[i] * output_gate[i]


@compiled
def pack_parts(weight, packed, width):
    """Store the recurrent map (4 H, H) for :func:`remember`, part by part."""
    size = weight.shape[1]
    for part in range(4):
        pack(weight[part * size : (part + 1) * size], packed[part * size * size :], width)


@compiled
def remember(state, size, packed, width, given, before, gates, memory, activated, out):
    """Compute a step's memory and output (N, padded size) from the state and the memory ``before``.

    ``given`` (N, 4 size) is the input's part of the sums, ``packed`` the recurrent map's four parts.
    """
    count, at = out.size, 0
    for part in range(4):
        first = part * size
        sums = gates[part, :, :size]
        multiply_packed(state[:, :size], packed[at:], width, given[:, first : first + size], sums)
        at += size * size
    flat = gates.reshape(4, count)
    _new_memory(
        flat[0], flat[1], flat[2], flat[3], before.reshape(count), memory.reshape(count),
        activated.reshape(count), out.reshape(count),
    )  # fmt: skip


@compiled
def _gate_gradients(values, before, activated, d, carry, d_candidate, d_input, d_forget, d_output):
    candidate, input_gate, forget_gate, output_gate = values[0], values[1], values[2], values[3]
    one = d.dtype.type(1)
    for i in range(d.shape[0]):
        shown, a = output_gate[i], activated[i]
        carry[i] += d[i] * ((one - a * a) * shown)
        d_output[i] = d[i] * ((one - shown) * shown * a)
    for i in range(d.shape[0]):
        value, gate, keep, c = candidate[i], input_gate[i], forget_gate[i], carry[i]
        d_candidate[i] = c * ((one - value * value) * gate)
        d_input[i] = c * ((one - gate) * gate * value)
        d_forget[i] = c * ((one - keep) * keep * before[i])
        carry[i] = c * keep


@compiled
def remember_back(weight, size, gates, before, activated, d, carry, d_gates, row, d_state):
    """Turn dL/d(output), d, and dL/d(memory), carry, into those of the step before; the former is added to d_state.

    The rows of d_gates (4, rows, padded size) from ``row`` on become the gradients of the sums; ``weight`` is the
    recurrent map.
    """
    count, last = d.size, row + d.shape[0]
    _gate_gradients(
        gates.reshape(4, count), before.reshape(count), activated.reshape(count), d.reshape(count),
        carry.reshape(count), d_gates[0][row:last].reshape(count), d_gates[1][row:last].reshape(count),
        d_gates[2][row:last].reshape(count), d_gates[3][row:last].reshape(count),
    )  # fmt: skip
    for part in range(4):
        first = part * size
        multiply_add(
            d_gates[part][row:last, :size], weight[first : first + size], d_state[:, :size]
        )
