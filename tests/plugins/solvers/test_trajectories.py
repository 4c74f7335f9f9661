"""Every update rule, with momentum, decay, iter_size, clipping and multipliers, against plain loops in float64."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError

from .linear import BATCH, batches, fit, weights

RATE, STEPS = 0.05, 7


class Rule:
    """One rule for one blob: what is subtracted for gradient g, as the papers and Caffe write it."""

    def __init__(self, momentum):
        self.m, self.h, self.k = momentum, 0.0, 0.0


class SGD(Rule):
    def __call__(self, g, r, t):
        self.h = self.m * self.h + r * g
        return self.h


class Nesterov(Rule):
    def __call__(self, g, r, t):
        before, self.h = self.h, self.m * self.h + r * g
        return (1 + self.m) * self.h - self.m * before


class AdaGrad(Rule):
    def __call__(self, g, r, t):
        self.h = self.h + g**2
        return r * g / (np.sqrt(self.h) + 1e-8)


class RMSProp(Rule):
    def __call__(self, g, r, t):
        self.h = 0.95 * self.h + 0.05 * g**2
        return r * g / (np.sqrt(self.h) + 1e-8)


class AdaDelta(Rule):
    def __call__(self, g, r, t):
        self.h = self.m * self.h + (1 - self.m) * g**2
        u = g * np.sqrt((self.k + 1e-3) / (self.h + 1e-3))
        self.k = self.m * self.k + (1 - self.m) * u**2
        return r * u


class Adam(Rule):
    def __call__(self, g, r, t):
        self.h = self.m * self.h + (1 - self.m) * g
        self.k = 0.99 * self.k + 0.01 * g**2
        return r * math.sqrt(1 - 0.99**t) / (1 - self.m**t) * self.h / (np.sqrt(self.k) + 1e-8)


RULES = {
    "SGD": (SGD, ""),
    "Nesterov": (Nesterov, ""),
    "AdaGrad": (AdaGrad, ""),
    "RMSProp": (RMSProp, "rms_decay: 0.95"),
    "AdaDelta": (AdaDelta, "delta: 1e-3"),
    "Adam": (Adam, "momentum2: 0.99"),
}
NO_MOMENTUM = ("AdaGrad", "RMSProp")


def trajectory(make, momentum, decay, kind, iter_size, multipliers, limit=math.inf):
    """Return the weights of the linear model after STEPS updates, by plain loops."""
    w, b = weights()
    rules = [make(momentum), make(momentum)]
    data = batches(STEPS * iter_size)
    for t in range(1, STEPS + 1):
        gradients = [np.zeros_like(w), np.zeros_like(b)]
        for x, y in itertools.islice(data, iter_size):
            error = (x @ w.T + b - y) / BATCH
            gradients[0] += error.T @ x
            gradients[1] += error.sum(0)
        # The threshold is for the sum, before it is divided.
        norm = math.sqrt(sum((g**2).sum() for g in gradients))
        if norm > limit:
            gradients = [g * limit / norm for g in gradients]
        for index, (blob, g) in enumerate(zip((w, b), gradients, strict=True)):
            lr_mult, decay_mult = multipliers[index]
            g = g / iter_size
            g = g + decay * decay_mult * (blob if kind == "L2" else np.sign(blob))
            blob -= rules[index](g, RATE * lr_mult, t)
    return w, b


CASES = [
    pytest.param(*case, id=" ".join(map(str, case)))
    for case in itertools.product(RULES, (0.0, 0.9), ("", "L2", "L1"), (1, 3), (False, True))
    if not (case[0] in NO_MOMENTUM and case[1])
]


@pytest.mark.parametrize(("name", "momentum", "decay", "iter_size", "multiplied"), CASES)
def test_against_plain_loops(registry, name, momentum, decay, iter_size, multiplied, kernels):
    make, more = RULES[name]
    multipliers = ((1, 1), (2, 0.5)) if multiplied else ((1, 1), (1, 1))
    wanted = trajectory(make, momentum, 0.02 if decay else 0, decay, iter_size, multipliers)
    text = f'type: "{name}" base_lr: {RATE} lr_policy: "fixed" iter_size: {iter_size} {more} '
    text += f"momentum: {momentum} " if momentum else ""
    text += f'weight_decay: 0.02 regularization_type: "{decay}"' if decay else ""
    solver = fit(registry, text, multiplied)
    assert len(solver.param_groups) == (2 if multiplied else 1)
    solver.step(STEPS)
    for blob, values in zip(solver.net.params["fc"], wanted, strict=True):
        np.testing.assert_allclose(blob.data, values, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", RULES)
def test_the_threshold_of_clipping_is_for_the_sum_of_iter_size(registry, name):
    make, more = RULES[name]
    multipliers = ((1, 1), (1, 1))
    wanted = trajectory(make, 0.0, 0, "", 2, multipliers, limit=0.7)
    assert not np.allclose(wanted[0], trajectory(make, 0.0, 0, "", 2, multipliers)[0], rtol=1e-4)
    text = f'type: "{name}" base_lr: {RATE} lr_policy: "fixed" iter_size: 2 clip_gradients: 0.7'
    solver = fit(registry, f"{text} {more}")
    solver.step(STEPS)
    np.testing.assert_allclose(solver.net.params["fc"][0].data, wanted[0], rtol=1e-12, atol=1e-14)


POLICIES = {
    'lr_policy: "fixed"': lambda i: RATE,
    'lr_policy: "step" gamma: 0.5 stepsize: 2': lambda i: RATE * 0.5 ** (i // 2),
    'lr_policy: "exp" gamma: 0.8': lambda i: RATE * 0.8**i,
    'lr_policy: "inv" gamma: 0.3 power: 0.75': lambda i: RATE * (1 + 0.3 * i) ** -0.75,
    'lr_policy: "multistep" gamma: 0.5 stepvalue: [2, 5]': lambda i: (
        RATE * 0.5 ** ((i >= 2) + (i >= 5))
    ),
    'lr_policy: "poly" power: 2 max_iter: 10': lambda i: RATE * (1 - i / 10) ** 2,
    'lr_policy: "sigmoid" gamma: -0.5 stepsize: 3': lambda i: RATE / (1 + math.exp(0.5 * (i - 3))),
    'lr_policy: "sigmoid_inv" gamma: 0.5 stepsize: 3': lambda i: (
        RATE * (1 - 1 / (1 + math.exp(-0.5 * (i - 3))))
    ),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", ["SGD", "Nesterov", "Adam"])
def test_rates_of_the_policies(registry, name, policy):
    """The rate of each update enters the history of SGD and Nesterov, and stays outside in Adam."""
    make, more = RULES[name]
    w, b = weights()
    rules = [make(0.9), make(0.9)]
    for i, (x, y) in enumerate(batches(STEPS)):
        error = (x @ w.T + b - y) / BATCH
        for blob, rule, g in zip((w, b), rules, (error.T @ x, error.sum(0)), strict=True):
            blob -= rule(g, POLICIES[policy](i), i + 1)
    solver = fit(registry, f'type: "{name}" base_lr: {RATE} momentum: 0.9 {policy} {more}')
    rates = []
    solver.listeners.append(lambda event: rates.append(event.learning_rate))
    solver.step(STEPS)
    np.testing.assert_allclose(rates, [POLICIES[policy](i) for i in range(STEPS)], rtol=1e-12)
    np.testing.assert_allclose(solver.net.params["fc"][0].data, w, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", RULES)
def test_the_history_has_caffes_layout(registry, name):
    """A blob after the other, those of the second slot after all of the first."""
    from mycaffe_py.weights.solverstate import history_arrays

    make, more = RULES[name]
    solver = fit(registry, f'type: "{name}" base_lr: {RATE} lr_policy: "fixed" {more}', True)
    solver.step(1)
    slots = 2 if name in ("AdaDelta", "Adam") else 1
    shapes = [array.shape for array in history_arrays(solver)]
    assert shapes == [(2, 3), (2,)] * slots
    x, y = next(batches(1))
    w, b = weights()
    error = (x @ w.T + b - y) / BATCH
    rules = [make(0.0), make(0.0)]
    for rule, g, lr_mult in zip(rules, (error.T @ x, error.sum(0)), (1, 2), strict=True):
        rule(g, RATE * lr_mult, 1)
    wanted = [rule.h for rule in rules] + [rule.k for rule in rules] * (slots - 1)
    for found, values in zip(history_arrays(solver), wanted, strict=True):
        np.testing.assert_allclose(found, values, rtol=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('type: "AdaGrad" momentum: 0.9', "AdaGrad: momentum must be 0, as AdaGrad has none; got"),
        ('type: "RMSProp" momentum: 0.9', "RMSProp: momentum must be 0"),
        ('type: "RMSProp" rms_decay: 1', "RMSProp: rms_decay must be at least 0 and below 1"),
        ('type: "RMSProp" delta: -1', "RMSProp: delta must be at least 0, got -1"),
        ('type: "Nesterov" momentum: 1', "Nesterov: momentum must be at least 0 and below 1"),
        ('type: "AdaDelta" momentum: 1', "AdaDelta: momentum must be"),
        ('type: "AdaDelta" delta: nan', "AdaDelta: delta must be"),
        ('type: "Adam" momentum: -1', "Adam: momentum must be"),
        ('type: "Adam" momentum2: 1', "Adam: momentum2 must be at least 0 and below 1, got 1"),
        ('type: "AdaGrad" delta: -1', "AdaGrad: delta must be at least 0"),
    ],
)
def test_settings_that_make_no_sense(registry, settings, message):
    with pytest.raises(ConfigError, match=f"solver {message}"):
        fit(registry, f'base_lr: 0.1 lr_policy: "fixed" {settings}')


@pytest.mark.parametrize("name", ["NESTEROV", "ada_grad", "RmsProp", "adadelta", "ADAM"])
def test_other_spellings_of_the_types(registry, name):
    assert registry.solvers.find(name).type in RULES
