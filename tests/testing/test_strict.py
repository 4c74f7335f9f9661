"""The strict device refuses what a GPU refuses."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.testing import strict_device
from mycaffe_py.testing.strict_array import StrictArray, no_wider_than, recorded_waits

HOST = np.ones((2, 3))


@pytest.fixture
def device():
    return strict_device(seed=5)


@pytest.fixture
def array(device):
    return device.asarray(HOST)


REFUSED = {
    "numpy ufunc": lambda a, xp: np.add(a, 1),
    "numpy ufunc into": lambda a, xp: np.exp(HOST, out=a),
    "numpy function": lambda a, xp: np.sum(a),
    "asarray": lambda a, xp: np.asarray(a),
    "array of arrays": lambda a, xp: np.array([a]),
    "host + array": lambda a, xp: HOST + a,
    "array + host": lambda a, xp: a + HOST,
    "array += host": lambda a, xp: a.__iadd__(HOST),
    "host += array": lambda a, xp: HOST.__iadd__(a),
    "compare": lambda a, xp: a > HOST,
    "assign host": lambda a, xp: a.__setitem__(..., HOST),
    "assign into host": lambda a, xp: HOST.__setitem__(..., a),
    "index by host": lambda a, xp: a[np.array([0])],
    "xp with host": lambda a, xp: xp.add(a, HOST),
    "xp with host in a list": lambda a, xp: xp.concatenate([a, HOST]),
    "xp into host": lambda a, xp: xp.exp(a, out=HOST),
    "copyto host": lambda a, xp: xp.copyto(a, HOST),
    "ufunc where": lambda a, xp: xp.add(a, a, where=True),
    "sum initial": lambda a, xp: xp.sum(a, initial=1),
    "method initial": lambda a, xp: a.sum(initial=1),
    "method where": lambda a, xp: a.mean(where=a > 0),
    "astype casting": lambda a, xp: a.astype(np.float32, casting="safe"),
    "ufunc of a list": lambda a, xp: xp.add(a, [1.0, 2.0, 3.0]),
    "ufunc of None": lambda a, xp: xp.add(a, None),
    "function of a list": lambda a, xp: xp.sum([1.0, 2.0]),
    "function of a number": lambda a, xp: xp.max(3.0),
    "numbers in concatenate": lambda a, xp: xp.concatenate([a, [[1.0, 2.0, 3.0]]]),
    "dot with a number": lambda a, xp: xp.dot(a, 2.0),
    "matmul's out by position": lambda a, xp: xp.matmul(a, a.T, xp.empty((2, 2))),
    "argmax's out by position": lambda a, xp: xp.argmax(a, 1, xp.zeros(2, np.int64)),
    "argmax of another type": lambda a, xp: xp.argmax(a, axis=1, dtype=np.int32),
    "einsum out": lambda a, xp: xp.einsum("ij->i", a, out=xp.zeros(2)),
    "as_strided writeable": lambda a, xp: xp.lib.stride_tricks.as_strided(
        a, (2,), (8,), writeable=False
    ),
    "item with an index": lambda a, xp: a.item(0),
    "iterating over a number": lambda a, xp: list(a[0, 0]),
    "bool of a comparison": lambda a, xp: bool(xp.array_equal(a, a)),
    "count as a number": lambda a, xp: range(xp.count_nonzero(a)),
    "repeats on the device": lambda a, xp: xp.repeat(a, xp.asarray([1, 2]), axis=0),
    "where of numbers": lambda a, xp: xp.copyto(a, 1.0, where=a),
    "texts": lambda a, xp: xp.asarray(["a"]),
    "objects": lambda a, xp: xp.asarray([None]),
    "fill from the host": lambda a, xp: a.fill(HOST),
    "float64 number * float32": lambda a, xp: np.float64(2) * a.astype(np.float32),
    "float32 *= float64 number": lambda a, xp: a.astype(np.float32).__imul__(np.float64(2)),
    "xp with a float64 number": lambda a, xp: xp.multiply(a.astype(np.float32), np.float64(2)),
    "at of bytes": lambda a, xp: xp.add.at(a.astype(np.int8), xp.asarray([0]), 1),
    "at of host": lambda a, xp: xp.add.at(HOST.copy(), xp.asarray([0]), 1.0),
    "at of host values": lambda a, xp: xp.add.at(a, xp.asarray([0]), HOST[:1]),
    "at of host places": lambda a, xp: xp.add.at(a, np.array([0]), 1.0),
    "float": lambda a, xp: float(a[0, 0]),
    "int": lambda a, xp: int(a.sum()),
    "bool": lambda a, xp: bool(a[0, 0] > 0),
    "method with host": lambda a, xp: a.dot(HOST.T),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refuses(what, array, device):
    with pytest.raises(TypeError):
        REFUSED[what](array, device.xp)


def test_a_larger_out_is_refused(array, device):
    out = device.xp.zeros((4, 2, 3))
    with pytest.raises(ValueError, match=r"xp.add\(\) gives \(2, 3\), but out is \(4, 2, 3\)"):
        device.xp.add(array, array, out=out)


WRONG_VALUES = {
    "a larger out by position": lambda a, xp: xp.exp(a, xp.zeros((4, 2, 3))),
    "repeated places": lambda a, xp: a.__setitem__(xp.asarray([0, 0]), xp.zeros((2, 3))),
    "adding to repeated places": lambda a, xp: a.__setitem__([1, 1], a[[1, 1]] + 1.0),
    "moving within memory": lambda a, xp: a.reshape(-1).__setitem__(
        slice(1, None), a.reshape(-1)[:-1]
    ),
    "copyto within memory": lambda a, xp: xp.copyto(a.reshape(-1)[1:], a.reshape(-1)[:-1]),
    "an unstable sort": lambda a, xp: xp.argsort(a, kind="quicksort"),
    "get of another type": lambda a, xp: a.get(out=np.zeros((2, 3), np.float32)),
    "out of bounds": lambda a, xp: a[xp.asarray([5])],
    "two masks": lambda a, xp: a[a[:, 0] > 0, a[0] > 0],
    "writing into a broadcast": lambda a, xp: xp.broadcast_to(a, (2, 2, 3)).fill(1.0),
}


@pytest.mark.parametrize("what", WRONG_VALUES)
def test_refuses_values(what, array, device):
    with pytest.raises((ValueError, IndexError)):
        WRONG_VALUES[what](array, device.xp)


def test_fine_on_a_gpu(array, device):
    """What looks like one of the refused things."""
    xp = device.xp
    assert xp.add(array, 1.0, array) is array and array.get()[0, 0] == 2
    assert xp.sum(array, axis=1, out=(total := xp.zeros(2))) is total
    array[xp.asarray([0, 0])] = 7.0  # the same value twice
    array[xp.asarray([1, 0])] = xp.asarray([[1.0], [2.0]])
    assert array.get().tolist() == [[2, 2, 2], [1, 1, 1]]
    array[:, 1:] = array[:, :-1]  # no plain copy of memory: CuPy copies the source first
    array[...] = array
    xp.copyto(array, array[:1])
    assert (array.astype(np.float32) * 2.5).dtype == np.float32
    assert (array * np.float32(2)).dtype == np.float64
    assert xp.argsort(array, axis=1, kind="stable").shape == (2, 3)
    assert xp.count_nonzero(array).shape == () == xp.array_equal(array, array).shape
    host = np.zeros((2, 3))
    assert array.get(out=host) is host and host[1, 2] == 2
    array.set(np.ones((2, 3)))
    assert array.flags.c_contiguous and not hasattr(array.flags, "writeable")
    strided = xp.lib.stride_tricks.as_strided(array, (2, 2), (24, 8))
    strided[...] = 0
    assert array.get().tolist() == [[0, 0, 1], [0, 0, 1]]


def test_empty_holds_no_number(device):
    assert np.isnan(device.xp.empty((2, 2), dtype=np.float32).get()).all()
    assert np.isnan(device.xp.empty_like(device.asarray(HOST)).get()).all()


def test_waiting_is_recorded(array, device):
    xp = device.xp
    with recorded_waits() as waits:
        xp.add(array, 1.0, out=array)
        array[0] = 3
        assert not waits
        array[0, 0].item()
        array[array > 2] = 0
        device.to_host(array)
        xp.nonzero(array)
    assert waits == ["item()", "a boolean mask as index", "get()", "nonzero()"]
    array.get()
    assert len(waits) == 4


def test_wider_arrays_are_refused(device):
    array = device.asarray(HOST, np.float32)
    with no_wider_than(np.float32):
        device.xp.multiply(array, 2.0, out=array)
        assert array.sum(dtype=np.float64).item() == 12
        with pytest.raises(TypeError, match=r"of shape \(2, 3\) is float64, not float32"):
            device.xp.multiply(array, device.asarray(HOST > 0, np.int64))
    array.astype(np.float64)


def test_unknown_function_is_named(device):
    with pytest.raises(AttributeError, match="no 'vecdot'"):
        _ = device.xp.vecdot


def test_at_adds_repeated_places(device):
    xp = device.xp
    array, places = device.asarray(np.zeros(4)), device.asarray([1, 3, 1])
    xp.add.at(array, places, device.asarray([1.0, 2.0, 4.0]))
    assert device.to_host(array).tolist() == [0, 5, 0, 2]
    xp.maximum.at(array, places, 3.0)
    assert device.to_host(array).tolist() == [0, 5, 0, 3]
    assert not hasattr(xp.multiply, "at")


@pytest.mark.parametrize(
    "out", [np.zeros((2, 2), order="F"), np.zeros((2, 4))[:, ::2], np.zeros((2, 2), np.float32)]
)
def test_products_go_into_rows_of_the_same_type(out, array, device):
    """CuPy's dot() takes no other; here it is NumPy that refuses them."""
    out = StrictArray(out)
    for product in (
        lambda: device.xp.dot(array, array.T, out),
        lambda: device.xp.dot(array, array.T, out=out),
        lambda: array.dot(array.T, out),
        lambda: array.dot(array.T, out=out),
    ):
        with pytest.raises(ValueError, match="must have the right datatype.*C-Array"):
            product()


def test_explicit_transfer_copies(device):
    host = np.zeros(3)
    array = device.asarray(host)
    array[...] = 2
    fetched = device.to_host(array)
    fetched[...] = 3
    assert host.tolist() == [0, 0, 0]
    assert array.get().tolist() == [2, 2, 2]
    assert device.asarray(array) is array
    assert device.asarray(array, np.float32).dtype == np.float32
    assert device.xp.array(array) is not array


def test_computes(device, array):
    xp = device.xp
    out = xp.empty((2, 2))
    assert xp.dot(array, array.T, out=out) is out
    assert device.to_host(out).tolist() == [[3, 3], [3, 3]]
    total = array.sum()
    assert total.shape == () and total.item() == 6
    assert array[0, 1].shape == ()
    array[0] = 5
    array[:, 1:] *= 2
    array += np.float64(1)
    assert device.to_host(2 * array - 1).tolist() == [[11, 21, 21], [3, 5, 5]]
    assert device.to_host(xp.where(array > 5, array, 0)).tolist() == [[6, 11, 11], [0, 0, 0]]
    first, second = array
    assert device.to_host(first).tolist() == [6, 11, 11] and second.shape == (3,)
    parts = xp.split(array, 3, axis=1)
    assert [part.shape for part in parts] == [(2, 1)] * 3
    xp.copyto(first, 0, where=first > 7)
    assert array.get()[0].tolist() == [6, 0, 0]
    array.fill(0)
    assert not device.to_host(array).any()
    assert array.ndim == 2 and len(array) == 2 and "StrictArray" in repr(array)


def test_random_numbers_are_those_of_the_cpu(device):
    blobs = [Blob((4, 3), device=device, dtype=dtype) for dtype in (np.float32, np.float64)]
    for blob in blobs:
        device.seed_generators(5)
        device.fill_uniform(blob.data)
        values = device.to_host(blob.data)
        assert 0 <= values.min() < values.max() < 1 and len(np.unique(values)) == 12
    from mycaffe_py.device import Device

    cpu = Blob((4, 3), device=Device(seed=5), dtype=np.float64)
    cpu.device.fill_uniform(cpu.data)
    np.testing.assert_array_equal(cpu.data, device.to_host(blobs[1].data))


def test_blobs_share_and_grow(device):
    blob, other = Blob((2, 3), device=device), Blob((6,), device=device)
    other.share_data(blob)
    blob.data[1, 2] = 7
    assert device.to_host(other.data)[5] == 7
    blob.reshape(4, 5)
    assert blob.data.shape == (4, 5)


def test_views_by_strides(device):
    as_strided = device.xp.lib.stride_tricks.as_strided
    array = device.asarray(np.arange(4.0))
    windows = as_strided(array, (3, 2), (8, 8))
    assert device.to_host(windows).tolist() == [[0, 1], [1, 2], [2, 3]]
    with pytest.raises(TypeError, match=r"as_strided\(\) needs a device array, got a numpy"):
        as_strided(np.arange(4.0), (3, 2), (8, 8))
