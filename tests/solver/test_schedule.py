"""Warm-up: the rate rises to that of any policy."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.solver.schedule import RateSchedule, settle

from ..solving import one


@pytest.fixture
def schedule(registry):
    def made(text):
        return RateSchedule(registry.schema.parse_text(text, "SolverParameter").message, registry)

    return made


FIXED = 'base_lr: 0.5 lr_policy: "fixed" warmup_iter: 4 '


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ("", [0, 0.125, 0.25, 0.375, 0.5, 0.5]),
        ("warmup_start_lr: 0.25", [0.25, 0.3125, 0.375, 0.4375, 0.5, 0.5]),
        ("warmup_start_lr: 0.125 warmup_form: CONSTANT", [0.125] * 4 + [0.5, 0.5]),
        # 0.03125 is 0.5 / 2^4: the rate doubles at each update.
        ("warmup_start_lr: 0.03125 warmup_form: EXPONENTIAL", [0.03125, 0.0625, 0.125, 0.25, 0.5, 0.5]),
    ],
)  # fmt: skip
def test_forms_of_the_rise(schedule, settings, wanted):
    rates = schedule(FIXED + settings)
    assert [rates.rate(i) for i in range(6)] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("policy", "at_four"),
    [
        ('lr_policy: "step" gamma: 0.5 stepsize: 2', 0.125),
        ('lr_policy: "poly" power: 1 max_iter: 8', 0.25),
        ('lr_policy: "cosine" max_iter: 8', 0.25),
        ('lr_policy: "multistep" gamma: 0.5 stepvalue: [1, 2, 3]', 0.0625),
    ],
)
def test_the_rise_leads_to_the_rate_of_any_policy(schedule, policy, at_four):
    """From 0 by equal amounts to the rate that the policy has at iteration 4; from there on the policy's own."""
    text = f"base_lr: 0.5 {policy} "
    rates, plain = schedule(text + "warmup_iter: 4"), schedule(text)
    got = [rates.take(i) for i in range(8)]
    assert got[:5] == pytest.approx([at_four * i / 4 for i in range(5)])
    assert got[4:] == [plain.take(i) for i in range(8)][4:]


def test_a_training_warms_up_and_resumes_within():
    settings = 'type: "SGD" base_lr: 0.1 warmup_iter: 5 '
    settings += 'lr_policy: "multistep" gamma: 0.5 stepvalue: 2 stepvalue: 7'
    whole, first, second = (one(settings, start="") for _ in range(3))
    rates = []
    for _ in range(9):
        whole.step(1)
        rates.append(whole.last_lr)
    assert rates == pytest.approx([0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.05, 0.025, 0.025])
    first.step(3)
    second.iter, second.current_step = first.iter, first.current_step
    again = []
    for _ in range(6):
        second.step(1)
        again.append(second.last_lr)
    assert again == rates[3:]


START, FORM = "warmup_start_lr", "warmup_form"


@pytest.mark.parametrize(
    ("settings", "message", "field"),
    [
        ("warmup_iter: -1", "warmup_iter must be at least 0, got -1", "warmup_iter"),
        ("warmup_start_lr: 0.1", "warmup_start_lr has an effect only with warmup_iter above 0", "warmup_start_lr"),
        ("warmup_form: CONSTANT", "warmup_form has an effect only with warmup_iter above 0", "warmup_form"),
        ("warmup_iter: 9 max_iter: 9", "warmup_iter is 9, but training ends at max_iter 9", "warmup_iter"),
        ("warmup_iter: 9 warmup_start_lr: -1",
         "warmup_start_lr must be a finite number, at least 0, got -1", START),
        ("warmup_iter: 9 warmup_start_lr: nan",
         "warmup_start_lr must be a finite number, at least 0, got nan", START),
        ("warmup_iter: 9 warmup_form: EXPONENTIAL",
         "warmup_form EXPONENTIAL needs warmup_start_lr above 0", FORM),
        ("warmup_iter: 9 warmup_start_lr: 0.9",
         "warmup_start_lr is 0.9, above the rate that the warm-up leads to, 0.5", START),
    ],
)  # fmt: skip
def test_warmups_that_make_no_sense(schedule, settings, message, field):
    with pytest.raises(ConfigError) as caught:
        schedule('base_lr: 0.5 lr_policy: "fixed" ' + settings)
    assert caught.value.message == f"solver: {message}" and caught.value.field == field


def test_a_policy_that_rises_itself_takes_no_warmup(schedule):
    with pytest.raises(ConfigError, match='"one_cycle" begins with a rise of its own') as caught:
        schedule('base_lr: 0.5 lr_policy: "one_cycle" max_iter: 20 warmup_iter: 3')
    assert caught.value.field == "warmup_iter"


def test_steps_are_settled_once_each(schedule):
    policy = schedule('base_lr: 1 lr_policy: "multistep" gamma: 0.5 stepvalue: [2, 4, 9]').policy
    settle(policy, 5)
    assert policy.current_step == 2


def test_another_policy_during_a_training():
    solver = one("gamma: 0.5 stepsize: 2")
    solver.step(3)
    assert solver.last_lr == 0.1
    solver.param.lr_policy = "step"
    assert solver.lr == pytest.approx(0.05)
    solver.step(2)
    assert solver.last_lr == pytest.approx(0.025)
    solver.param.base_lr, solver.param.lr_policy = 1, "multistep"
    solver.param.stepvalue.append(6)
    assert rates_of(solver, 3) == pytest.approx([1, 0.5, 0.5])
    solver.param.lr_policy = "no such"
    with pytest.raises(ConfigError, match="no such"):
        solver.step(1)


def rates_of(solver, updates):
    found = []
    for _ in range(updates):
        solver.step(1)
        found.append(solver.last_lr)
    return found
