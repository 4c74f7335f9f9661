"""A state that no snapshot could store is told before a training, not at its end."""

from __future__ import annotations

import re
import threading

import numpy as np
import pytest

from mycaffe_py import Gym, get_solver
from mycaffe_py.builder import build_training
from mycaffe_py.errors import MyCaffeError, PluginError
from mycaffe_py.layer import Layer
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.solver import LrPolicy
from mycaffe_py.trainer import GymTrainer
from mycaffe_py.weights import try_state

MODEL = """name: "tiny"
layer { name: "data" type: "Input" top: "x" top: "target"
  input_param { shape { dim: 2 dim: 3 dim: 1 } shape { dim: 2 dim: 1 } } }
layer { name: "copy" type: "LAYER" bottom: "x" top: "copied" }
layer { name: "fc" type: "InnerProduct" bottom: "copied" top: "xhat" inner_product_param { num_output: 1 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }
"""
SOLVER = """type: "SGD" base_lr: 0.01 lr_policy: "POLICY" max_iter: 4
trainer { type: "TRAINER" gym { type: "Ramp" } }
"""


class Ramp(Gym):
    """Counts up; its state changes from test to test."""

    type = "Ramp"

    def reset(self, *, seed=None, options=None):
        self.reseed(seed)
        self.at = 3 + (int(self.rng.integers(50)) if (options or {}).get("random_start") else 0)
        return self.latest()

    def step(self, action=None):
        self.at += 1
        observation, info = self.latest()
        return observation, 0.0, False, False, info

    def latest(self):
        values = [np.sin(k / 5) for k in range(self.at - 3, self.at)]
        return self.observation(values, values), {"x": float(self.at)}


class Named(Ramp):
    """Sets what it names in reset(), which is called for the first gym of a batch alone before a training."""

    state_names = ("at",)


class Copy(Layer):
    type = "Copy"

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = top[0].diff


class Feeder(GymTrainer):
    type = "Feeder"


class Rate(LrPolicy):
    type = "Rate"
    first = 0

    def check(self):
        self.current_step = self.first

    def rate(self, iteration):
        return 0.1

    def advance(self, iteration):
        self.current_step = self.step_at(iteration)

    def step_at(self, iteration):
        return iteration


def returning(value):
    return {"state": lambda self: value}


def raising(error):
    def state(self):
        raise error

    return {"state": state}


def endless():
    found = {}
    found["itself"] = found
    return found


def build(gym=Named, layer=None, trainer=None, policy=None, **more):
    """Build a training in which one plugin has these attributes."""
    made = [
        gym if isinstance(gym, type) else type("Ramp", (Ramp,), {"__module__": __name__, **gym})
    ]
    for base, own in ((Copy, layer), (Feeder, trainer), (Rate, policy)):
        made.append(type(base.__name__, (base,), {"__module__": __name__, **(own or {})}))
    solver = SOLVER.replace("POLICY", "Rate").replace("TRAINER", "Feeder")
    return made, {"solver": solver, "model": MODEL.replace("LAYER", "Copy"), "seed": 1, **more}


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Return a function that makes a session of a training with such plugins."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])

    def start(**plugins):
        classes, options = build(**plugins)
        training = build_training(plugins=classes, device="cpu", **options)
        return TrainingSession(training, RunDirectory.create("runs", "tiny"))

    return start


FAULTS = [
    ({"gym": {}}, 'E120.*gym Ramp has no state_names.*such as state_names = ."at",.; if none does'),
    ({"gym": {"state_names": "at"}}, r'E120.*Ramp.state_names must be a tuple, such as \("at",\)'),
    ({"gym": {"state_names": 3}}, "E120.*Ramp.state_names is 3, but must be a tuple"),
    ({"gym": {"state_names": ("att",)}}, 'E120.*state_names has "att".*did you mean "at"'),
    ({"gym": {"state_names": ("lock",), "lock": threading.Lock()}}, "E120.*lock is a lock, which state_names"),
    ({"gym": returning(None)}, r"E240.*gym Ramp: state\(\): returned None, not a dict"),
    ({"gym": returning({"seen": {1, 2}})}, 'E120.*state "trainer/state/gyms/gyms/0/seen" is a set'),
    ({"gym": raising(ValueError("not today"))}, "E121.*gym Ramp.*ValueError: not today"),
    ({"gym": raising(AttributeError("late"))}, "E121.*gym Ramp.*AttributeError: late"),
    ({"trainer": returning(None)}, r"E240.*trainer Feeder: state\(\): returned None"),
    ({"trainer": returning({"a": 1j})}, 'E120.*state "trainer/state/a" is a complex'),
    ({"trainer": returning(endless())}, 'E120.*state "trainer/state" contains itself'),
    ({"trainer": {"itself": endless(), "state_names": ("itself",)}}, "E240.*trainer Feeder.*contains itself"),
    ({"trainer": raising(KeyError("x"))}, "E121.*trainer Feeder.*KeyError: 'x'"),
    ({"layer": returning({1, 2})}, 'E120.*state "layers/copy" is a set'),
    ({"layer": returning(endless())}, 'E120.*state "layers/copy" contains itself'),
    ({"layer": raising(OSError("gone"))}, "E121.*layer \"copy\" .Copy..*OSError: gone"),
    ({"layer": {"state": lambda self: self.state()}}, r'E121.*layer "copy" \(Copy\): state\(\) never ends'),
    ({"policy": {"first": None, "advance": lambda self, iteration: None}}, 'E120.*"Rate": current_step is None'),
    *(
        ({"policy": {"step_at": lambda self, iteration, step=step: step}}, f'E120.*"Rate": current_step is {shown}')
        for step, shown in ((0.5, "0.5"), (-1, "-1"), (2**31, "2147483648"), ("a", "'a'"))
    ),
]  # fmt: skip


@pytest.mark.parametrize(("plugins", "words"), FAULTS)
def test_before_the_first_update(start, plugins, words):
    with pytest.raises(MyCaffeError) as caught:
        start(**plugins)
    text = f"{caught.value.code} {caught.value.message} {caught.value.hint or ''}".replace(
        "\n", " "
    )
    assert text[:4] != "E000"
    assert re.search(words, text), text


def test_what_only_an_update_sets_is_no_mistake(start):
    def collect(self):
        GymTrainer.collect(self)
        self.latest = [1.0]

    trainer = {"state_names": ("latest",), "collect": collect}
    layer = {
        "state": lambda self: {"n": self.passes + 1},
        "forward": lambda self, bottom, top: (
            setattr(self, "passes", 1),
            Copy.forward(self, bottom, top),
        )[0],
    }
    assert start(trainer=trainer, layer=layer).run().status == "done"


@pytest.mark.parametrize("error", [AttributeError("nowhere"), TypeError("None")])
def test_what_is_not_there_after_the_first_update_is_told_then(start, error):
    session = start(trainer=raising(error))
    with pytest.raises(MyCaffeError, match=f"trainer Feeder.*{error}") as caught:
        session.run()
    assert session.solver.iter == 1 and caught.value.code == "E121"


def test_a_gym_that_says_that_nothing_changes(start):
    class Still(Ramp):
        state_names = ()

        def step(self, action=None):
            observation, info = self.latest()
            return observation, 0.0, False, False, info

    assert start(gym=Still).run().status == "done"


def test_a_policy_whose_step_fails_later_stops_there(start):
    session = start(policy={"step_at": lambda self, i: i if i < 2 else None})
    with pytest.raises(PluginError, match="current_step is None"):
        session.run()
    assert session.solver.iter == 2


def test_in_python_before_solve_and_where_snapshots_are_due(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    classes, options = build(gym={})
    solver = get_solver(plugins=classes, **options)
    with pytest.raises(PluginError, match="gym Ramp has no state_names"):
        solver.solve()
    assert solver.iter == 0
    with pytest.raises(PluginError, match="gym Ramp has no state_names"):
        get_solver(plugins=classes, snapshot=2, **options)
    without = get_solver(plugins=classes, snapshot_after_train=False, **options)
    without.solve()
    assert without.iter == 4


def test_states_of_test_nets_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lock = threading.Lock()
    layer = {"state": lambda self: {"lock": lock} if self.phase else None}
    classes, options = build(layer=layer)
    options["solver"] += "test_iter: 1 test_interval: 2"
    solver = get_solver(plugins=classes, **options)
    with pytest.raises(PluginError, match='state "layers/copy/lock" is a lock'):
        try_state(solver)
    with pytest.raises(PluginError, match='layer "copy": .*cannot be copied: TypeError'):
        solver.step(1)


def test_gyms_that_have_not_begun_are_saved_as_the_first(tmp_path, monkeypatch):
    """The others of a batch have not been reset then, and will be."""
    monkeypatch.chdir(tmp_path)
    classes, options = build()
    solver = get_solver(plugins=classes, **options)
    state = solver.trainer.state()
    other = get_solver(plugins=classes, **options)
    other.trainer.load_state(state)
    solver.step(3)
    other.step(3)
    np.testing.assert_array_equal(other.net.parameters.data, solver.net.parameters.data)
