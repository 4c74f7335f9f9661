"""The tutorial's net gives the same numbers on a GPU as on the CPU, in one pass and in a training."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.net import TEST, TRAIN, Net
from mycaffe_py.weights import restore, save_snapshot

GOLDEN_TOLERANCE = {"float32": 2e-4, "float64": 1e-10}


def on_both(devices, dtype, phase=TRAIN):
    """Return the tutorial's net on the CPU and on the GPU, with the same weights."""
    nets = [Net("LiquidNetCfc.prototxt", phase, device=device, dtype=dtype) for device in devices]
    ours, theirs = (net.parameters for net in nets)
    theirs.data[...] = nets[1].device.asarray(ours.data)
    return nets


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_liquid_net_gives_the_same_gradients(both, dtype, rng):
    cpu_net, gpu_net = on_both(both, dtype)
    for name in cpu_net.inputs:
        values = rng.random(cpu_net.blobs[name].shape)
        for net in (cpu_net, gpu_net):
            net.blobs[name].data[...] = values
    losses = [net.forward_backward() for net in (cpu_net, gpu_net)]
    assert losses[0] == pytest.approx(losses[1], rel=GOLDEN_TOLERANCE[dtype])
    expected, found = cpu_net.parameters.diff, both[1].to_host(gpu_net.parameters.diff)
    assert np.abs(expected - found).max() <= GOLDEN_TOLERANCE[dtype] * np.abs(expected).max()


def test_fillers_give_the_same_weights_on_every_device(both):
    nets = [Net("LiquidNetCfc.prototxt", device=device) for device in both]
    ours, theirs = (net.device.to_host(net.parameters.data) for net in nets)
    np.testing.assert_array_equal(ours, theirs)


def test_training_goes_the_same_way(kind):
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


def test_a_snapshot_resumes_on_the_gpu(kind, tmp_path):
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
