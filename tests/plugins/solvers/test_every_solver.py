"""Every bundled solver keeps the contract; a type without a case fails."""

from __future__ import annotations

import pytest

from mycaffe_py.plugins import default_registry
from mycaffe_py.testing.solvers import check_solver
from mycaffe_py.testing.strict import strict_device

CASES = {
    "AdaDelta": [
        "base_lr: 1 momentum: 0.9 delta: 1e-3",
        "base_lr: 1 delta: 0.01 weight_decay: 1e-3",
    ],
    "AdaGrad": ["", "base_lr: 0.1 weight_decay: 0.01"],
    "Adam": ["", "momentum: 0.9 momentum2: 0.95", "weight_decay: 0.01 clip_gradients: 1"],
    "Nesterov": ["", "momentum: 0.9 base_lr: 0.02"],
    "RMSProp": ["base_lr: 0.01", "rms_decay: 0.9 base_lr: 0.01 iter_size: 2"],
    "SGD": ["", "momentum: 0.9 base_lr: 0.02", 'weight_decay: 0.01 regularization_type: "L1"'],
    "AdamW": ["", "momentum: 0.9 momentum2: 0.95", "weight_decay: 0.01 clip_gradients: 1"],
}

REGISTRY = default_registry()
BUNDLED = {plugin.name for plugin in REGISTRY.plugins if plugin.bundled}


def test_every_type_has_cases():
    owned = [c.type for c in REGISTRY.solvers.classes() if REGISTRY.solvers.owner(c) in BUNDLED]
    assert set(owned) == set(CASES)


@pytest.mark.parametrize("type_name", [name for name, cases in CASES.items() if "" in cases])
def test_by_type_name(type_name, kernels):
    check_solver(type_name)


@pytest.mark.parametrize(("type_name", "settings"), [(t, s) for t in CASES for s in CASES[t] if s])
def test_by_settings(type_name, settings, kernels):
    check_solver(f'type: "{type_name}" {settings}')


def test_a_device_to_check_on():
    check_solver("Adam", steps=20, device=strict_device())
