"""NVIDIA's form of stored blobs: bytes of a declared type, in raw_data and raw_diff."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.stores import read_mean
from mycaffe_py.weights import load_weights, restore

from .test_files_of_caffe import BIAS, NET, SHAPED, WEIGHT, floats, part, varint

pytestmark = pytest.mark.usefixtures("no_leftovers")

TYPES = {"<f8": 0, "<f4": 1, "<f2": 2, "<i4": 3, "<u4": 4}


def raw(values, dtype="<f2", kind=None, name="data"):
    """The fields of a BlobProto with raw bytes, as NVIDIA/caffe 0.16 numbers them."""
    values = np.asarray(values)
    number = TYPES[dtype] if kind is None else kind
    shape = part(7, part(1, b"".join(map(varint, values.shape)))) if name == "data" else b""
    of_type, of_bytes = (10, 12) if name == "data" else (11, 13)
    return (
        shape
        + varint(of_type << 3)
        + varint(number)
        + part(of_bytes, values.astype(dtype).tobytes())
    )


def weights(*blobs):
    return part(1, b"n") + part(100, part(1, b"fc") + b"".join(part(7, blob) for blob in blobs))


def load(folder, make_net, data):
    (folder / "nv.caffemodel").write_bytes(data)
    net = make_net(NET)
    load_weights(net, folder / "nv.caffemodel")
    return [blob.data for blob in net.params["fc"]], [blob.diff for blob in net.params["fc"]]


@pytest.mark.parametrize("dtype", TYPES)
def test_every_type(tmp_path, make_net, dtype):
    data, _ = load(tmp_path, make_net, weights(raw(WEIGHT, dtype), raw(BIAS, dtype)))
    np.testing.assert_array_equal(data[0], WEIGHT)
    np.testing.assert_array_equal(data[1], BIAS)


def test_half_precision_is_exact(tmp_path, make_net):
    values = np.array([[1 / 3, -65504, 6e-8], [0, 1e-4, 2.5]], "<f2")
    data, _ = load(tmp_path, make_net, weights(raw(values), raw(BIAS)))
    np.testing.assert_array_equal(data[0], values.astype(np.float32))


def test_raw_bytes_count_before_floats(tmp_path, make_net):
    both = raw(WEIGHT + 1) + part(5, floats(*range(6)))
    data, _ = load(tmp_path, make_net, weights(both, raw(BIAS)))
    np.testing.assert_array_equal(data[0], WEIGHT + 1)


def test_gradients(tmp_path, make_net):
    blob = raw(WEIGHT) + raw(2 * WEIGHT, "<f4", name="diff")
    _, diff = load(tmp_path, make_net, weights(blob, raw(BIAS)))
    np.testing.assert_array_equal(diff[0], 2 * WEIGHT)


SHAPE = part(7, part(1, varint(2) + varint(3)))
HALF = varint(10 << 3) + varint(2)


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (SHAPE + part(12, bytes(12)), "no raw_data_type"),
        (SHAPE + HALF + part(12, bytes(11)), "whole numbers"),
        (SHAPE + HALF + part(12, bytes(10)), "5 values"),
        (SHAPE + HALF + part(12, b""), "0 values"),
    ],
)
def test_damaged_ones_are_refused(tmp_path, make_net, blob, message):
    with pytest.raises(SnapshotError, match=message):
        load(tmp_path, make_net, weights(blob, raw(BIAS)))


def test_an_unknown_type_is_refused(tmp_path, make_net):
    with pytest.raises(SnapshotError, match="no raw_data_type"):
        load(tmp_path, make_net, weights(raw(WEIGHT, kind=9), raw(BIAS)))


def test_a_state(tmp_path, make_solver):
    solver = make_solver('type: "SGD" base_lr: 1 lr_policy: "fixed"', model=NET, trainer=False)
    (tmp_path / "a.caffemodel").write_bytes(part(1, b"n") + part(100, part(1, b"fc") + SHAPED))
    history = part(3, raw(WEIGHT, "<f4")) + part(3, raw(BIAS, "<f4"))
    (tmp_path / "a.solverstate").write_bytes(b"\x08\x03" + part(2, b"a.caffemodel") + history)
    restore(solver, tmp_path / "a.solverstate")
    np.testing.assert_array_equal(solver.history[0], [*range(6), 7, 8])


def test_a_mean_file(tmp_path, registry):
    (tmp_path / "mean.binaryproto").write_bytes(raw(WEIGHT.reshape(1, 2, 3)))
    np.testing.assert_array_equal(
        read_mean(registry.schema, tmp_path / "mean.binaryproto"), WEIGHT.reshape(1, 2, 3)
    )
