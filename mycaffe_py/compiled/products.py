"""Matrix products of small and middle size, for use within kernels.

x may have any strides, so x and x.T alike; the columns of w, ``start`` and ``out`` must be adjacent. Shapes are not
checked. Rows that are a multiple of 1 KB apart thrash the first cache: pad them (:func:`padded`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from .compiling import INLINED, called, compiled, inlined, kernel_source
from .tiles import tile, turn
from .vectors import HOST

kernel_source(__name__)

_WIDTH = HOST.width


def padded(columns: int) -> int:
    """Return how long to make rows of that many numbers, so that they do not lie a multiple of 1 KB apart."""
    return columns + 16 if columns % 128 == 0 else columns


def block_width(rows: int) -> int:
    """Return the block width for :func:`pack` and :func:`multiply_packed` with that many rows of x."""
    return 256 if rows == 1 else 64 if rows < 8 else 32


def _rows(height: int, vectors: int) -> Any:
    """Return the product for ``height`` rows at a time, in strips of whole vectors, then single columns.

    It returns the number of rows that it has done.
    """
    wide, narrow, column = (tile(height, vectors), tile(height, 1), tile(height, 1, scalar=True))

    @inlined
    def product(like, size, rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr):
        lanes = _WIDTH // size
        count = rows // height
        done = 0 if count > 0 else columns
        while done < columns:
            left = columns - done
            take = vectors * lanes if left >= vectors * lanes else lanes if left >= lanes else 1
            at, begin, to = x, start + done * size, out + done * size
            for _ in range(count):
                if take == vectors * lanes:
                    wide(like, inner, at, xr, xc, w + done * size, wr, begin, sr, to, outr)
                elif take == lanes:
                    narrow(like, inner, at, xr, xc, w + done * size, wr, begin, sr, to, outr)
                else:
                    column(like, inner, at, xr, xc, w + done * size, wr, begin, sr, to, outr)
                at, begin, to = at + height * xr, begin + height * sr, to + height * outr
            done += take
        return count * height

    return product


# Rows that are left over have tiles of their own: with one row of a tall tile most of the time is spent waiting.
_PAIR = (HOST.few[0] // 2, HOST.few[1] * 2)
_tall, _few, _pair, _one = (_rows(*shape) for shape in (HOST.tall, HOST.few, _PAIR, HOST.single))


@inlined
def _at_addresses(like, size, rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr):
    """The product of matrices at addresses, strides in bytes."""
    row = _tall(like, size, rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr)
    if row < rows:
        row += _few(
            like, size, rows - row, inner, columns, x + row * xr, xr, xc, w, wr,
            start + row * sr, sr, out + row * outr, outr,
        )  # fmt: skip
    if row < rows:
        row += _pair(
            like, size, rows - row, inner, columns, x + row * xr, xr, xc, w, wr,
            start + row * sr, sr, out + row * outr, outr,
        )  # fmt: skip
    if row < rows:
        _one(
            like, size, rows - row, inner, columns, x + row * xr, xr, xc, w, wr,
            start + row * sr, sr, out + row * outr, outr,
        )  # fmt: skip


def _float32_at_addresses(rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr):
    _at_addresses(np.float32(0), 4, rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr)


def _float64_at_addresses(rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr):
    _at_addresses(np.float64(0), 8, rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr)


_PRODUCTS = {
    types.float32: called(_float32_at_addresses, types.void(*[types.int64] * 12)),
    types.float64: called(_float64_at_addresses, types.void(*[types.int64] * 12)),
}


def _multiply_at(like: Any, *given: Any) -> None:
    """The product of matrices of ``like``'s type at addresses: compiled once for all kernels and layouts."""


@overload(_multiply_at, jit_options=INLINED)
def _(like, rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr):
    product = _PRODUCTS[like]

    def multiply_at(like, rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr):
        product(rows, inner, columns, x, xr, xc, w, wr, start, sr, out, outr)

    return multiply_at


@inlined
def multiply_from(x, w, start, out):
    """out = start + x w; ``start`` may have one row, which is then added to each of them, and may be ``out``."""
    _multiply_at(
        out.dtype.type(0), x.shape[0], x.shape[1], out.shape[1],
        np.int64(x.ctypes.data), x.strides[0], x.strides[1],
        np.int64(w.ctypes.data), w.strides[0],
        np.int64(start.ctypes.data), 0 if start.shape[0] == 1 else start.strides[0],
        np.int64(out.ctypes.data), out.strides[0],
    )  # fmt: skip


@inlined
def multiply_add(x, w, out):
    """out += x w"""
    multiply_from(x, w, out, out)


@compiled
def pack(w, packed, width):
    """Store w.T (inner, rows of w) as blocks of ``width`` columns, one after another, for :func:`multiply_packed`."""
    rows, inner = w.shape
    lanes, size, like = _WIDTH // w.itemsize, w.itemsize, packed.dtype.type(0)
    # Whole vectors are turned as squares, what is left number by number.
    turned = inner - inner % lanes if w.strides[1] == size else 0
    source = np.int64(w.ctypes.data)
    for first in range(0, rows, width):
        columns = min(width, rows - first)
        block = packed[first * inner : (first + columns) * inner].reshape(inner, columns)
        target, row = np.int64(block.ctypes.data), columns * size
        whole = columns - columns % lanes if turned else 0
        for column in range(0, whole, lanes):
            at = source + (first + column) * w.strides[0]
            for k in range(0, turned, lanes):
                turn(like, at + k * size, w.strides[0], target + k * row + column * size, row)
        for column in range(columns):
            for k in range(turned if column < whole else 0, inner):
                block[k, column] = w[first + column, k]


@compiled
def multiply_packed(x, packed, width, start, out):
    """out = start + x w.T, for a w that :func:`pack` has stored with the same ``width``."""
    inner, columns = x.shape[1], out.shape[1]
    for first in range(0, columns, width):
        last = min(first + width, columns)
        block = packed[first * inner : last * inner].reshape(inner, last - first)
        multiply_from(x, block, start[:, first:last], out[:, first:last])
