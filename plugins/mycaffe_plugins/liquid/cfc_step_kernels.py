"""Compiled loops of one step of a CfC cell: activations, heads, and their derivatives.

The formulas are those of ``cfc_heads.py`` and ``mycaffe_py.functions``. Arrays are flat and of equal length: the
neurons of all samples, one sample after another. NaN stays in its sample.
"""

from __future__ import annotations

import math

import numpy as np

from mycaffe_py.compiled import compiled, erf, exp, kernel_source, sigmoid, tanh
from mycaffe_py.functions import LeCun, sigmoids

from . import sequence_cell

kernel_source(__name__, also=[str(sigmoids.__file__), str(sequence_cell.__file__)])

GATE, NO_GATE, MINIMAL = 0, 1, 2
SILU, RELU, TANH, GELU, LECUN = 0, 1, 2, 3, 4

_AMPLITUDE, _RATE = LeCun.amplitude, LeCun.rate
_ROOT_HALF, _DENSITY_AT_0 = math.sqrt(0.5), 1 / math.sqrt(2 * math.pi)
_HALF, _ONE = np.float32(0.5), np.float32(1)  # exact in both types
_LONGEST_SPAN = sequence_cell.LONGEST_SPAN

# Loops run over whole arrays with one plain index: LLVM makes vectors of no other.


@compiled
def activate(kind, z, y, mask, masked):
    """y = f(z) mask; z becomes f(z) where that is enough for the derivative, and y may then be z without a mask."""
    real = z.dtype.type
    zero, half, one = real(0), real(0.5), real(1)
    root_half, amplitude, rate = real(_ROOT_HALF), real(_AMPLITUDE), real(_RATE)
    if kind == SILU:
        for i in range(z.shape[0]):
            y[i] = z[i] * sigmoid(z[i])
    elif kind == GELU:
        for i in range(z.shape[0]):
            y[i] = z[i] * (half * (one + erf(z[i] * root_half)))
    elif kind == RELU:
        for i in range(z.shape[0]):
            v = z[i]
            z[i] = (
                zero if v < zero else v
            ) + zero  # the sum makes the loop one of vectors, without a branch
    elif kind == TANH:
        for i in range(z.shape[0]):
            z[i] = tanh(z[i])
    else:
        for i in range(z.shape[0]):
            z[i] = amplitude * tanh(rate * z[i])
    if masked:
        kept = y if kind in (SILU, GELU) else z
        for i in range(z.shape[0]):
            y[i] = kept[i] * mask[i]


@compiled
def activation_gradient(kind, z, d, mask, masked):
    """d = d f'(z) mask, with z as :func:`activate` left it."""
    real = z.dtype.type
    zero, half, one = real(0), real(0.5), real(1)
    root_half, density_at_0 = real(_ROOT_HALF), real(_DENSITY_AT_0)
    most, slope = real(_RATE * _AMPLITUDE), real(_RATE / _AMPLITUDE)
    if kind == SILU:
        for i in range(d.shape[0]):
            s = sigmoid(z[i])
            y = z[i] * s
            d[i] *= s + (y - y * s)
    elif kind == GELU:
        for i in range(d.shape[0]):
            density = density_at_0 * exp(-half * z[i] * z[i])
            d[i] *= half * (one + erf(z[i] * root_half)) + z[i] * density
    elif kind == RELU:
        for i in range(d.shape[0]):
            d[i] *= one if z[i] > zero else zero
    elif kind == TANH:
        for i in range(d.shape[0]):
            d[i] *= one - z[i] * z[i]
    else:
        for i in range(d.shape[0]):
            d[i] *= most - z[i] * z[i] * slope
    if masked:
        for i in range(d.shape[0]):
            d[i] *= mask[i]


@compiled
def _gate(first, second, time_b, time_a, times, out):
    half, one = out.dtype.type(0.5), out.dtype.type(1)
    for i in range(out.shape[0]):
        f1, f2 = tanh(first[i]), tanh(second[i])
        th = tanh(half * (time_b[i] + time_a[i] * times[i]))
        first[i], second[i], time_b[i] = f1, f2, th
        s = half * (one + th)
        out[i] = f1 * (one - s) + s * f2


@compiled
def _no_gate(first, second, time_b, time_a, times, out):
    half, one = out.dtype.type(0.5), out.dtype.type(1)
    for i in range(out.shape[0]):
        f1, f2 = tanh(first[i]), tanh(second[i])
        th = tanh(half * (time_b[i] + time_a[i] * times[i]))
        first[i], second[i], time_b[i] = f1, f2, th
        out[i] = f1 + half * (one + th) * f2


@compiled
def _minimal(p, decay, times, rate, goal, out):
    longest = out.dtype.type(_LONGEST_SPAN)
    for i in range(out.shape[0]):
        time = longest if times[i] > longest else times[i]
        decay[i] = exp(-time * (rate[i] + abs(p[i])))
    for i in range(out.shape[0]):
        out[i] = goal[i] - goal[i] * (decay[i] * p[i])


@compiled
def new_state(mode, heads, time_a, times, rate, goal, out):
    """Write a step's state from the sums of its heads (3, n) and of time_a; rate is |w_tau| and goal A.

    heads becomes f1, f2 and th = tanh(z / 2) of the gate, or for the minimal cell p and the decay e.
    """
    if mode == MINIMAL:
        _minimal(heads[0], heads[1], times, rate, goal, out)
    elif mode == GATE:
        _gate(heads[0], heads[1], heads[2], time_a, times, out)
    else:
        _no_gate(heads[0], heads[1], heads[2], time_a, times, out)


@compiled
def gate_gradient(mode, f1, f2, half_tanh):
    """The derivative of a new state by z, the argument of the gate s."""
    s = _HALF * (_ONE + half_tanh)
    return (f2 - f1 if mode == GATE else f2) * (s * (_ONE - s))


@compiled
def _gate_gradient(first, second, half_tanh, times, d, d_first, d_second, d_time_b, d_time_a):
    half, one = d.dtype.type(0.5), d.dtype.type(1)
    for i in range(d.shape[0]):
        f1, f2 = first[i], second[i]
        s = half * (one + half_tanh[i])
        d_z = gate_gradient(GATE, f1, f2, half_tanh[i]) * d[i]
        d_first[i] = (one - f1 * f1) * (one - s) * d[i]
        d_second[i] = (one - f2 * f2) * s * d[i]
        d_time_b[i] = d_z
        d_time_a[i] = d_z * times[i]


@compiled
def _no_gate_gradient(first, second, half_tanh, times, d, d_first, d_second, d_time_b, d_time_a):
    half, one = d.dtype.type(0.5), d.dtype.type(1)
    for i in range(d.shape[0]):
        f1, f2 = first[i], second[i]
        s = half * (one + half_tanh[i])
        d_z = gate_gradient(NO_GATE, f1, f2, half_tanh[i]) * d[i]
        d_first[i] = (one - f1 * f1) * d[i]
        d_second[i] = (one - f2 * f2) * s * d[i]
        d_time_b[i] = d_z
        d_time_a[i] = d_z * times[i]


@compiled
def _minimal_gradient(p, decay, times, goal, d, d_p, d_goal, d_rate):
    for i in range(d.shape[0]):
        # In this order: e is 0 where t is huge, and never meets an infinite product.
        d_p[i] = d[i] * goal[i] * (decay[i] * times[i] * abs(p[i]) - decay[i])
    for i in range(d.shape[0]):
        share = d[i] * (decay[i] * p[i])
        d_goal[i] += d[i] - share
        d_rate[i] += d[i] * (decay[i] * times[i] * p[i])


@compiled
def heads_gradient(mode, heads, times, goal, d, d_heads, first, d_goal, d_rate):
    """Write the gradients of the heads' sums, given that of the state, d, into d_heads (parts, ...) from ``first`` on.

    The minimal cell's d_goal and d_rate are added to: dL/dA, and dL/d|w_tau| over A.
    """
    last = first + d.shape[0]
    if mode == MINIMAL:
        d_p = d_heads[0][first:last]
        _minimal_gradient(heads[0], heads[1], times, goal, d, d_p, d_goal, d_rate)
        return
    f1, f2, th = heads[0], heads[1], heads[2]
    d_first, d_second = d_heads[0][first:last], d_heads[1][first:last]
    d_time_b, d_time_a = d_heads[2][first:last], d_heads[3][first:last]
    if mode == GATE:
        _gate_gradient(f1, f2, th, times, d, d_first, d_second, d_time_b, d_time_a)
    else:
        _no_gate_gradient(f1, f2, th, times, d, d_first, d_second, d_time_b, d_time_a)


@compiled
def spread(row, out):
    """Write each sample's number along its row of out (N, n)."""
    for i in range(row.shape[0]):
        out[i, :] = row[i]


@compiled
def any_nonzero(values):
    """Return whether any of the numbers is not 0, or NaN."""
    found = False
    for i in range(values.shape[0]):
        found |= values[i] != 0
    return found


@compiled
def add_rows(rows, total):
    """Add each of the rows (N, at least n) to the total (n,)."""
    for i in range(rows.shape[0]):
        row = rows[i, : total.shape[0]]
        for j in range(total.shape[0]):
            total[j] += row[j]
