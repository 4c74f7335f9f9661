"""Blob: shapes, storage, sharing, legacy names."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.blob import MAX_COUNT, Blob, canonical_axis
from mycaffe_py.errors import ShapeError
from mycaffe_py.testing import strict_device


@pytest.mark.parametrize(
    ("shape", "count"),
    [((), 1), ((3,), 3), ((2, 3, 4), 24), ((2, 0, 4), 0), ((1,) * 32, 1), ((MAX_COUNT, 0), 0)],
)
def test_shape_and_count(shape, count):
    blob = Blob(shape, name="b")
    assert (blob.shape, blob.count, blob.num_axes) == (shape, count, len(shape))
    assert blob.data.shape == blob.diff.shape == shape
    assert blob.data.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        ((1,) * 33, "33 axes: the maximum is 32"),
        ((2, -1), "negative"),
        ((MAX_COUNT + 1,), "elements"),
        ((2**16, 2**15), "elements"),
    ],
)
def test_impossible_shapes(shape, why):
    with pytest.raises(ShapeError, match=why):
        Blob(shape, name="b")
    blob = Blob((2, 2), name="b")
    with pytest.raises(ShapeError, match=f'blob "b" .*{why}'):
        blob.reshape(shape)
    assert blob.shape == (2, 2) and blob.data.shape == (2, 2)


def test_largest_count_is_allowed():
    assert Blob((MAX_COUNT,)).count == 2**31 - 1  # nothing is allocated yet


@pytest.mark.parametrize("arguments", [(2, 3), ((2, 3),), ([2, 3],), (np.array([2, 3]),)])
def test_reshape_takes_numbers_or_a_sequence(arguments):
    blob = Blob()
    blob.reshape(*arguments)
    assert blob.shape == (2, 3)
    assert all(type(dim) is int for dim in blob.shape)


def test_reshape_to_one_number_and_to_a_scalar():
    blob = Blob((2, 3))
    blob.reshape(np.int64(4))
    assert blob.shape == (4,)
    blob.reshape(())
    assert blob.shape == () and blob.count == 1
    blob.reshape(5)
    blob.reshape()
    assert blob.shape == ()


def test_storage_is_kept_while_it_is_large_enough():
    blob = Blob((2, 3))
    blob.data[...] = np.arange(6).reshape(2, 3)
    memory = blob.data
    blob.reshape(2, 2)
    np.testing.assert_array_equal(blob.data, [[0, 1], [2, 3]])
    blob.reshape(3, 2)
    np.testing.assert_array_equal(blob.data, [[0, 1], [2, 3], [4, 5]])
    assert np.shares_memory(blob.data, memory)
    blob.reshape(7)
    assert not blob.data.any() and not np.shares_memory(blob.data, memory)
    grown = blob.data
    blob.reshape(1)
    blob.reshape(7)
    assert np.shares_memory(blob.data, grown)


def test_data_and_diff_are_allocated_when_needed():
    blob = Blob((2,))
    blob.data[...] = 1
    assert not blob.has_diff
    assert not blob.diff.any()
    assert blob.has_diff and not np.shares_memory(blob.data, blob.diff)
    assert blob.data is blob.data


def test_reshape_like():
    blob = Blob()
    blob.reshape_like(Blob((4, 1)))
    assert blob.shape == (4, 1)


def test_count_axes():
    blob = Blob((2, 3, 4))
    assert [blob.count_axes(*a) for a in [(0,), (1,), (3,), (0, 2), (1, 1)]] == [24, 12, 1, 6, 1]


def test_sharing_is_of_data_or_of_diff():
    one, other = Blob((2, 3), name="one"), Blob((6,), name="other")
    other.share_data(one)
    one.data[...] = 5
    np.testing.assert_array_equal(other.data, [5] * 6)
    one.diff[...] = 7
    assert not other.diff.any()
    other.share_diff(one)
    other.diff[...] += 1
    assert (one.diff == 8).all()


def test_sharing_needs_equal_counts_and_types():
    with pytest.raises(ShapeError, match=r'"one" \(2, 3\).*"other" \(5,\).*counts differ'):
        Blob((2, 3), name="one").share_data(Blob((5,), name="other"))
    with pytest.raises(ShapeError, match="types differ"):
        Blob((2,)).share_diff(Blob((2,), dtype=np.float64))


def test_bind_moves_the_values_into_a_buffer():
    data, diff = np.zeros(10, np.float32), np.zeros(10, np.float32)
    blob = Blob((2, 2), name="w")
    blob.data[...], blob.diff[...] = [[1, 2], [3, 4]], 9
    blob.bind(data, diff, 3)
    np.testing.assert_array_equal(data, [0, 0, 0, 1, 2, 3, 4, 0, 0, 0])
    np.testing.assert_array_equal(diff[3:7], [9] * 4)
    data[3] = -1
    assert blob.data[0, 0] == -1
    blob.diff[...] = 0
    assert not diff.any()


def test_a_bound_blob_cannot_grow_out_of_the_buffer():
    blob = Blob((2, 2), name="w")
    blob.bind(np.zeros(10, np.float32), np.zeros(10, np.float32), 0)
    blob.reshape(3)
    assert blob.data.shape == (3,)
    blob.reshape(5)
    with pytest.raises(ShapeError, match='"w" cannot grow to .* parameter buffer with room for 4'):
        blob.data  # noqa: B018


def test_legacy_names():
    blob = Blob((2, 3))
    assert (blob.num, blob.channels, blob.height, blob.width) == (2, 3, 1, 1)
    blob.reshape(2, 3, 4, 5)
    assert (blob.num, blob.channels, blob.height, blob.width) == (2, 3, 4, 5)
    blob.reshape(1, 1, 1, 1, 1)
    with pytest.raises(ShapeError, match="at most 4"):
        blob.width  # noqa: B018


@pytest.mark.parametrize(("axis", "found"), [(0, 0), (2, 2), (-1, 2), (-3, 0)])
def test_canonical_axis(axis, found):
    assert canonical_axis(axis, 3) == found


@pytest.mark.parametrize(("axis", "axes"), [(3, 3), (-4, 3), (0, 0), (-1, 0)])
def test_canonical_axis_out_of_range(axis, axes):
    with pytest.raises(ShapeError, match=f"concat axis {axis} is out of range .* {axes} axes"):
        canonical_axis(axis, axes, "concat axis")


def test_repr_names_what_matters():
    text = repr(Blob((2, 3), name="x", dtype=np.float64))
    assert text == "Blob('x', shape=(2, 3), float64, cpu)"


def test_lives_on_its_device():
    device = strict_device()
    blob = Blob((2,), device=device)
    blob.data[...] = 3
    np.testing.assert_array_equal(device.to_host(blob.data), [3, 3])


def test_values_of_a_wrong_shape_on_a_device():
    blob = Blob((2, 3), device=strict_device(), name="b")
    for values in (np.zeros(4), blob.device.asarray(np.zeros(4)), [0.0] * 4):
        with pytest.raises(
            ShapeError, match=r'"b": cannot assign values of shape \(4,\), its shape is'
        ):
            blob.data = values
