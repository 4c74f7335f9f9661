"""The RNN layer's sequence, compiled: see ``compiled_rnn.py`` for the arrays."""

from __future__ import annotations

from mycaffe_py.compiled import compiled, kernel_source, multiply_from, tanh

from .sequence_kernels import add_rows, collect, feed, hand_on, multiply_sums

kernel_source(__name__)


@compiled
def rnn_forward(packed, width, start, x, cont, order, first, inputs, sums, hidden):
    """Run all steps from the state ``first``; ``hidden`` receives the state after each."""
    steps, batch, size = sums.shape
    for t in range(steps):
        before = hidden[t - 1] if t > 0 else first
        going_on = feed(x[t], before, cont[t], order, inputs[t])
        multiply_sums(inputs[t], going_on, size, x.shape[2], packed, width, start, sums[t])
        for row in range(batch):
            of_row, h = sums[t, row], hidden[t, order[row]]
            for k in range(size):
                h[k] = tanh(of_row[k])


@compiled
def rnn_backward(
    w,
    none,
    dy,
    cont,
    order,
    inputs,
    hidden,
    d_sums,
    dh,
    alive,
    group,
    dw_h,
    dw_x,
    d_total,
    of_x,
    dx,
):
    """Run all steps back; ``d_sums`` has room for the gradients of the sums of a group of steps."""
    steps, batch, size = hidden.shape
    one = dh.dtype.type(1)
    alive[:] = False
    for t in range(steps - 1, -1, -1):
        count = collect(dy[t], cont, t, order, dh, alive)
        d_step = d_sums[t % group]
        for row in range(batch):
            gradient, h, of_row = dh[row], hidden[t, order[row]], d_step[row]
            for k in range(size):
                of_row[k] = gradient[k] * (one - h[k] * h[k])
        if t > 0 and count > 0:
            multiply_from(d_step[:count], w[:, :size], none[:, :size], dh[:count])
        add_rows(d_step, d_total)
        hand_on(t, count, group, order, inputs, d_sums, w, none, dw_h, dw_x, of_x, dx)
