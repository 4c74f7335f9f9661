"""Learning-rate policies against their closed forms."""

from __future__ import annotations

import math

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import default_registry
from mycaffe_py.solver.schedule import RateSchedule

BUNDLED = "mycaffe_plugins.lr_policies"


def schedule(text):
    return RateSchedule(default_registry().schema.parse_text(text, "SolverParameter").message)


def cosine(share, low=0.0, high=0.5):
    return low + (high - low) * math.cos(math.pi * share / 2) ** 2


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
    ("cosine", "max_iter: 100", lambda i: cosine(i / 100)),
    ("cosine", "max_iter: 50 min_lr: 0.125", lambda i: cosine(min(i / 50, 1), 0.125)),
    ("cosine", "restart_iter: 10", lambda i: cosine(i % 10 / 10)),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "text", "form"), FORMS)
@pytest.mark.parametrize("iteration", [0, 1, 9, 10, 11, 20, 55, 99])
def test_closed_forms(policy, text, form, iteration):
    rates = schedule(f'base_lr: 0.5 lr_policy: "{policy}" {text}')
    rates.current_step = 3
    assert rates.take(iteration) == pytest.approx(form(iteration), rel=1e-13, abs=1e-17)
    assert rates.current_step == 3


def test_every_policy_is_covered():
    catalog = default_registry().lr_policies
    bundled = {cls.type for cls in catalog.classes() if catalog.owner(cls) == BUNDLED}
    assert {name for name, _, _ in FORMS} | {"multistep", "one_cycle"} == bundled


@pytest.mark.parametrize("policy", ["sigmoid", "sigmoid_inv"])
def test_sigmoid_far_out_does_not_overflow(policy):
    rates = schedule(f'base_lr: 1 lr_policy: "{policy}" gamma: 1 stepsize: 100000')
    assert {rates.rate(iteration) for iteration in (0, 10**6)} == {0, 1}


def test_poly_ends_at_zero_and_stays_there():
    rates = schedule('base_lr: 1 lr_policy: "poly" power: 0.5 max_iter: 4')
    assert [rates.rate(i) for i in (0, 3, 4, 5)] == [1, 0.5, 0, 0]


def test_multistep_takes_one_step_each_call():
    course = schedule('base_lr: 1 lr_policy: "multistep" gamma: 0.5 stepvalue: [2, 4, 4]')
    rates = []
    for iteration in range(8):
        assert course.rate(iteration) == course.rate(iteration)  # asking takes no step
        rates.append(course.take(iteration))
    # At 4 two values are reached, but one step is taken; the other follows a call later.
    assert rates == [1, 1, 0.5, 0.5, 0.25, 0.125, 0.125, 0.125]
    assert course.current_step == 3


def test_cycles_of_cosine_grow():
    rates = schedule('base_lr: 1 min_lr: 0.25 lr_policy: "cosine" restart_iter: 4 restart_mult: 3')
    # Cycles of 4, 12 and 36 updates: each begins with base_lr, and is half way down in its middle.
    assert [rates.rate(i) for i in (0, 4, 16, 52)] == [1, 1, 1, 1]
    assert [rates.rate(i) for i in (2, 10, 34)] == pytest.approx([0.625] * 3)
    assert rates.rate(15) == pytest.approx(0.25 + 0.75 * math.cos(math.pi * 11 / 24) ** 2)


def test_one_cycle():
    """Worked out by hand from the definition of PyTorch's OneCycleLR, with 20 updates and pct_start 0.25.

    The rise ends at 0.25 * 20 - 1 = 4, the fall at 19.
    """
    rates = schedule(
        'base_lr: 1 lr_policy: "one_cycle" max_iter: 20 pct_start: 0.25 div_factor: 8 final_div_factor: 128'
    )
    assert [rates.rate(i) for i in (0, 4, 19, 20, 99)] == pytest.approx(
        [1 / 8, 1, 1 / 1024, 1 / 1024, 1 / 1024]
    )
    assert rates.rate(2) == pytest.approx((1 / 8 + 1) / 2)
    assert rates.rate(9) == pytest.approx(1 - (1 - 1 / 1024) * math.sin(math.pi / 6) ** 2)
    assert rates.rate(14) == pytest.approx(1 - (1 - 1 / 1024) * math.sin(math.pi / 3) ** 2)


def test_one_cycle_with_its_defaults():
    rates = schedule('base_lr: 0.5 lr_policy: "one_cycle" max_iter: 100')
    assert [rates.rate(i) for i in (0, 29, 99)] == pytest.approx([0.02, 0.5, 2e-6])


@pytest.mark.parametrize(
    ("text", "message", "field"),
    [
        ("step", "needs stepsize > 0, but stepsize is not set", "lr_policy"),
        ("step stepsize: -2 gamma: 1", "needs stepsize > 0, got -2", "stepsize"),
        ("step stepsize: 5", "needs gamma, the factor of each step", "lr_policy"),
        ("exp", "needs gamma, the factor of each step", "lr_policy"),
        ("multistep stepvalue: 3", "needs gamma, the factor of each step", "lr_policy"),
        ("poly", "needs max_iter > 0, but max_iter is not set", "lr_policy"),
        ("poly max_iter: -1", "needs max_iter > 0, got -1", "max_iter"),
        ("cosine", "needs max_iter > 0, or restart_iter > 0, but max_iter is not set", "lr_policy"),
        ("cosine max_iter: 9 min_lr: 2", "needs min_lr from 0 to base_lr (0.5), got 2", "min_lr"),
        ("cosine max_iter: 9 min_lr: nan", "needs min_lr from 0 to base_lr (0.5), got nan", "min_lr"),
        ("cosine restart_iter: -1", "needs restart_iter of at least 0, got -1", "restart_iter"),
        ("cosine restart_iter: 9 restart_mult: 0", "needs restart_mult of at least 1, got 0", "restart_mult"),
        ("cosine max_iter: 9 restart_mult: 2", "uses restart_mult only with restart_iter above 0", "restart_mult"),
        ("one_cycle", "needs max_iter > 0, but max_iter is not set", "lr_policy"),
        ("one_cycle max_iter: 9 pct_start: 1",
         "needs pct_start above 0 and below 1, got 1", "pct_start"),
        ("one_cycle max_iter: 9 div_factor: 0.5",
         "needs div_factor of at least 1, got 0.5", "div_factor"),
        ("one_cycle max_iter: 9 final_div_factor: inf",
         "needs final_div_factor of at least 1, got inf", "final_div_factor"),
        ("one_cycle max_iter: 3",
         "needs more than one update for the rise, but pct_start 0.3 of max_iter 3 gives 0.9", "max_iter"),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense(text, message, field):
    policy, _, settings = text.partition(" ")
    with pytest.raises(ConfigError) as caught:
        schedule(f'base_lr: 0.5 lr_policy: "{policy}" {settings}')
    assert caught.value.message == f'lr_policy "{policy}" {message}'
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("settings", "iteration"),
    [
        ("exp gamma: 100", 1000),  # too large for a float
        ("inv gamma: -1 power: 1", 1),  # 1 / 0
        ("inv gamma: -1 power: 0.5", 2),  # the root of a negative number
    ],
)
def test_a_rate_that_is_no_finite_number(settings, iteration):
    policy, _, settings = settings.partition(" ")
    rates = schedule(f'base_lr: 1 lr_policy: "{policy}" {settings}')
    with pytest.raises(
        ConfigError, match=f"learning rate of iteration {iteration}, which is not"
    ) as caught:
        rates.rate(iteration)
    assert (
        f'lr_policy "{policy}" gives' in caught.value.message and caught.value.field == "lr_policy"
    )
