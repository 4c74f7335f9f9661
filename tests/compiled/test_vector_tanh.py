"""tanh of whole vectors against the C library's, all over the line and at its ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import types
from numba.extending import intrinsic

from mycaffe_py.compiled import HOST, Emitter, VectorTanh, compiled

WIDTH = HOST.width


@intrinsic
def _tanh_at(typing, like, x, y):
    def generate(context, builder, signature, args):
        emit = Emitter(builder, like)
        vectors = [emit.load(args[1], number) for number in range(2)]
        for number, found in enumerate(VectorTanh(emit)(*vectors)):
            emit.store(found, args[2], number)
        return context.get_dummy_value()

    return types.void(like, types.int64, types.int64), generate


@compiled
def all_tanh(x, y):
    for i in range(0, x.shape[0], 2 * WIDTH // x.itemsize):
        at = np.int64(i * x.itemsize)
        _tanh_at(x.dtype.type(0), np.int64(x.ctypes.data) + at, np.int64(y.ctypes.data) + at)


# Units in the last place.
@pytest.mark.parametrize(("dtype", "within"), [("float32", 6), ("float64", 3)])
def test_accuracy(dtype, within):
    far = np.geomspace(1e-30, 60, 512)
    x = np.concatenate([np.linspace(-12, 12, 4096), far, -far]).astype(dtype)
    y = np.empty_like(x)
    all_tanh(x, y)
    expected = np.vectorize(math.tanh)(x.astype(np.float64))
    assert (np.abs(y - expected) / np.spacing(np.abs(expected).astype(dtype))).max() <= within


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_limits_and_not_a_number(dtype):
    ends = [-np.inf, np.inf, np.nan, 0.0, -0.0, 1e30, -1e30, 0.5]
    x = np.array(ends * 8, dtype)  # whole vectors, of any width
    y = np.empty_like(x)
    all_tanh(x, y)
    expected = np.tanh(np.array(ends, dtype))
    np.testing.assert_allclose(y, np.tile(expected, 8), rtol=3e-7)


def test_exactly_one_where_it_is_saturated():
    for dtype, limit in (("float32", 8.8), ("float64", 20)):
        x = np.linspace(limit, 100, 512).astype(dtype)
        y = np.empty_like(x)
        all_tanh(x, y)
        assert (y == 1).all()
        all_tanh(-x, y)
        assert (y == -1).all()


def test_above_one_by_rounding_only():
    x = np.linspace(0, 10, 1 << 20).astype("float32")
    y = np.empty_like(x)
    all_tanh(x, y)
    assert y.max() <= 1 + 2.4e-7
