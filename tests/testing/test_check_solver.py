"""check_solver finds what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.plugins import load_registry
from mycaffe_py.solver import Solver
from mycaffe_py.testing.solvers import check_solver


class Fine(Solver):
    """Momentum of one half."""

    type = "Fine"

    def compute_update(self, segment, rate):
        (history,) = segment.history
        history *= 0.5
        history += rate * segment.diff
        segment.diff[...] = history


class Frozen(Fine):
    """Moves all weights, also those of lr_mult 0."""

    def compute_update(self, segment, rate):
        super().compute_update(segment, rate)
        self.net.parameters.data *= 0.99


class Still(Fine):
    """Moves nothing."""

    def compute_update(self, segment, rate):
        super().compute_update(segment, rate)
        segment.diff[...] = 0


class Explodes(Fine):
    """Makes infinities."""

    def compute_update(self, segment, rate):
        segment.diff[...] = segment.history[0][...] = 1e200 * np.sign(segment.diff)


class Forgetful(Fine):
    """Keeps its memory in itself."""

    def compute_update(self, segment, rate):
        memory = self.__dict__.setdefault("memory", {})
        key = segment.lr_mult, segment.data.ctypes.data
        memory[key] = 0.5 * memory.get(key, 0) + rate * segment.diff
        segment.history[0][...] = memory[key]
        segment.diff[...] = memory[key]


class Unused(Fine):
    """Asks for more history than it uses."""

    history_slots = 2

    def compute_update(self, segment, rate):
        segment.history[0][...] = segment.diff
        segment.diff[...] = rate * segment.diff


class Unseeded(Fine):
    """Not repeatable."""

    count = 0

    def compute_update(self, segment, rate):
        type(self).count += 1
        super().compute_update(segment, rate * (1 + 0.001 * self.count))


class Uphill(Fine):
    """Has the wrong sign."""

    def compute_update(self, segment, rate):
        super().compute_update(segment, -0.1 * rate)


class NumpyOnly(Fine):
    """Does not use the device's xp."""

    def compute_update(self, segment, rate):
        super().compute_update(segment, rate)
        segment.diff[...] = np.clip(segment.diff, -1, 1)


def check(cls, text=None, **options):
    registry = load_registry()
    registry.solvers.add([cls], "test")
    check_solver(text or "Fine", registry, **options)


def test_passes_what_is_fine():
    check(Fine)
    check(Fine, 'type: "Fine" base_lr: 0.1 lr_policy: "step" gamma: 0.5 stepsize: 100')
    check(type("NoHistory", (Fine,), {"history_slots": 0, "compute_update": plain}))


def plain(self, segment, rate):
    segment.diff[...] = rate * segment.diff


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Frozen, 'the update changes weight of layer "frozen", whose lr_mult is 0'),
        (Still, 'no update reaches weight of layer "first"'),
        (Forgetful, "with the history passed on differ from 10"),
        (Unused, "history 1 stays zero"),
        (Unseeded, "two runs from the same start differ"),
        (Uphill, "bring the loss of a quadratic problem from"),
    ],
)
def test_finds(cls, message):
    with pytest.raises(AssertionError, match=f"solver type Fine: .*{message}"):
        check(cls)


def subtracting(self, group, rate):
    group.data -= rate * group.diff
    group.diff[...] = 0


def subtracting_twice(self, group, rate):
    group.diff[...] *= rate
    group.data -= group.diff


def returning(self, group, rate):
    return rate * group.diff


def returning_late(self, group, rate):
    return rate * group.diff if self.iter == 3 else plain(self, group, rate)


def rebinding(self, group, rate):
    group.diff = rate * group.diff


def keeping_to_itself(self, group, rate):
    diff = rate * group.diff
    assert diff.shape == group.diff.shape


def replacing_history(self, group, rate):
    group.history[0] = group.diff


def rebinding_history(self, group, rate):
    group.history = (0.5 * group.history[0] + rate * group.diff,)


def forgetting_history(self, group, rate):
    (mean,) = group.history
    mean = 0.5 * mean + 0.5 * group.diff
    group.diff[...] = rate * mean


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (subtracting, ["changes group.data", "group.diff[...] = ..."]),
        (subtracting_twice, ["changes group.data", "group.diff[...] = ..."]),
        (returning, ["returned a value", "group.diff[...] = ..."]),
        (returning_late, ["returned a value", "group.diff[...] = ..."]),
        (rebinding, ["another array in the place of group.diff", "group.diff[...] = ..."]),
        (keeping_to_itself, ["leaves the gradient in group.diff", "group.diff[...] = ..."]),
        (replacing_history, ["group.history[0][...] = ...", "test_check_solver.py:"]),
        (rebinding_history, ["in the place of group.history", "group.history[0][...] = ..."]),
        (forgetting_history, ["history 0 stays zero", "group.history[0][...] = ..."]),
    ],
)
def test_steps_in_the_wrong_place_are_named(rule, says):
    slots = int("history" in rule.__name__)
    with pytest.raises(AssertionError) as caught:
        check(type("Own", (Fine,), {"history_slots": slots, "compute_update": rule}))
    assert all(words in str(caught.value) for words in says), str(caught.value)


@pytest.mark.parametrize("rule", [returning, rebinding, rebinding_history])
def test_a_training_refuses_them_too(rule):
    from mycaffe_py import get_solver
    from mycaffe_py.errors import PluginCodeError

    own = type("Own", (Solver,), {"type": "Own", "compute_update": rule})
    model = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 1 } } }
      layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 1 } }
      layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "x" top: "loss" }"""
    solver = get_solver(net=model, type="Own", base_lr=0.1, lr_policy="fixed", plugins=own)
    before = [blob.data.copy() for blob in solver.net.learnable_params]
    with pytest.raises(PluginCodeError, match=r"solver Own: compute_update\(\)"):
        solver.step(1)
    for blob, values in zip(solver.net.learnable_params, before, strict=True):
        np.testing.assert_array_equal(blob.data, values)


def test_finds_what_needs_numpy():
    with pytest.raises(AssertionError, match=r"write self.xp.clip\(...\) instead of np.clip"):
        check(NumpyOnly)


def test_too_few_steps_are_told():
    with pytest.raises(AssertionError, match="5 updates only bring the loss .* base_lr suitable"):
        check(Fine, 'type: "Fine" base_lr: 0.0001', steps=5)


def test_a_wild_rate_diverges():
    message = "solver type Fine: iteration 1: the loss is inf"
    with pytest.raises(AssertionError, match=message), np.errstate(all="ignore"):
        check(Explodes)
