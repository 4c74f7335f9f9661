"""What the kernels of LSTM and RNN share: a step's inputs, its sums, and the gradient of its h."""

from __future__ import annotations

from mycaffe_py.compiled import (
    compiled,
    inlined,
    kernel_source,
    merged,
    multiply_add,
    multiply_from,
)

kernel_source(__name__)


@compiled
def count_going_on(cont, counts):
    """Count the steps at which each sequence goes on; return whether the counts differ."""
    counts[:] = 0
    for t in range(cont.shape[0]):
        for n in range(cont.shape[1]):
            counts[n] += cont[t, n] != 0
    differ = False
    for n in range(1, counts.shape[0]):
        differ |= counts[n] != counts[0]
    return differ


@inlined
def feed(x, hidden, cont, order, inputs):
    """Write cont h beside x into the rows of ``inputs``; return the number of rows up to the last cont other than 0."""
    size, going_on = hidden.shape[1], 0
    for row in range(order.shape[0]):
        n = order[row]
        keep, of_row, source, features = cont[n], inputs[row], hidden[n], x[n]
        if keep != 0:
            going_on = row + 1
        for k in range(size):
            of_row[k] = keep * source[k]
        for k in range(features.shape[0]):
            of_row[size + k] = features[k]
    return going_on


@merged
def multiply_sums(inputs, going_on, size, features, packed, width, start, sums):
    """Compute sums = start + [h | x] w.T; for rows from ``going_on`` on, where h is 0, start + x w_x.T."""
    columns, inner = sums.shape[1], size + features
    for first in range(0, columns, width):
        last = min(first + width, columns)
        block = packed[first * inner : last * inner].reshape(inner, last - first)
        of_rest = start[:, first:last]
        if going_on > 0:
            multiply_from(
                inputs[:going_on, :inner], block, start[:, first:last], sums[:going_on, first:last]
            )
            of_rest = of_rest[going_on:] if of_rest.shape[0] > 1 else of_rest
        if going_on < inputs.shape[0]:
            multiply_from(
                inputs[going_on:, size:inner], block[size:], of_rest, sums[going_on:, first:last]
            )


@inlined
def add_rows(rows, total):
    """Add rows to those of ``total``, if it has any."""
    for row in range(total.shape[0]):
        source, target = rows[row], total[row]
        for k in range(target.shape[0]):
            target[k] += source[k]


@merged
def hand_on(t, count, group, order, inputs, d_sums, w, none, dw_h, dw_x, of_x, dx):
    """Once all steps of a group, which ends with t, are there: add the weights' gradients and write that of x.

    ``count`` is the number of rows with a gradient, taken into account for groups of one step. ``of_x`` is room for the
    gradient of x before its rows are sorted. No rows of ``dw_h`` or ``dx``: not wanted.
    """
    if t % group > 0:
        return
    steps, batch, stride = inputs.shape
    size, last = dw_h.shape[1], min(t + group, steps)
    rows = (last - t) * batch
    of_rows = inputs[t:last].reshape(rows, stride)
    gradients = d_sums[: last - t].reshape(rows, d_sums.shape[2])
    if group == 1:
        rows = count
    if rows > 0 and dw_h.shape[0] > 0:
        multiply_add(gradients[:rows].T, of_rows[:rows, :size], dw_h)
        of_x_and_bias = of_rows[:rows, size : size + dw_x.shape[0]]
        multiply_add(of_x_and_bias.T, gradients[:rows], dw_x)
    if dx.shape[0] > 0:
        if rows > 0:
            multiply_from(gradients[:rows], w[:, size : size + of_x.shape[1]], none, of_x[:rows])
        of_x[rows:] = 0
        for row in range((last - t) * batch):
            source, target = of_x[row], dx[t + row // batch, order[row % batch]]
            for k in range(target.shape[0]):
                target[k] = source[k]


@inlined
def collect(dy, cont, t, order, dh, alive):
    """Make the gradient of each row's h at step t: of its output, and of the next step's h if it goes on there.

    Rows that have none are marked as not alive. Returns the number of rows up to the last one that is.
    """
    count, going_on = 0, t + 1 < cont.shape[0]
    for row in range(order.shape[0]):
        n = order[row]
        gradient, of_output = dh[row], dy[n]
        keep = cont[t + 1, n] if going_on else cont.dtype.type(0)
        if alive[row] and keep != 0:
            for k in range(gradient.shape[0]):
                gradient[k] = keep * gradient[k] + of_output[k]
        else:
            found = False
            for k in range(gradient.shape[0]):
                gradient[k] = of_output[k]
                found |= of_output[k] != 0
            alive[row] = found
        if alive[row]:
            count = row + 1
    return count
