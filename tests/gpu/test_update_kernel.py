"""Each solver's update kernel, run on the CPU by the shim, makes the updates of the plain rule."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import Device
from mycaffe_py.plugins import default_registry
from mycaffe_py.solver import Solver

from ..building import layer, make_net, product
from ..solving import make_solver
from .test_solvers import SMALL, weights

pytestmark = pytest.mark.shim
KINDS = {
    "SGD": "momentum: 0.9",
    "Nesterov": "momentum: 0.8",
    "AdaGrad": "delta: 1e-3",
    "RMSProp": "rms_decay: 0.9 delta: 1e-3",
    "AdaDelta": "momentum: 0.9 delta: 1e-3",
    "Adam": "momentum: 0.9 momentum2: 0.95 delta: 1e-4",
    "AdamW": "momentum: 0.9 momentum2: 0.95 delta: 1e-4 adamw_decay: 0.2",
}
# Learning rates that change from update to update.
COMMON = 'lr_policy: "inv" base_lr: 0.05 gamma: 0.3 power: 1 '
CASES = {
    "plain": "",
    "L2": "weight_decay: 0.01 iter_size: 2",
    "L1, clipped": 'weight_decay: 0.01 regularization_type: "L1" clip_gradients: 0.05',
    "not clipped": "clip_gradients: 1e6",
}


WIDE = "dummy_data_param { shape { dim: 2 dim: 90 } data_filler { type: 'gaussian' } }"


def trained(device, kind, settings, dtype="float64", updates=4, text=SMALL):
    device.seed_generators(3)
    net = make_net(text, device=device, dtype=dtype)
    solver = make_solver(f'type: "{kind}" {COMMON} {KINDS[kind]} {settings}', net=net, start="")
    solver.step(updates)
    arrays = (net.parameters.data, net.parameters.diff, *solver.history)
    return solver, [np.array(device.to_host(array)) for array in arrays]


def updates_of(device):
    """Return the launches that belong to updates."""
    names = ("sum_squares", "clip_factor", "update_weights")
    return [name for name in device.xp.kernels.launches if name in names]


def test_every_bundled_solver_has_a_kernel():
    assert set(default_registry().solvers.types()) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_updates_are_those_of_the_plain_rule(shim_gpu, kind, case):
    _, plain = trained(Device(), kind, CASES[case])
    _, found = trained(shim_gpu, kind, CASES[case])
    for ours, theirs in zip(plain, found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-14)
    norms = ["sum_squares", "clip_factor"] if "clip" in case else []
    assert updates_of(shim_gpu) == [*norms, "update_weights"] * 4


@pytest.mark.parametrize("kind", KINDS)
def test_float32(shim_gpu, kind):
    settings = "weight_decay: 0.01 clip_gradients: 0.5"
    _, plain = trained(Device(), kind, settings, "float32")
    _, found = trained(shim_gpu, kind, settings, "float32")
    for ours, theirs in zip(plain, found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-6)


def test_frozen_weights_and_large_ones_in_parts(shim_gpu):
    text = (
        layer("data", "DummyData", "", "x", WIDE)
        + product("ip1", "x", "h", 100, "param { lr_mult: 3 } param { lr_mult: 0 }")
        + product("ip2", "h", "y", 3, "param { decay_mult: 0 } param { lr_mult: 0.5 }")
        + layer(
            "loss", "Reduction", "y", "loss", "reduction_param { operation: SUMSQ } loss_weight: 1"
        )
    )
    _, plain = trained(Device(), "AdamW", "weight_decay: 0.1 clip_gradients: 1", text=text)
    solver, found = trained(shim_gpu, "AdamW", "weight_decay: 0.1 clip_gradients: 1", text=text)
    for ours, theirs in zip(plain, found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-11, atol=1e-13)
    bias = solver.net.params["ip1"][1]
    assert not np.any(
        bias.data - trained(Device(), "SGD", "", updates=0, text=text)[1][0][9000:9100]
    )


def test_settings_that_a_program_changes_count_at_once(shim_gpu):
    found = []
    for device in (Device(), shim_gpu):
        solver, _ = trained(device, "Adam", "weight_decay: 0.01")
        solver.lr, solver.param.momentum, solver.param.weight_decay = 0.5, 0.1, 0.3
        solver.step(2)
        found.append(weights(solver))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_updates_that_are_counted_from_here(shim_gpu, kind):
    found = []
    for device in (Device(), shim_gpu):
        solver, _ = trained(device, kind, "")
        solver.restart_updates()
        solver.step(2)
        found.append(weights(solver))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)


def test_nothing_waits(shim_gpu):
    from mycaffe_py.testing.strict_array import recorded_waits

    solver, _ = trained(shim_gpu, "AdamW", "clip_gradients: 1", updates=1)
    with recorded_waits() as waits:
        solver.step(3)
    assert waits == ["Stream.synchronize()"]


def test_a_rule_of_ones_own_uses_no_kernel(shim_gpu):
    sgd = default_registry().solvers.find("SGD")

    class Halved(sgd):
        def compute_update(self, group, rate):
            super().compute_update(group, rate / 2)

    class Same(sgd):
        pass

    net = make_net(SMALL, device=shim_gpu)
    param = make_solver('base_lr: 0.1 lr_policy: "fixed"', net=net, start="").param
    shim_gpu.xp.kernels.launches.clear()
    Halved(param, net).step(1)
    assert updates_of(shim_gpu) == []
    Same(param, net).step(1)
    assert updates_of(shim_gpu) == ["update_weights"]
    assert Solver.kernel_file is None


def test_without_a_compiler_the_plain_rule_is_used(shim_gpu, monkeypatch):
    shim_gpu.xp.kernels.local_bytes = 8
    with pytest.warns(
        UserWarning, match="solver SGD: the plain update is used: update_weights keeps"
    ):
        _, found = trained(shim_gpu, "SGD", "")
    _, plain = trained(Device(), "SGD", "")
    np.testing.assert_allclose(found[0], plain[0], rtol=1e-12)
