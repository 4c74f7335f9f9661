"""Learning-rate policies against their closed forms."""

from __future__ import annotations

import math

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import default_registry
from mycaffe_py.solver.lr_policy import POLICIES, check_policy, learning_rate


def settings(text):
    param = default_registry().schema.parse_text(text, "SolverParameter").message
    check_policy(param)
    return param


# Numbers that a float holds exactly, so that the closed forms need no rounding.
FORMS = [
    ("fixed", "", lambda i: 0.5),
    ("step", "gamma: 0.5 stepsize: 10", lambda i: 0.5 * 0.5 ** math.floor(i / 10)),
    ("exp", "gamma: 0.75", lambda i: 0.5 * 0.75**i),
    ("inv", "gamma: 0.25 power: 0.75", lambda i: 0.5 / (1 + 0.25 * i) ** 0.75),
    ("poly", "power: 1.5 max_iter: 100", lambda i: 0.5 * (1 - i / 100) ** 1.5),
    ("sigmoid", "gamma: -0.5 stepsize: 20", lambda i: 0.5 / (1 + math.exp(0.5 * (i - 20)))),
    ("sigmoid", "gamma: 0.5 stepsize: 60", lambda i: 0.5 / (1 + math.exp(-0.5 * (i - 60)))),
    ("sigmoid_inv", "gamma: 0.5 stepsize: 20", lambda i: 0.5 / (1 + math.exp(0.5 * (i - 20)))),
]


@pytest.mark.parametrize(("policy", "text", "form"), FORMS)
@pytest.mark.parametrize("iteration", [0, 1, 9, 10, 11, 20, 55, 99])
def test_closed_forms(policy, text, form, iteration):
    param = settings(f'base_lr: 0.5 lr_policy: "{policy}" {text}')
    rate, step = learning_rate(param, iteration, 3)
    assert rate == pytest.approx(form(iteration), rel=1e-13, abs=0)
    assert step == 3


def test_every_policy_is_covered():
    assert {name for name, _, _ in FORMS} | {"multistep"} == set(POLICIES)


@pytest.mark.parametrize("policy", ["sigmoid", "sigmoid_inv"])
def test_sigmoid_far_out_does_not_overflow(policy):
    param = settings(f'base_lr: 1 lr_policy: "{policy}" gamma: 1 stepsize: 100000')
    ends = {learning_rate(param, iteration, 0)[0] for iteration in (0, 10**6)}
    assert ends == {0, 1}


def test_poly_ends_at_zero_and_stays_there():
    param = settings('base_lr: 1 lr_policy: "poly" power: 0.5 max_iter: 4')
    assert [learning_rate(param, i, 0)[0] for i in (0, 3, 4, 5)] == [1, 0.5, 0, 0]


def test_multistep_takes_one_step_each_call():
    param = settings('base_lr: 1 lr_policy: "multistep" gamma: 0.5 stepvalue: [2, 4, 4]')
    step, rates = 0, []
    for iteration in range(8):
        rate, step = learning_rate(param, iteration, step)
        rates.append(rate)
    # At 4 two values are reached, but one step is taken; the other follows a call later.
    assert rates == [1, 1, 0.5, 0.5, 0.25, 0.125, 0.125, 0.125]
    assert step == 3


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('lr_policy: "stepp"', 'unknown lr_policy "stepp"', 'did you mean "step"'),
        ('lr_policy: "zzz"', 'unknown lr_policy "zzz"', "valid: fixed, step, exp"),
        ("", "lr_policy is not set", "valid: fixed"),
        ('lr_policy: "step"', 'lr_policy "step" needs stepsize > 0, but stepsize is not set', ""),
        (
            'lr_policy: "step" stepsize: 5',
            'lr_policy "step" needs gamma, the factor of each step',
            "",
        ),
        ('lr_policy: "exp"', 'lr_policy "exp" needs gamma, the factor of each step', ""),
        ('lr_policy: "poly"', 'lr_policy "poly" needs max_iter > 0, but max_iter is not set', ""),
    ],
)
def test_policies_that_make_no_sense(text, message, hint):
    with pytest.raises(ConfigError) as caught:
        settings(text)
    assert caught.value.message == message
    assert hint in (caught.value.hint or "")
