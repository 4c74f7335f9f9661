"""Kernels of :mod:`.channels`: fused loops over (outer, channels, inner), with one value for each channel.

Rows of channels times inner elements are divided into blocks, and all rows of a block are passed over one after the
other. Values of channels are first repeated for each element of a block, and sums are first taken for each element, so
that loops are long and become vectors even where a channel has few elements.

A loop that reads one array and writes another becomes vectors only if they do not overlap. So where the result
replaces an argument, it reads what it writes; and Numba merges the loops, since LLVM's inlining loses sight of that.
"""

from __future__ import annotations

import numpy as np

from mycaffe_py.compiled import compiled, kernel_source, merged

kernel_source(__name__)

_BLOCK = 1024


@merged
def _repeat(values, first, inner, out):
    """Write to ``out`` the values of the channels of its elements, which begin at ``first`` of a row."""
    start = 0
    while start < out.size:
        channel = (first + start) // inner
        stop = min(out.size, (channel + 1) * inner - first)
        out[start:stop] = values[channel]
        start = stop


@merged
def _fold(sums, first, inner, totals):
    """Add the elements' sums to the totals of their channels, in the totals' precision."""
    start = 0
    while start < sums.size:
        channel = (first + start) // inner
        stop = min(sums.size, (channel + 1) * inner - first)
        total = totals[channel]
        for j in range(start, stop):
            total += sums[j]
        totals[channel] = total
        start = stop


@merged
def _add_row(x, sums):
    for j in range(sums.shape[0]):
        sums[j] += x[j]


@merged
def _add_product_row(x, z, sums, products):
    for j in range(sums.shape[0]):
        sums[j] += x[j]
        products[j] += x[j] * z[j]


@merged
def _centre_row(x, mean, out, products):
    for j in range(out.shape[0]):
        value = x[j] - mean[j]
        out[j] = value
        products[j] += value * value


@merged
def _affine_row(x, factor, addend, added, out):
    if added:
        for j in range(out.shape[0]):
            out[j] = x[j] * factor[j] + addend[j]
    else:
        for j in range(out.shape[0]):
            out[j] = x[j] * factor[j]


@merged
def _normal_row(x, mean, gain, out):
    for j in range(out.shape[0]):
        out[j] = (x[j] - mean[j]) * gain[j]


@merged
def _copy_row(x, out):
    for j in range(out.shape[0]):
        out[j] = x[j]


@merged
def _without_row(dy, centred, slope, mean, gain, out):
    for j in range(out.shape[0]):
        out[j] = (dy[j] - (centred[j] * slope[j] + mean[j])) * gain[j]


@compiled
def sums(x, width, inner, totals):
    """totals[c] += the sum of x over the rows and the elements of channel c; all arrays are flat."""
    work = np.empty(_BLOCK, x.dtype)
    for first in range(0, width, _BLOCK):
        part = work[: min(_BLOCK, width - first)]
        part[:] = 0
        for row in range(first, x.size, width):
            _add_row(x[row : row + part.size], part)
        _fold(part, first, inner, totals)


@compiled
def sums_and_products(x, z, width, inner, totals, products):
    """The same, and products[c] += the sum of x z."""
    work, other = np.empty(_BLOCK, x.dtype), np.empty(_BLOCK, x.dtype)
    for first in range(0, width, _BLOCK):
        count = min(_BLOCK, width - first)
        part, product = work[:count], other[:count]
        part[:] = 0
        product[:] = 0
        for row in range(first, x.size, width):
            _add_product_row(x[row : row + count], z[row : row + count], part, product)
        _fold(part, first, inner, totals)
        _fold(product, first, inner, products)


@compiled
def centre(x, mean, width, inner, out, squares):
    """out = x - mean[c], squares[c] += the sum of its squares."""
    work, means = np.empty(_BLOCK, x.dtype), np.empty(_BLOCK, x.dtype)
    for first in range(0, width, _BLOCK):
        count = min(_BLOCK, width - first)
        part, each = work[:count], means[:count]
        part[:] = 0
        _repeat(mean, first, inner, each)
        for row in range(first, x.size, width):
            _centre_row(x[row : row + count], each, out[row : row + count], part)
        _fold(part, first, inner, squares)


@compiled
def affine(x, factor, addend, width, inner, out, kept):
    """out = x factor[c] + addend[c], or without the addend where that is empty; ``kept`` gets x unless it is empty."""
    work, other = np.empty(_BLOCK, x.dtype), np.empty(_BLOCK, x.dtype)
    in_place = x.ctypes.data == out.ctypes.data
    for first in range(0, width, _BLOCK):
        count = min(_BLOCK, width - first)
        factors, addends = work[:count], other[:count]
        _repeat(factor, first, inner, factors)
        if addend.size:
            _repeat(addend, first, inner, addends)
        for row in range(first, x.size, width):
            target = out[row : row + count]
            if kept.size:
                _copy_row(x[row : row + count], kept[row : row + count])
                _affine_row(kept[row : row + count], factors, addends, addend.size > 0, target)
            elif in_place:
                _affine_row(target, factors, addends, addend.size > 0, target)
            else:
                _affine_row(x[row : row + count], factors, addends, addend.size > 0, target)


@compiled
def normalize(x, mean, gain, width, inner, out):
    """out = (x - mean[c]) gain[c]"""
    work, other = np.empty(_BLOCK, x.dtype), np.empty(_BLOCK, x.dtype)
    in_place = x.ctypes.data == out.ctypes.data
    for first in range(0, width, _BLOCK):
        count = min(_BLOCK, width - first)
        means, gains = work[:count], other[:count]
        _repeat(mean, first, inner, means)
        _repeat(gain, first, inner, gains)
        for row in range(first, x.size, width):
            target = out[row : row + count]
            if in_place:
                _normal_row(target, means, gains, target)
            else:
                _normal_row(x[row : row + count], means, gains, target)


@compiled
def without_statistics(dy, centred, slope, mean, gain, width, inner, out):
    """out = (dy - (centred slope[c] + mean[c])) gain[c]"""
    first_work, second_work = np.empty(_BLOCK, dy.dtype), np.empty(_BLOCK, dy.dtype)
    third_work = np.empty(_BLOCK, dy.dtype)
    in_place = dy.ctypes.data == out.ctypes.data
    for first in range(0, width, _BLOCK):
        count = min(_BLOCK, width - first)
        slopes, means, gains = first_work[:count], second_work[:count], third_work[:count]
        _repeat(slope, first, inner, slopes)
        _repeat(mean, first, inner, means)
        _repeat(gain, first, inner, gains)
        for row in range(first, dy.size, width):
            target, values = out[row : row + count], centred[row : row + count]
            if in_place:
                _without_row(target, values, slopes, means, gains, target)
            else:
                _without_row(dy[row : row + count], values, slopes, means, gains, target)


@compiled
def normalize_planes(x, mean, gain, inner, out):
    """The same as :func:`normalize`, plane by plane: for few rows."""
    in_place = x.ctypes.data == out.ctypes.data
    for first in range(0, x.size, inner):
        channel = first // inner % mean.size
        middle, factor, target = mean[channel], gain[channel], out[first : first + inner]
        source = x[first : first + inner]
        if in_place:
            for j in range(target.shape[0]):
                target[j] = (target[j] - middle) * factor
        else:
            for j in range(target.shape[0]):
                target[j] = (source[j] - middle) * factor


@compiled
def affine_planes(x, factor, addend, inner, out, kept):
    """The same as :func:`affine`, plane by plane: for few rows."""
    in_place, none = x.ctypes.data == out.ctypes.data, x.dtype.type(0)
    for first in range(0, x.size, inner):
        channel = first // inner % factor.size
        gain, target, source = factor[channel], out[first : first + inner], x[first : first + inner]
        added = addend[channel] if addend.size else none
        if kept.size:
            _copy_row(source, kept[first : first + inner])
        if in_place:
            for j in range(target.shape[0]):
                target[j] = target[j] * gain + added
        else:
            for j in range(target.shape[0]):
                target[j] = source[j] * gain + added
