"""Kernels of depthwise correlation with kernels of 3 x 3 whose lanes are channels.

As many channels as a vector has lanes are worked on together, one image at a time, some rows of windows after
another: the rows of the image that they see are turned to [place][channel] and laid out with their padding.

A plan is an array: the image's height and width; rows and columns of windows; their steps down and across; steps from
cell to cell of the image where it is laid out, and the place of its first one; dilation; the width of what is laid
out; the rows of windows at a time. Addresses are numbers, all else that is not an array counts elements.
"""

from __future__ import annotations

from mycaffe_py.compiled import HOST, compiled, inlined, kernel_source

from .convolution_kernels import turn
from .depthwise_tiles import TAPS, clear_vector, copy_vectors, products_tile, windows_tile

kernel_source(__name__)

_WIDTH = HOST.width
_AT_ONCE = 4 if HOST.tall[0] == 8 else 2
_some_windows, _one_window = windows_tile(_AT_ONCE), windows_tile(1)
_some_products, _one_product = products_tile(_AT_ONCE), products_tile(1)


@inlined
def _clear(like, at, count):
    for _ in range(count):
        clear_vector(like, at)
        at += _WIDTH


@inlined
def _lay_out(like, size, channels, plan, first, stop, image, flat, laid):
    """Turn the rows of ``image`` that the windows' rows from ``first`` to ``stop`` see, and lay them out."""
    height, width = plan[0], plan[1]
    down, spread_down, spread_across, top, left = plan[4], plan[6], plan[7], plan[8], plan[9]
    begin, wide = first * down, plan[12] * _WIDTH
    end = (stop - 1) * down + 2 * plan[10] + 1
    low = min(max(0, (begin - top + spread_down - 1) // spread_down), height)
    high = min(max(low, (end - top + spread_down - 1) // spread_down), height)
    if high > low:
        turn(
            like, size, channels, (high - low) * width, image + low * width * size,
            height * width * size, flat, _WIDTH,
        )  # fmt: skip
    source = low
    for row in range(begin, end):
        at = laid + (row - begin) * wide
        if source < high and row == top + source * spread_down:
            to, given = at + left * _WIDTH, flat + (source - low) * width * _WIDTH
            for _ in range(width):
                copy_vectors(like, given, to)
                given += _WIDTH
                to += spread_across * _WIDTH
            source += 1
        else:
            _clear(like, at, plan[12])


@compiled
def correlate(
    like, size, plan, images, channels, source, weights, backwards, bias, target, laid, flat, found, turned, start
):  # fmt: skip
    """Write the correlation of images (N, C, H, W) with weights (C, 9), ``backwards`` if they are flipped.

    ``bias`` is an address, or 0. ``laid``, ``flat``, ``found``, ``turned`` (nine vectors) and ``start`` (one) are
    working memory.
    """
    lanes = _WIDTH // size
    rows, columns, band = plan[2], plan[3], plan[13]
    x_row, x_column, x_step = plan[10] * plan[12] * _WIDTH, plan[11] * _WIDTH, plan[5] * _WIDTH
    laid_rows = (band - 1) * plan[4] + 2 * plan[10] + 1
    _clear(like, laid, laid_rows * plan[12])
    image_bytes, map_bytes = plan[0] * plan[1] * size, rows * columns * size
    clear_vector(like, start)
    weight, step = turned, _WIDTH
    if backwards:
        weight, step = turned + (TAPS - 1) * _WIDTH, -_WIDTH
    for channel in range(0, channels, lanes):
        some = min(lanes, channels - channel)
        turn(like, size, some, TAPS, weights + channel * TAPS * size, TAPS * size, turned, _WIDTH)
        if bias:
            turn(like, size, some, 1, bias + channel * size, size, start, _WIDTH)
        for number in range(images):
            plane = number * channels + channel
            for first in range(0, rows, band):
                stop = min(first + band, rows)
                _lay_out(
                    like, size, some, plan, first, stop, source + plane * image_bytes, flat, laid
                )
                out = found
                for row in range(stop - first):
                    x, column = laid + row * plan[4] * plan[12] * _WIDTH, 0
                    while column <= columns - _AT_ONCE:
                        _some_windows(
                            like, x, x_row, x_column, x_step, weight, step, start, out, _WIDTH
                        )
                        column += _AT_ONCE
                        x += _AT_ONCE * x_step
                        out += _AT_ONCE * _WIDTH
                    while column < columns:
                        _one_window(
                            like, x, x_row, x_column, x_step, weight, step, start, out, _WIDTH
                        )
                        column += 1
                        x += x_step
                        out += _WIDTH
                turn(
                    like, size, (stop - first) * columns, some, found, _WIDTH,
                    target + plane * map_bytes + first * columns * size, map_bytes,
                )  # fmt: skip


@compiled
def add_products(
    like, size, plan, images, channels, source, changes, gradient, laid, flat, found, sums, totals
):
    """Add to ``gradient``, an array (C, 9), the products of images with ``changes``, the gradient of the maps.

    ``sums`` is an array (9, lanes) of that type, ``totals`` one of float64: working memory, as in :func:`correlate`.
    """
    lanes = _WIDTH // size
    rows, columns, band = plan[2], plan[3], plan[13]
    x_row, x_column, x_step = plan[10] * plan[12] * _WIDTH, plan[11] * _WIDTH, plan[5] * _WIDTH
    laid_rows = (band - 1) * plan[4] + 2 * plan[10] + 1
    _clear(like, laid, laid_rows * plan[12])
    image_bytes, map_bytes = plan[0] * plan[1] * size, rows * columns * size
    at = sums.ctypes.data
    for channel in range(0, channels, lanes):
        some = min(lanes, channels - channel)
        totals[:] = 0
        for number in range(images):
            plane = number * channels + channel
            for first in range(0, rows, band):
                stop = min(first + band, rows)
                _lay_out(
                    like, size, some, plan, first, stop, source + plane * image_bytes, flat, laid
                )
                turn(
                    like, size, some, (stop - first) * columns,
                    changes + plane * map_bytes + first * columns * size, map_bytes, found, _WIDTH,
                )  # fmt: skip
                _clear(like, at, TAPS)
                dy = found
                for row in range(stop - first):
                    x, column = laid + row * plan[4] * plan[12] * _WIDTH, 0
                    while column <= columns - _AT_ONCE:
                        _some_products(like, x, x_row, x_column, x_step, dy, _WIDTH, at, _WIDTH)
                        column += _AT_ONCE
                        x += _AT_ONCE * x_step
                        dy += _AT_ONCE * _WIDTH
                    while column < columns:
                        _one_product(like, x, x_row, x_column, x_step, dy, _WIDTH, at, _WIDTH)
                        column += 1
                        x += x_step
                        dy += _WIDTH
                # A band's sums are short: those of all are added in float64.
                for tap in range(TAPS):
                    for lane in range(some):
                        totals[tap, lane] += sums[tap, lane]
        for lane in range(some):
            for tap in range(TAPS):
                gradient[channel + lane, tap] += totals[tap, lane]
