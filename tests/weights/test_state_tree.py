from __future__ import annotations

import math
from collections import deque

import numpy as np
import pytest

from mycaffe_py.errors import PluginError, SnapshotError
from mycaffe_py.weights.state_tree import pack, unpack


def same(left, right):
    assert type(left) is type(right)
    if isinstance(left, dict):
        assert list(left) == list(right)
        for key in left:
            same(left[key], right[key])
    elif isinstance(left, list):
        assert len(left) == len(right)
        for pair in zip(left, right, strict=True):
            same(*pair)
    elif isinstance(left, np.ndarray):
        assert (left.dtype, left.shape) == (right.dtype, right.shape)
        np.testing.assert_array_equal(left, right)
    elif isinstance(left, float) and math.isnan(left):
        assert math.isnan(right)
    else:
        assert left == right


def round_trip(value):
    return unpack(*pack("it", value))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "text \u00fc \x00",
        [1, 2.5, -0.0, 2**127, [], {}, ""],
        {"nan": math.nan, "infinite": [math.inf, -math.inf]},
        {"generator": np.random.default_rng(1).bit_generator.state},
        {1: "one", "2": "two", None: 3.5, 0.5: []},
        {"$array": 1, "$": {"$values": [], "$pairs": [1]}},
        {"a/b": np.zeros(1), "a": {"b": np.ones(1)}},
        np.array(3.5),
        np.array(7),
        np.zeros((0, 3)),
        np.zeros((2, 0), dtype=bool),
        np.array([[1, -(2**63)], [2**63 - 1, 0]]),
        np.array([2**64 - 1], dtype=np.uint64),
        np.array([True, False]),
        np.array([np.nan, np.inf, -0.0, 5e-324]),
        np.array([np.nan, 1e-45], dtype=np.float32),
        np.array([np.nan, np.inf, 0.1], dtype=np.float16),
        np.array(["a", "bcd"]),
        np.arange(6, dtype=np.int8).reshape(2, 3),
        {"gyms": [{"history": {"x": np.random.default_rng(0).normal(size=(3, 2))}}] * 2},
        np.random.MT19937(3).state,
    ],
)
def test_round_trip(value):
    same(round_trip(value), value)


def test_what_comes_back_as_its_plain_kin():
    assert round_trip((1, (2,))) == [1, [2]]
    assert round_trip(deque([1, 2])) == [1, 2]
    same(round_trip(np.float32(0.1)), float(np.float32(0.1)))
    same(round_trip(np.int64(4)), 4)
    same(round_trip(np.bool_(True)), True)
    same(round_trip(np.arange(2, dtype=">i4")), np.arange(2, dtype="i4"))
    same(round_trip(np.arange(2, dtype=">f4")), np.arange(2, dtype="f4"))
    same(round_trip(np.arange(6.0).reshape(2, 3).T), np.arange(6.0).reshape(2, 3).T)


def test_arrays_are_named_by_their_path():
    text, arrays = pack("trainer", {"gyms": [{"history_x": np.ones(2), "count": np.arange(2)}]})
    assert list(arrays) == ["trainer/gyms/0/history_x"]
    assert "int64" not in text and '"i8"' in text


@pytest.mark.parametrize(
    "value",
    [object(), b"x", {1, 2}, 1j, np.zeros(1, complex), np.zeros(1, object), np.datetime64("now")],
)
def test_what_cannot_be_stored_is_named(value):
    with pytest.raises(PluginError, match='state "trainer/gyms/0/odd" is an? .*cannot be stored'):
        pack("trainer", {"gyms": [{"odd": value}]})


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"$array": "lost", "dtype": "f4", "shape": [1]}',
        '{"$array": "here", "dtype": "f8", "shape": [1]}',
        '{"$array": "here", "dtype": "f4", "shape": [2]}',
        '{"$values": [1, 2], "dtype": "i8", "shape": [3]}',
        '{"$values": [1], "dtype": "strange", "shape": [1]}',
        '{"$values": [1]}',
        '{"$pairs": [1]}',
        "[" * 100_000,
    ],
)
def test_damaged_states(text):
    with pytest.raises(SnapshotError, match="cannot be read"):
        unpack(text, {"here": np.zeros(1, dtype=np.float32)})
