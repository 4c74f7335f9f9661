"""The strict device refuses what a GPU refuses."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.testing import strict_device
from mycaffe_py.testing.strict_array import StrictArray

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
    with pytest.raises(TypeError, match=r"as_strided\(\) got a numpy.ndarray"):
        as_strided(np.arange(4.0), (3, 2), (8, 8))
