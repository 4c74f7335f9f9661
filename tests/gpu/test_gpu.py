"""The same numbers on a GPU as on the CPU: every layer of the conformance table, and a whole training."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device, open_device
from mycaffe_py.net import TEST, TRAIN, Net
from mycaffe_py.testing import check_layer, check_solver
from mycaffe_py.weights import restore, save_snapshot

from ..conformance_cases import LAYERS, settings_of
from ..plugins.mycaffe_solvers.test_every_solver import CASES as SOLVERS

pytestmark = pytest.mark.gpu

GOLDEN_TOLERANCE = {"float32": 2e-4, "float64": 1e-10}


@pytest.fixture
def gpu():
    return open_device("gpu:0", seed=7)


def on_both(gpu, dtype, phase=TRAIN):
    """Return the tutorial's net on the CPU and on the GPU, with the same weights."""
    nets = [
        Net("LiquidNetCfc.prototxt", phase, device=device, dtype=dtype)
        for device in (Device(seed=7), gpu)
    ]
    for ours, theirs in zip(nets[1].learnable_params, nets[0].learnable_params, strict=True):
        ours.data[...] = gpu.asarray(theirs.data)
    return nets


@pytest.mark.parametrize(
    ("type_name", "case"), [(name, case) for name, cases in LAYERS.items() for case in cases]
)
def test_every_layer_gives_the_same_as_on_the_cpu(gpu, type_name, case, tmp_path):
    _, bottoms, arguments = case
    settings = settings_of(case, tmp_path)
    check_layer(f'name: "layer" type: "{type_name}" {settings}', bottoms, device=gpu, **arguments)


@pytest.mark.parametrize(
    ("type_name", "settings"), [(name, case) for name, cases in SOLVERS.items() for case in cases]
)
def test_every_solver_gives_the_same_as_on_the_cpu(gpu, type_name, settings):
    check_solver(f'type: "{type_name}" {settings}', device=gpu)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_liquid_net_gives_the_same_gradients(gpu, dtype, rng):
    cpu_net, gpu_net = on_both(gpu, dtype)
    for name in cpu_net.inputs:
        values = rng.random(cpu_net.blobs[name].shape)
        for net in (cpu_net, gpu_net):
            net.blobs[name].data[...] = net.device.asarray(values, dtype=dtype)
    losses = [net.forward_backward() for net in (cpu_net, gpu_net)]
    assert losses[0] == pytest.approx(losses[1], rel=GOLDEN_TOLERANCE[dtype])
    expected, found = cpu_net.parameters.diff, gpu.to_host(gpu_net.parameters.diff)
    assert np.abs(expected - found).max() <= GOLDEN_TOLERANCE[dtype] * np.abs(expected).max()


def test_fillers_give_the_same_weights_on_every_device(gpu):
    nets = [
        Net("LiquidNetCfc.prototxt", device=device)
        for device in (Device(seed=7), open_device("gpu:0", seed=7))
    ]
    np.testing.assert_array_equal(nets[0].parameters.data, gpu.to_host(nets[1].parameters.data))


def test_training_goes_the_same_way(tmp_path):
    trainings = [
        build_training(
            solver="adamw.prototxt",
            model="LiquidNetCfc.prototxt",
            device=device,
            seed=3,
            dtype="float64",
        )
        for device in ("cpu", "gpu:0")
    ]
    for training in trainings:
        training.solver.step(20)
    losses = [training.solver.loss for training in trainings]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_a_snapshot_resumes_on_the_gpu(tmp_path):
    settings = {
        "solver": "adamw.prototxt",
        "model": "LiquidNetCfc.prototxt",
        "device": "gpu:0",
        "seed": 3,
    }
    first = build_training(**settings)
    first.solver.step(5)
    _, state = save_snapshot(first.solver, tmp_path / "net")
    first.solver.step(5)
    second = build_training(**settings)
    restore(second.solver, state)
    second.solver.step(5)
    assert second.solver.iter == first.solver.iter == 10
    assert second.solver.loss == pytest.approx(first.solver.loss, rel=1e-3)


def test_the_test_phase_runs(gpu):
    net = Net("LiquidNetCfc.prototxt", TEST, device=gpu)
    assert np.isfinite(net.forward_layers())
