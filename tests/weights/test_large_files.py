"""Files of Caffe's binary form hold 2 GiB at most; the limit is lowered here, so that nothing large is made."""

from __future__ import annotations

import numpy as np
import pytest
from google.protobuf.message import EncodeError

from mycaffe_py.errors import OutputError
from mycaffe_py.run.best import BestWeights
from mycaffe_py.run.snapshots import SnapshotKeeper
from mycaffe_py.weights import caffemodel, check_writable, save_snapshot, save_weights

from .conftest import ADAMW

pytestmark = pytest.mark.usefixtures("no_leftovers")


@pytest.fixture
def limit(monkeypatch):
    def set_limit(size):
        monkeypatch.setattr(caffemodel, "LARGEST_BINARY", size)

    return set_limit


def values_of(net):
    return net.parameters.data.nbytes


def test_the_limit_is_protobufs():
    assert caffemodel.LARGEST_BINARY == 2**31 - 1


def test_weights_of_just_the_size(tmp_path, make_net, limit):
    net = make_net()
    save_weights(net, tmp_path / "w.caffemodel")
    size = (tmp_path / "w.caffemodel").stat().st_size
    limit(size)
    save_weights(net, tmp_path / "w.caffemodel")
    limit(size - 1)
    with pytest.raises(OutputError) as raised:
        save_weights(net, tmp_path / "larger.caffemodel")
    assert f"larger.caffemodel: it would take {size:,} bytes" in str(raised.value)
    assert "HDF5 has no such limit" in raised.value.render()
    assert not (tmp_path / "larger.caffemodel").exists()


def test_protobufs_own_refusal():
    class Message:
        def SerializeToString(self):
            raise EncodeError("Failed to serialize proto")

    with pytest.raises(OutputError, match="cannot write w: it would take more than 2,147,483,647"):
        caffemodel.serialize(Message(), "w")


@pytest.mark.parametrize("write_diff", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_message_is_built_of_what_cannot_be_written(
    tmp_path, make_net, limit, monkeypatch, write_diff, dtype
):
    net = make_net(dtype=dtype)
    size = values_of(net) * (1 + write_diff)
    limit(size - 1)
    monkeypatch.setattr(caffemodel, "net_to_proto", None)
    with pytest.raises(OutputError, match=f"it would take {size:,} bytes"):
        save_weights(net, tmp_path / "w", write_diff=write_diff)
    save_weights(net, tmp_path / "w.h5", write_diff=write_diff, hdf5=True)


def test_a_state_that_is_too_large_leaves_no_weights_behind(tmp_path, make_solver, limit):
    solver = make_solver(ADAMW)
    size = 2 * values_of(solver.net)
    limit(size - 1)
    with pytest.raises(OutputError, match=f"solverstate: it would take {size:,} bytes"):
        save_snapshot(solver, tmp_path / "run")
    assert not list(tmp_path.iterdir())
    solver.param.snapshot_format = solver.param.HDF5
    save_snapshot(solver, tmp_path / "run")


def test_a_run_does_not_begin(tmp_path, make_solver, limit):
    solver = make_solver(f'{ADAMW} snapshot_prefix: "{tmp_path}/run"')
    check_writable(solver)
    limit(2 * values_of(solver.net) - 1)
    with pytest.raises(OutputError, match="run_iter_0.solverstate: it would take"):
        SnapshotKeeper(solver, tmp_path, BestWeights(solver, "loss"), lambda _: None)
    assert not list(tmp_path.iterdir())


def test_two_runs_that_try_the_same_place_at_once(tmp_path, make_solver, monkeypatch):
    solver = make_solver(f'{ADAMW} snapshot_prefix: "{tmp_path}/run"')
    path_type = type(tmp_path)
    unlink = path_type.unlink

    def after_the_other(path, *args, **kwargs):
        unlink(path)
        unlink(path, *args, **kwargs)

    monkeypatch.setattr(path_type, "unlink", after_the_other)
    check_writable(solver)
    assert not list(tmp_path.iterdir())
