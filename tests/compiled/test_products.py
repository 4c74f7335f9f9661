"""Products of kernels against NumPy's, in all shapes that tiles are cut for."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.compiled import (
    AlignedBuffers,
    aligned_zeros,
    block_width,
    multiply_add,
    multiply_packed,
    pack,
    padded,
)

ROWS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 23)
COLUMNS = (1, 3, 4, 7, 8, 16, 31, 64, 130, 300)
TOLERANCE = {"float32": 2e-6, "float64": 1e-14}


def numbers(rng, *shape, dtype):
    return rng.uniform(-1, 1, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("rows", ROWS)
def test_packed_product(rng, rows, columns, dtype):
    inner = 33
    x, w = numbers(rng, rows, inner, dtype=dtype), numbers(rng, columns, inner, dtype=dtype)
    start, packed = numbers(rng, 1, columns, dtype=dtype), np.empty(w.size, dtype)
    out, width = np.full((rows, columns), np.nan, dtype), block_width(rows)
    pack(w, packed, width)
    multiply_packed(x, packed, width, start, out)
    expected = start + x.astype(np.float64) @ w.T
    assert np.abs(out - expected).max() <= inner * TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("inner", [0, 1, 2, 40])
def test_product_of_any_strides_is_added_within_its_bounds(rng, inner, transposed, dtype):
    whole = np.full((11, 45), 7.0, dtype)
    out = whole[1:10, 2:41]
    x = numbers(rng, *((inner, 9) if transposed else (9, inner)), dtype=dtype)
    x = x.T if transposed else x
    w = numbers(rng, inner, 50, dtype=dtype)[:, 5:44]
    multiply_add(x, w, out)
    assert np.abs(out - (7 + x.astype(np.float64) @ w)).max() <= 50 * TOLERANCE[dtype]
    border = whole.copy()
    border[1:10, 2:41] = 7
    assert (border == 7).all()


def test_not_a_number_stays_in_its_row(rng):
    x, w = numbers(rng, 9, 12, dtype="float32"), numbers(rng, 12, 40, dtype="float32")
    x[4, 3] = np.nan
    out = np.zeros((9, 40), "float32")
    multiply_add(x, w, out)
    assert np.isnan(out[4]).all() and not np.isnan(np.delete(out, 4, axis=0)).any()


def test_rows_are_padded_where_they_would_collide():
    assert [padded(size) for size in (64, 100, 128, 256)] == [64, 100, 144, 272]


def test_buffers_are_aligned_zeros_and_grow():
    assert aligned_zeros((3, 5), "float32").ctypes.data % 64 == 0
    buffers = AlignedBuffers("float64")
    first = buffers.array("a", 4, 5)
    first[...] = 1
    assert np.shares_memory(buffers.array("a", 2, 3), first) and buffers.array("a", 2, 3)[0, 0] == 1
    larger = buffers.array("a", 40)
    assert not larger.any() and larger.ctypes.data % 64 == 0
    assert not np.shares_memory(larger, buffers.array("b", 40))
