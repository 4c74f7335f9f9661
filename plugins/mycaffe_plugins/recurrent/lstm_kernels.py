"""The LSTM layer's sequence, compiled: see ``compiled_lstm.py`` for the arrays."""

from __future__ import annotations

from mycaffe_py.compiled import (
    compiled,
    kernel_source,
    lstm_gates,
    lstm_gates_back,
    multiply_from,
)

from .sequence_kernels import add_rows, collect, feed, hand_on, multiply_sums

kernel_source(__name__)


@compiled
def lstm_forward(packed, width, start, x, cont, order, first, inputs, memory, gates, activated, y):
    """Run all steps from the states ``first`` and ``memory[0]``."""
    steps, batch, size = activated.shape
    for t in range(steps):
        before = y[t - 1] if t > 0 else first
        going_on = feed(x[t], before, cont[t], order, inputs[t])
        multiply_sums(inputs[t], going_on, size, x.shape[2], packed, width, start, gates[t])
        for row in range(batch):
            n, of_row = order[row], gates[t, row]
            lstm_gates(
                of_row[:size], of_row[size : 2 * size], of_row[2 * size : 3 * size], of_row[3 * size :],
                memory[t, n], cont[t, n], memory[t + 1, n], activated[t, n], y[t, n],
            )  # fmt: skip


@compiled
def lstm_backward(
    w, none, dy, cont, order, inputs, memory, gates, activated, d_sums, dh, dc, alive, group, dw_h, dw_x,
    d_total, of_x, dx,
):  # fmt: skip
    """Run all steps back; ``d_sums`` has room for the gradients of the sums of a group of steps."""
    steps, batch, size = activated.shape
    dc[:] = 0
    alive[:] = False
    for t in range(steps - 1, -1, -1):
        count = collect(dy[t], cont, t, order, dh, alive)
        d_step = d_sums[t % group]
        for row in range(batch):
            n, of_row, d_row = order[row], gates[t, row], d_step[row]
            if not alive[row]:
                d_row[:] = 0
                continue
            lstm_gates_back(
                of_row[:size], of_row[size : 2 * size], of_row[2 * size : 3 * size], of_row[3 * size :],
                memory[t, n], cont[t, n], activated[t, n], dh[row], dc[row],
                d_row[:size], d_row[size : 2 * size], d_row[2 * size : 3 * size], d_row[3 * size :],
            )  # fmt: skip
        if t > 0 and count > 0:
            multiply_from(d_step[:count], w[:, :size], none[:, :size], dh[:count])
        add_rows(d_step, d_total)
        hand_on(t, count, group, order, inputs, d_sums, w, none, dw_h, dw_x, of_x, dx)


@compiled
def unit_forward(before, sums, cont, gates, activated, after, hidden):
    """One step for each sequence, from its sums."""
    size = before.shape[1]
    for n in range(before.shape[0]):
        row = gates[n]
        row[:] = sums[n]
        lstm_gates(
            row[:size], row[size : 2 * size], row[2 * size : 3 * size], row[3 * size :],
            before[n], cont[n], after[n], activated[n], hidden[n],
        )  # fmt: skip


@compiled
def unit_backward(before, cont, gates, activated, dh, dc, d_sums):
    """The gradients of the sums; ``dc`` becomes that of the initial c."""
    size = before.shape[1]
    for n in range(before.shape[0]):
        row, of_row = gates[n], d_sums[n]
        lstm_gates_back(
            row[:size], row[size : 2 * size], row[2 * size : 3 * size], row[3 * size :],
            before[n], cont[n], activated[n], dh[n], dc[n],
            of_row[:size], of_row[size : 2 * size], of_row[2 * size : 3 * size], of_row[3 * size :],
        )  # fmt: skip
