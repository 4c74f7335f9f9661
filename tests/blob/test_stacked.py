"""StackedBlobs: several blobs as one matrix, as a view where they lie side by side."""

from __future__ import annotations

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.blob.stacked import StackedBlobs


def blobs():
    result = [Blob((rows, 3), dtype=np.float64) for rows in (2, 1)]
    for index, blob in enumerate(result):
        blob.data[...] = index + 1
    return result


def bind(parts, starts, size=20):
    data, diff = np.zeros(size), np.zeros(size)
    for blob, start in zip(parts, starts, strict=True):
        blob.bind(data, diff, start)
    return data, diff


STACKED = [[1, 1, 1], [1, 1, 1], [2, 2, 2]]


def test_neighbours_are_a_view():
    parts = blobs()
    data, diff = bind(parts, (4, 10))
    fused = StackedBlobs(parts)
    np.testing.assert_array_equal(fused.data(), STACKED)
    assert np.shares_memory(fused.data(), data)
    data[...] = 7
    assert (fused.data() == 7).all()
    fused.add_diff(np.ones((3, 3)))
    fused.add_diff(np.ones((3, 3)))
    assert diff.tolist() == [0] * 4 + [2] * 9 + [0] * 7


def check_gathered(parts):
    fused = StackedBlobs(parts)
    np.testing.assert_array_equal(fused.data(), STACKED)
    parts[1].data[...] = 5
    np.testing.assert_array_equal(fused.data()[2], [5, 5, 5])
    for blob in parts:
        blob.diff[...] = 1
    fused.add_diff(np.arange(9.0).reshape(3, 3))
    np.testing.assert_array_equal(parts[0].diff, [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(parts[1].diff, [[7, 8, 9]])


def test_blobs_apart_are_gathered():
    parts = blobs()
    bind(parts, (0, 8))
    check_gathered(parts)


def test_blobs_in_the_wrong_order_are_gathered():
    parts = blobs()
    bind(parts, (3, 0))
    check_gathered(parts)


def test_blobs_without_a_buffer_are_gathered():
    check_gathered(blobs())


def test_blobs_of_two_buffers_are_gathered():
    parts = blobs()
    bind(parts[:1], (0,))
    bind(parts[1:], (6,))
    check_gathered(parts)


def test_a_blob_shared_later_is_followed():
    parts, other = blobs(), Blob((1, 3), dtype=np.float64)
    bind(parts, (0, 6))
    bind([other], (0,))
    other.data[...] = 9
    fused = StackedBlobs(parts)
    fused.data()
    parts[1].share_data(other)
    np.testing.assert_array_equal(fused.data(), [[1] * 3, [1] * 3, [9] * 3])
