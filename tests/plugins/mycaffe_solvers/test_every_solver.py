"""Every bundled solver keeps the contract; a type without a case fails."""

from __future__ import annotations

import pytest

from mycaffe_py.plugins import default_registry
from mycaffe_py.testing.solvers import check_solver

CASES = {
    "SGD": ["", "momentum: 0.9 base_lr: 0.02", 'weight_decay: 0.01 regularization_type: "L1"'],
    "AdamW": ["", "momentum: 0.9 momentum2: 0.95", "weight_decay: 0.01 clip_gradients: 1"],
}

REGISTRY = default_registry()
BUNDLED = {plugin.name for plugin in REGISTRY.plugins if plugin.bundled}


def test_every_type_has_cases():
    owned = [c.type for c in REGISTRY.solvers.classes() if REGISTRY.solvers.owner(c) in BUNDLED]
    assert set(owned) == set(CASES)


@pytest.mark.parametrize("type_name", CASES)
def test_by_type_name(type_name):
    check_solver(type_name)


@pytest.mark.parametrize(("type_name", "settings"), [(t, s) for t in CASES for s in CASES[t] if s])
def test_by_settings(type_name, settings):
    check_solver(f'type: "{type_name}" {settings}')
