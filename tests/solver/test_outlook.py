"""The course of the rate before a training, and which settings it reads."""

from __future__ import annotations

import pytest

from mycaffe_py.solver import fields_in_use, rate_course


@pytest.fixture
def param(registry):
    return registry.schema.new(
        "SolverParameter", base_lr=0.5, lr_policy="step", gamma=0.1, stepsize=4, max_iter=10
    )


def test_a_short_training_has_a_point_for_each_update(param):
    updates, rates = rate_course(param)
    assert updates == list(range(10))
    assert rates == pytest.approx([0.5] * 4 + [0.05] * 4 + [0.005] * 2)


def test_a_long_one_is_sampled_from_its_first_to_its_last_update(param):
    param.max_iter = 1_000_000
    updates, rates = rate_course(param, 5)
    assert updates == [0, 249999, 499999, 749999, 999999] and len(rates) == 5


def test_all_steps_before_a_sampled_update_count(param):
    param.lr_policy, param.max_iter = "multistep", 1001
    param.stepvalue.extend([10, 20, 30])
    assert rate_course(param, 2)[1] == pytest.approx([0.5, 0.0005])


def test_a_rate_that_is_no_number_is_none(param):
    param.lr_policy, param.gamma, param.power = "inv", -1.0, 0.5
    assert rate_course(param)[1][:3] == [0.5, None, None]


OF_POLICIES = {
    "fixed": set(),
    "step": {"gamma", "stepsize"},
    "exp": {"gamma"},
    "inv": {"gamma", "power"},
    "multistep": {"gamma", "stepvalue"},
    "poly": {"power"},
    "sigmoid": {"gamma", "stepsize"},
    "sigmoid_inv": {"gamma", "stepsize"},
    "cosine": {"min_lr", "restart_iter", "restart_mult"},
    "one_cycle": {"pct_start", "div_factor", "final_div_factor"},
}


@pytest.mark.parametrize("policy", OF_POLICIES)
def test_each_policy_reads_its_own_settings(registry, param, policy):
    param.lr_policy = policy
    found = set(fields_in_use(registry, param))
    assert found & set().union(*OF_POLICIES.values()) == OF_POLICIES[policy]
    assert {"base_lr", "lr_policy", "max_iter"} <= found
    assert ("warmup_iter" in found) == (policy != "one_cycle")
