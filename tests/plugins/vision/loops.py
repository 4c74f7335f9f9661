"""What the layers must give, written as plain loops over every element."""

from __future__ import annotations

import itertools

import numpy as np


def convolve(x, weight, stride, pad, dilation, group):
    """Correlate images (N, C, *spatial) with kernels (M, C / group, *kernel)."""
    axes, kernel = x.ndim - 2, weight.shape[2:]
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pad)])
    sizes = [
        (padded.shape[a + 2] - dilation[a] * (kernel[a] - 1) - 1) // stride[a] + 1
        for a in range(axes)
    ]
    y = np.zeros((len(x), len(weight), *sizes))
    outputs, inputs = len(weight) // group, weight.shape[1]
    for n, m in np.ndindex(y.shape[:2]):
        first = m // outputs * inputs
        for place in np.ndindex(*sizes):
            for c, *element in np.ndindex(weight.shape[1:]):
                cell = [place[a] * stride[a] + element[a] * dilation[a] for a in range(axes)]
                y[(n, m, *place)] += weight[(m, c, *element)] * padded[(n, first + c, *cell)]
    return y


def pool(x, kernel, stride, pad, ceil=True):
    """Return for each window of one plane: (place, its cells in the image, its size up to the padding's edge)."""
    counts, found = [], []
    for size, k, s, p in zip(x.shape, kernel, stride, pad, strict=True):
        reach = (size + 2 * p - k) / s
        count = int(np.ceil(reach) if ceil else np.floor(reach)) + 1
        if any(pad) and (count - 1) * s >= size + p:
            count -= 1
        counts.append(count)
    for place in np.ndindex(*counts):
        ranges, divisor = [], 1
        for axis, index in enumerate(place):
            start = index * stride[axis] - pad[axis]
            stop = min(start + kernel[axis], x.shape[axis] + pad[axis])
            divisor *= stop - start
            ranges.append(range(max(start, 0), min(stop, x.shape[axis])))
        found.append((place, list(itertools.product(*ranges)), divisor))
    return counts, found


def max_pool(x, kernel, stride, pad, ceil=True):
    """Return the maxima of one plane and the cells h * W + w where they are found first."""
    counts, windows = pool(x, kernel, stride, pad, ceil)
    y, mask = np.full(counts, -np.finfo(np.float32).max), np.full(counts, -1.0)
    for place, cells, _ in windows:
        for row, column in cells:
            if x[row, column] > y[place]:
                y[place], mask[place] = x[row, column], row * x.shape[1] + column
    return y, mask


def average_pool(x, kernel, stride, pad, ceil=True):
    """Return the averages of one plane."""
    counts, windows = pool(x, kernel, stride, pad, ceil)
    y = np.zeros(counts)
    for place, cells, divisor in windows:
        if cells:
            y[place] = sum(x[cell] for cell in cells) / divisor
    return y
