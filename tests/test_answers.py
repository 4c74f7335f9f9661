"""What a trainer's methods return is checked when it is used, and the method is named."""

from __future__ import annotations

import math

import pytest

from mycaffe_py import Gym, Trainer, get_solver
from mycaffe_py.errors import ConfigError, DataError
from mycaffe_py.run.best import BestWeights

MODEL = """
layer { name: "data" type: "Input" top: "x" top: "target"
  input_param { shape { dim: 1 dim: 3 dim: 1 } shape { dim: 1 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "xhat" inner_product_param { num_output: 1 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }
"""
SOLVER = """type: "SGD" base_lr: 0.1 lr_policy: "fixed" max_iter: 20 test_iter: 1 test_interval: 2
trainer { type: "Repeat" gym { type: "Ramp" } }"""


class Ramp(Gym):
    """Counts up; ``at`` may be replaced by what is wrong."""

    type = "Ramp"
    state_names = ("at",)
    at = 0
    bad = None

    def reset(self, *, seed=None, options=None):
        self.at = 0
        return self.latest()

    def step(self, action=None):
        self.at += 1
        return (*self.latest()[:1], 0.0, False, False, {"x": float(self.at)})

    def latest(self):
        values = [float(k) for k in range(self.at + 1)]
        if type(self).bad and self.at > 4:
            return type(self).bad(self, values), {"x": float(self.at)}
        return self.observation(values, values), {"x": float(self.at)}


def solver_with(tmp_path, bad=None, **methods):
    (tmp_path / "s.prototxt").write_text(SOLVER)
    (tmp_path / "n.prototxt").write_text(MODEL)

    def prepare(self):
        self.gyms.advance(self.solver.net)

    def init(self, solver, param, **more):
        Trainer.__init__(self, solver, param, **more)
        self.gyms = self.gym_batch(solver.net)

    ramp = type("Ramp", (Ramp,), {"bad": bad, "__module__": __name__})
    plain = {"type": "Repeat", "prepare": prepare, "__init__": init, "test": lambda *_: {"a": 1.0}}
    trainer = type("Repeat", (Trainer,), {**plain, **methods, "__module__": __name__})
    files = tmp_path / "s.prototxt", tmp_path / "n.prototxt"
    return get_solver(*files, plugins=[ramp, trainer], seed=1)


def listened(solver):
    solver.listeners.append(lambda event: None)
    return solver


@pytest.mark.parametrize(
    ("methods", "words"),
    [
        ({"metrics": lambda self: {"a": "x"}}, r"trainer Repeat: metrics\(\): a is 'x', not a num"),
        ({"metrics": lambda self: None}, r"trainer Repeat: metrics\(\): returned None, not a dict"),
        ({"metrics": lambda self: {1: 2.0}}, r"metrics\(\): the name 1 is not a text"),
        ({"sample": lambda self: {"target": 1.0, "prediction": 1.0}}, r'sample\(\).* no "x"'),
        ({"sample": lambda self: [1]}, r"sample\(\): returned \[1\], not a dict"),
        ({"test": lambda *_: None}, r"trainer Repeat: test\(\): returned None, not a dict"),
        ({"test": lambda *_: 3}, r"trainer Repeat: test\(\): returned 3, not a dict"),
    ],
)
def test_wrong_answers(tmp_path, methods, words):
    with pytest.raises(DataError, match=words):
        listened(solver_with(tmp_path, **methods)).step(3)


@pytest.mark.parametrize("state", [None, [1]])
def test_a_wrong_state_is_refused_when_it_is_saved(tmp_path, state):
    solver = solver_with(tmp_path, state=lambda self: state)
    solver.step(1)
    with pytest.raises(DataError, match=r"trainer Repeat: state\(\): returned"):
        solver.snapshot(tmp_path / "snap")


def test_a_best_metric_that_is_not_among_the_metrics(tmp_path):
    solver = solver_with(tmp_path, best_metric="abs_eror", metrics=lambda self: {"abs_error": 1.0})
    solver.listeners.append(BestWeights.for_run(solver, solver.trainer).listener)
    with pytest.raises(ConfigError, match=r'"abs_eror".*did you mean "abs_error"'):
        solver.step(1)


def test_an_output_may_be_the_best_metric(tmp_path):
    solver = solver_with(tmp_path, metrics=lambda self: {"a": 1.0})
    best = BestWeights.for_run(solver, solver.trainer)
    solver.listeners.append(best.listener)
    solver.step(5)
    assert best.iteration > 0


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (lambda self, values: self.observation([math.nan] * len(values), values), '"x"'),
        (lambda self, values: self.observation(values, [math.inf] * len(values)), '"target"'),
    ],
)
def test_what_a_gym_gives_must_be_finite(tmp_path, bad, words):
    solver = solver_with(tmp_path, bad)
    with pytest.raises(DataError, match=f"gym Ramp gave NaN or infinity in {words}"):
        solver.step(9)


def test_rows_of_x_and_target_that_differ(tmp_path):
    solver = solver_with(tmp_path, lambda self, values: self.observation(values, values[1:]))
    with pytest.raises(DataError, match="x of its observation has 6 rows, but target has 5"):
        solver.step(9)


def test_a_width_that_changes(tmp_path):
    solver = solver_with(
        tmp_path, lambda self, values: self.observation([[v, v] for v in values], values)
    )
    with pytest.raises(DataError, match=r"gym Ramp: x of the latest points is of shape \(3, 2\)"):
        solver.step(9)


def test_the_place_of_the_gym_is_part_of_the_state(tmp_path):
    first, second = solver_with(tmp_path), solver_with(tmp_path)
    first.step(4)
    state = first.trainer.gyms.state()
    second.trainer.gyms.load_state(state)
    assert second.trainer.gyms.x == first.trainer.gyms.x == 5.0
    old = {name: state[name] for name in ("gyms", "answers", "target", "begun")}
    second.trainer.gyms.load_state(old)
    assert second.trainer.gyms.x == 0.0
