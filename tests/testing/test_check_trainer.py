"""check_trainer finds what is wrong with a trainer."""

from __future__ import annotations

import pytest

from mycaffe_py.plugins import load_registry
from mycaffe_py.testing.trainers import check_trainer

MODEL = """
layer { name: "data" type: "Input" top: "x" top: "t"
  input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""
SOLVER = 'type: "SGD" base_lr: 0.1 lr_policy: "fixed" trainer { type: "Own" }'
TRAINER = """
import itertools

import numpy as np

from mycaffe_py import Trainer, hookimpl

COUNTER = itertools.count()

class Own(Trainer):
    type = "Own"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.count, self.list = 0, []

    def prepare(self):
        self.count += 1
        self.solver.net.blobs["x"].data[...] = self.count % 3
        self.solver.net.blobs["t"].data[...] = 1

    def metrics(self):
        return {"count": float(self.count)}

    def test(self, net, iterations):
        net.forward()
        return {"loss": net.blobs["loss"].data.item()}

    def state(self):
        return {"count": self.count}

    def load_state(self, state):
        self.count = state["count"]

OWN

@hookimpl
def mycaffe_trainers():
    return [Own]
"""


def check(tmp_path, own="", solver=SOLVER):
    path = tmp_path / "own.py"
    lines = "\n".join(f"    {line}" for line in own.splitlines())
    path.write_text(TRAINER.replace("OWN", lines))
    check_trainer(solver, MODEL, load_registry([str(path)]))


def test_a_good_trainer(tmp_path):
    check(tmp_path)
    check(tmp_path, solver=SOLVER + " iter_size: 2")


def test_a_solver_without_a_trainer():
    solver = SOLVER.partition("trainer")[0]
    with pytest.raises(AssertionError, match="the solver has no trainer"):
        check_trainer(solver, MODEL)


FAULTS = {
    "a second backward": (
        "def collect(self):\n    self.solver.net.backward()",
        "10 backward passes in 5 updates, not 5",
    ),
    "metrics is no dict": (
        "def metrics(self):\n    return 3",
        r"metrics\(\) must return a dict, not 3",
    ),
    "NumPy's numbers": (
        "def metrics(self):\n    return {'a': np.float32(1)}",
        "a is .*1.0.*, not a plain number",
    ),
    "not finite": (
        "def metrics(self):\n    return {'a': float('nan')}",
        "a is nan, which is not finite",
    ),
    "sample": (
        "def sample(self):\n    return {'x': None}",
        r"sample\(\): x is None, not a plain number",
    ),
    "sample of several values": (
        "def sample(self):\n    return {'target': [1.0, None], 'prediction': [1.0, 2.0]}",
        r"sample\(\): target\[1\] is None, not a plain number",
    ),
    "sample of another kind": (
        "def sample(self):\n    return 3",
        r"sample\(\) must return a dict, not 3",
    ),
    "list that is no value": (
        "def sample(self):\n    return {'x': [1.0]}",
        r"sample\(\): x is \[1.0\], not a plain number",
    ),
    "summary": ("def summary(self):\n    return {'a': 1}", r"summary\(\) must map str to str"),
    "other numbers each time": (
        "def metrics(self):\n    return {'a': next(COUNTER)}",
        "the same seed did not give the same",
    ),
    "state lacks something": (
        "def state(self):\n    return {'count': 0}",
        "did not continue like the saved one",
    ),
    "state is shared": (
        "def collect(self):\n    self.list.append(1)\n\n"
        "def state(self):\n    return {'count': self.count, 'list': self.list}",
        r"what state\(\) returned changed",
    ),
    "state cannot be saved": (
        "def state(self):\n    return {'a': [self]}",
        r"state\(\)\['a'\]\[0\] is a Own: it cannot be saved",
    ),
    "test trains": (
        "def test(self, net, iterations):\n    self.solver.step(1)\n    return {}",
        r"test\(\) changed the weights",
    ),
    "test uses the train net": (
        "def test(self, net, iterations):\n    self.prepare()\n    return {}",
        r"test\(\) changed the weights, the train net or the state",
    ),
    "test differs": (
        "def test(self, net, iterations):\n    return {'a': next(COUNTER)}",
        "different metrics the second time",
    ),
}


@pytest.mark.parametrize(("own", "message"), FAULTS.values(), ids=FAULTS)
def test_faults(tmp_path, own, message):
    with pytest.raises(AssertionError, match=message):
        check(tmp_path, own)


def test_what_differs_after_load_state_is_said_with_later_findings(tmp_path):
    own = """
def load_state(self, state):
    self.count = state["count"] + 1

def test(self, net, iterations):
    return {"loss": float(next(COUNTER))}
"""
    with pytest.raises(AssertionError) as caught:
        check(tmp_path, own)
    first, second = str(caught.value).splitlines()
    assert "did not continue like the saved one: after update 6, metrics()['count']" in first
    assert first.endswith("is 7.0, not 6.0")
    assert "test() returned different metrics the second time: loss is 1.0, not 0.0" in second


def test_a_best_metric_that_is_none_of_the_metrics(tmp_path):
    with pytest.raises(AssertionError, match='best_metric is "cout".*did you mean "count"'):
        check(tmp_path, 'best_metric = "cout"')
