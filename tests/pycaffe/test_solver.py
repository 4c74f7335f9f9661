"""pycaffe's solvers: made by type or from the file, with their members."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import mycaffe_py as caffe
from mycaffe_py.device import device as devices
from mycaffe_py.errors import ConfigError

from ..building import data, layer, product

NET = (
    "name: 'testnet' "
    + data((5, 2), (5, 3))
    + product("ip", "x0", "y", 3)
    + layer("loss", "EuclideanLoss", "y x1", "loss")
)
SOLVER = (
    "net: 'net.prototxt' test_iter: 2 test_interval: 10 base_lr: 0.01 momentum: 0.9 "
    "lr_policy: 'inv' gamma: 0.0001 power: 0.75 display: 2 max_iter: 10 snapshot_after_train: false "
)


@pytest.fixture(autouse=True)
def _defaults_as_they_were(monkeypatch):
    monkeypatch.setattr(devices, "_default", devices.Device())
    monkeypatch.setattr(devices, "_chosen_seed", None)


@pytest.fixture
def solver_file(desk):
    desk.write("net.prototxt", NET)
    return str(desk.write("solver.prototxt", SOLVER))


@pytest.fixture
def solver(solver_file):
    made = caffe.SGDSolver(solver_file)
    made.net.blobs["x0"].data[...] = np.arange(10).reshape(5, 2)
    return made


def test_the_classes(solver, desk):
    assert solver.type == "SGD"
    assert isinstance(solver, caffe.SGDSolver) and isinstance(solver, caffe.Solver)
    assert not isinstance(solver, caffe.AdamSolver) and not isinstance(3, caffe.SGDSolver)
    path = desk.write("adamw.prototxt", SOLVER + "type: 'AdamW'")
    for make in (caffe.AdamWSolver, caffe.get_solver):
        made = make(str(path))
        assert made.type == "AdamW" and isinstance(made, caffe.AdamWSolver)
        assert isinstance(made, caffe.SGDSolver)
    for name in ("Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"):
        assert getattr(caffe, f"{name}Solver").type == name


def test_another_type_in_the_file(desk, solver_file):
    path = desk.write("adamw.prototxt", SOLVER + "type: 'AdamW'")
    with pytest.raises(ConfigError, match=r'SGDSolver: .*adamw\.prototxt asks for type "AdamW"'):
        caffe.SGDSolver(str(path))


def test_members(solver):
    assert solver.iter == 0 and solver.net.phase == caffe.TRAIN
    assert [net.phase for net in solver.test_nets] == [caffe.TEST]
    assert solver.lr == pytest.approx(0.01)
    assert (solver.param.max_iter, solver.param.display) == (10, 2)
    assert solver.param.layer_wise_reduce is True
    solver.step(3)
    assert solver.iter == 3 and solver.lr == pytest.approx(0.01 * (1 + 0.0001 * 3) ** -0.75)
    solver.solve()
    assert solver.iter == 10


def test_base_lr_can_be_changed(solver):
    solver.step(1)
    solver.param.base_lr = 0
    solver.step(1)  # momentum still moves the weights
    before = solver.net.parameters.data.copy()
    solver.history[0][...] = 0
    solver.step(1)
    np.testing.assert_array_equal(solver.net.parameters.data, before)
    solver.param.base_lr = 0.5
    assert solver.lr == pytest.approx(0.5, rel=1e-3)


def test_apply_update(solver):
    solver.net.forward()
    solver.net.backward()
    gradient, before = (
        solver.net.params["ip"][0].diff.copy(),
        solver.net.params["ip"][0].data.copy(),
    )
    solver.apply_update()
    np.testing.assert_allclose(
        solver.net.params["ip"][0].data, before - 0.01 * gradient, rtol=1e-4, atol=1e-6
    )


def test_callbacks(solver):
    calls = []
    solver.add_callback(lambda: calls.append("start"), lambda: calls.append("ready"))
    solver.step(2)
    assert calls == ["start", "ready"] * 2


def test_snapshot_restore_and_solve_from_a_file(solver, solver_file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    solver.param.snapshot_prefix = "model"
    solver.step(4)
    solver.snapshot()
    weights = solver.net.parameters.data.copy()
    assert (tmp_path / "model_iter_4.caffemodel").exists()
    for number, go_on in enumerate(("restore", "solve")):
        other = caffe.SGDSolver(solver_file)
        other.net.blobs["x0"].data[...] = solver.net.blobs["x0"].data
        if go_on == "restore":
            other.restore("model_iter_4.solverstate")
            np.testing.assert_array_equal(other.net.parameters.data, weights)
            assert other.iter == 4
            other.step(6)
        else:
            other.solve("model_iter_4.solverstate")
        assert other.iter == 10
        if not number:
            final = other.net.parameters.data.copy()
    np.testing.assert_array_equal(final, other.net.parameters.data)


def test_share_weights(solver, desk):
    net = desk.net(NET, caffe.TEST, dtype=np.float32)
    solver.share_weights(net)
    solver.step(1)
    for blob, other in zip(net.params["ip"], solver.net.params["ip"], strict=True):
        np.testing.assert_array_equal(blob.data, other.data)


def test_nets_outlive_the_solver(solver):
    nets = [solver.net, *solver.test_nets]
    del solver
    for net in nets:
        assert np.isfinite(net.forward()["loss"])


def test_set_random_seed(solver_file):
    weights = []
    for seed in (3, 3, 4):
        caffe.set_random_seed(seed)
        weights.append(caffe.get_solver(solver_file).net.parameters.data.copy())
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


# The lines that Caffe prints.


def test_progress_is_logged_where_it_is_asked_for(solver_file, caplog):
    with caplog.at_level(logging.INFO, logger="mycaffe"):
        solver = caffe.get_solver(solver_file)
        solver.step(3)
    lines = [record.getMessage() for record in caplog.records]
    loss = solver.net.output_values()["loss"]
    assert lines[0].startswith("Iteration 0, Testing net (#0)")
    assert lines[1].startswith("    Test net output #0: loss = ")
    assert lines[2].startswith("Iteration 0, loss = ")
    assert lines[3].startswith("    Train net output #0: loss = ")
    assert lines[4] == "Iteration 0, lr = 0.01"
    assert lines[5].startswith("Iteration 2 (") and lines[5].endswith(f"loss = {loss:.6g}")


def test_nothing_is_logged_otherwise(solver_file):
    assert caffe.get_solver(solver_file).listeners == []
