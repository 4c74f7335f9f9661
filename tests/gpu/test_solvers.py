"""Every solver, and what a user does with a net, gives the same on a GPU as on the CPU."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import open_device
from mycaffe_py.plugins import default_registry

from ..building import layer, make_net, product
from ..solving import make_solver

RANDOM = """dummy_data_param { shape { dim: 8 dim: 5 } shape { dim: 8 dim: 2 }
    data_filler { type: "gaussian" } data_filler { type: "uniform" } }"""
SMALL = (
    layer("data", "DummyData", "", "x target", RANDOM)
    + product("ip1", "x", "h", 6, "param { } param { lr_mult: 2 decay_mult: 0 }")
    + layer("relu", "ReLU", "h", "h")
    + product("ip2", "h", "y", 2)
    + layer("loss", "EuclideanLoss", "y target", "loss")
)
SETTINGS = 'lr_policy: "fixed" base_lr: 0.01 weight_decay: 0.001 clip_gradients: 5 iter_size: 2 '


def solver_on(device, text=SMALL, settings=SETTINGS, kind="SGD", dtype="float64"):
    net = make_net(text, device=device, dtype=dtype)
    return make_solver(f'type: "{kind}" {settings}', net=net, start="")


def weights(solver):
    return np.array(solver.net.device.to_host(solver.net.parameters.data))


@pytest.mark.parametrize("type_name", default_registry().solvers.types())
@pytest.mark.parametrize("regularization", ["L2", "L1"])
def test_every_solver_makes_the_same_updates(both, type_name, regularization):
    settings = f'{SETTINGS} regularization_type: "{regularization}"'
    found = []
    for device in both:
        device.seed_generators(3)
        solver = solver_on(device, settings=settings, kind=type_name)
        solver.step(3)
        found.append(weights(solver))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9, atol=1e-12)


def test_float32_goes_the_same_way(both):
    found = []
    for device in both:
        device.seed_generators(3)
        solver = solver_on(device, settings=f"{SETTINGS} momentum: 0.9", dtype="float32")
        solver.step(20)
        found.append((weights(solver), solver.loss))
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=1e-3, atol=1e-4)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-3)


def test_dropout_drops_as_many_as_asked_for(gpu):
    text = layer(
        "ones",
        "DummyData",
        "",
        "x",
        'dummy_data_param { shape { dim: 100000 } data_filler { type: "constant" value: 1 } }',
    ) + layer("drop", "Dropout", "x", "y", "dropout_param { dropout_ratio: 0.3 }")
    net = make_net(text, device=gpu, dtype="float32")
    draws = [net.forward()["y"].copy() for _ in range(2)]
    assert not np.array_equal(*draws)
    for draw in draws:
        assert set(np.unique(draw)) == {np.float32(0), np.float32(1 / 0.7)}
        assert (draw == 0).mean() == pytest.approx(0.3, abs=0.01)


def test_blobs_read_and_write_as_numpy_arrays(both):
    text = (
        layer("data", "Input", "", "x", "input_param { shape { dim: 2 dim: 3 } }")
        + product("ip", "x", "h", 4)
        + layer("tanh", "TanH", "h", "y")
    )
    nets = [make_net(text, device=device) for device in both]
    found = []
    for net in nets:
        net.blobs["x"].data[...] = np.arange(6).reshape(2, 3)
        net.params["ip"][0].data[:, 1] *= 2
        net.params["ip"][1].data[...] = 0.5
        outputs = {name: value.copy() for name, value in net.forward().items()}
        net.blobs["y"].diff[...] = 1
        net.backward()
        diffs = [np.array(blob.diff) for blob in net.params["ip"]]
        assert isinstance(net.blobs["h"].data, np.ndarray)
        net.blobs["x"].reshape(5, 3)
        net.forward()
        found.append([outputs["y"], *diffs, np.array(net.blobs["y"].data)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-10, atol=1e-12)


def test_weights_go_from_device_to_device(both, tmp_path):
    cpu, gpu = (make_net(SMALL, device=device) for device in both)
    cpu.save(tmp_path / "net.caffemodel")
    gpu.params["ip1"][0].data[...] = 0
    gpu.copy_from(tmp_path / "net.caffemodel")
    for name, blobs in cpu.params.items():
        for ours, theirs in zip(blobs, gpu.params[name], strict=True):
            np.testing.assert_allclose(theirs.data, ours.data, rtol=1e-6)


def test_a_net_computes_on_its_own_gpu(stand_in):
    solver = solver_on(stand_in)
    for action in (
        solver.net.forward_layers,
        solver.net.backward_layers,
        solver.apply_update,
        lambda: solver.step(1),
        lambda: stand_in.asarray([1.0]),
        stand_in.synchronize,
        lambda: make_net(SMALL, device=stand_in),
    ):
        open_device("gpu:1")
        assert stand_in.xp.current == 1
        action()
        assert stand_in.xp.current == 0
