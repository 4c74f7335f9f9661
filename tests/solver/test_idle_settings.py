"""Settings of a solver that have no effect, by its type, its policy and its other settings."""

from __future__ import annotations

import pytest

from mycaffe_py.plugins import default_registry
from mycaffe_py.resources import resource_path
from mycaffe_py.schema import load_solver
from mycaffe_py.solver.idle_settings import CONDITIONS, idle_solver_settings

REGISTRY = default_registry()
VALUES = {
    "gamma": "0.7",
    "power": "0.7",
    "stepsize": "7",
    "stepvalue": "7",
    "momentum": "0.7",
    "momentum2": "0.7",
    "rms_decay": "0.7",
    "delta": "0.7",
    "adamw_decay": "0.7",
    "min_lr_ratio": "0.7",
    "pct_start": "0.7",
    "div_factor": "7",
    "final_div_factor": "7",
}


def idle(text):
    param = REGISTRY.schema.parse_text(f"base_lr: 0.1 max_iter: 9 {text}", "SolverParameter")
    found = idle_solver_settings(REGISTRY, param.message)
    return {path[0]: each for each in found for path in each.paths}


def read_by(kind):
    """Return each type of solver or policy with the settings that it reads."""
    if kind == "type":
        classes = REGISTRY.solvers.classes()
        return {cls.type: set(cls.uses) for cls in classes}
    from mycaffe_py.solver.outlook import policy_fields

    return {cls.type: set(policy_fields(REGISTRY, cls)) for cls in REGISTRY.lr_policies.classes()}


@pytest.mark.parametrize("kind", ["type", "lr_policy"])
def test_settings_that_only_other_types_and_policies_read(kind):
    known = read_by(kind)
    names = sorted(set().union(*known.values()))
    other = 'lr_policy: "fixed"' if kind == "type" else 'type: "SGD"'
    cases = [(chosen, name) for chosen in known for name in names]
    assert len(cases) > 20
    for chosen, name in cases:
        value = VALUES.get(name, "3")
        found = idle(f'{kind}: "{chosen}" {other} {name}: {value}')
        assert (name in found) == (name not in known[chosen]), (chosen, name)
        if name in found:
            assert found[name].because == f"with {kind}: {chosen}"
            assert "remove" in found[name].hint


HELD = {
    "test_iter": ("test_iter: 3", ""),
    "weight_decay": ("weight_decay: 0.1", ""),
    "regularization_type: L2 or L1": ('regularization_type: "L1"', 'regularization_type: "NONE"'),
    "display or test_iter": ("display: 3", ""),
    "eval_type: detection": ('eval_type: "detection"', ""),
    "solver_mode: GPU, written out": ("solver_mode: GPU", "solver_mode: CPU"),
}
SETTINGS = {
    "test_interval": "test_interval: 5",
    "test_initialization": "test_initialization: false",
    "test_compute_loss": "test_compute_loss: true",
    "test_state": 'test_state { stage: "a" }',
    "regularization_type": 'regularization_type: "L1"',
    "weight_decay": "weight_decay: 0.1",
    "debug_info": "debug_info: true",
    "device_id": "device_id: 1",
    "ap_version": 'ap_version: "11point"',
    "show_per_class_result": "show_per_class_result: true",
}


@pytest.mark.parametrize("only", CONDITIONS, ids=lambda only: only.when)
def test_conditions_of_all_solvers(only):
    holds, does_not = HELD[only.when]
    for name in only.fields:
        assert name not in idle(f"{SETTINGS[name]} {holds}")
        assert name in idle(f"{SETTINGS[name]} {does_not}")


def test_defaults_do_not_count():
    text = 'lr_policy: "fixed" momentum2: 0.999 test_initialization: true test_interval: 0 device_id: 0'
    assert idle(text) == {}


@pytest.mark.parametrize(
    "path", sorted(resource_path("solvers").glob("*.prototxt")), ids=lambda path: path.stem
)
def test_no_shipped_solver_has_idle_settings(path):
    document = load_solver(REGISTRY.schema, path)
    assert idle_solver_settings(REGISTRY, document.message) == []
