"""RNN.SUPER_SIMPLE and MyCaffeTrainerDual: what they do in each update."""

from __future__ import annotations

import contextlib
import math
import re

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.errors import DataError, PrototxtError
from mycaffe_py.events import StepDone
from mycaffe_py.gym import Gym
from mycaffe_py.plugins import load_registry, with_plugins
from mycaffe_py.schema import load_net_text, load_solver_text
from mycaffe_py.seeding import gym_seed
from mycaffe_py.testing.trainers import check_trainer

from .watching import DEGREE, gyms, inner, spy

# The contract, by the public checker.


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"batch": 3, "curve": "random_start: true input: Y noise: 0.1"},
        {"type": "MyCaffeTrainerDual"},
        {"solver": "iter_size: 2", "curve": "curve: RANDOM drop_ratio: 0.3 jitter: 0.5"},
        {"dropout": 0.5, "batch": 2},
        {"steps": 1, "curve": "history: 1"},
    ],
    ids=["plain", "batch", "dual", "iter_size", "dropout", "one point"],
)
def test_contract(texts, registry, settings):
    check_trainer(*texts(**settings), registry=registry)


# The seven steps.


@pytest.mark.parametrize(
    "type_name", ["RNN.SUPER_SIMPLE", "RNN.SUPER.SIMPLE", "MyCaffeTrainerDual"]
)
@pytest.mark.parametrize("passes", [1, 2])
def test_passes_and_gym_steps_of_each_update(build, type_name, passes):
    training = build(type=type_name, solver=f"iter_size: {passes}")
    counts = {"forward": 0, "backward": 0}

    def count(kind):
        counts[kind] += 1

    training.net.before_forward(lambda index: index == 0 and count("forward"))
    training.net.before_backward(lambda index: index == 0 and count("backward"))
    calls = spy(gyms(training)[0])
    training.solver.step(1)
    warm_up = 3
    assert counts == {"forward": passes, "backward": passes}
    assert len(calls) == warm_up + passes - 1
    training.solver.step(4)
    assert counts == {"forward": 5 * passes, "backward": 5 * passes}
    assert len(calls) == warm_up + 5 * passes - 1
    assert calls[:warm_up] == [None] * warm_up
    assert all(action is not None for action in calls[warm_up:])
    assert inner(training).figures.count == 5 * passes


def test_the_prediction_from_before_the_update_reaches_the_gym(build):
    training = build()
    calls = spy(gyms(training)[0])
    before = []
    for _ in range(4):
        training.solver.step(1)
        blobs = training.net.blobs
        before.append(blobs["xhat"].data.copy())
        weights = training.net.parameters.data.copy()
        training.net.forward()
        assert not np.array_equal(blobs["xhat"].data, before[-1])  # the weights have moved on
        assert np.array_equal(weights, training.net.parameters.data)
    answers = [call for call in calls if call is not None]
    assert len(answers) == 3  # the last one goes with the next update
    assert np.array_equal(np.ravel(answers), np.ravel(before[:3]).astype(float))
    seen = gyms(training)[0].curve_points()["prediction"]
    assert np.isnan(seen[:3]).all()
    assert np.array_equal(seen[3:6], np.ravel(answers))


def test_what_the_blobs_hold(build):
    training = build()
    for update in range(3):
        training.solver.step(1)
        blobs = training.net.blobs
        x = (np.arange(4) + update) * DEGREE
        assert blobs["x"].data.ravel() == pytest.approx(x, rel=1e-6)
        assert blobs["tt"].data.ravel() == pytest.approx(x / 360, rel=1e-6)
        assert (blobs["mask"].data == 1).all()
        assert blobs["target"].data.item() == pytest.approx(math.sin(x[-1]), rel=1e-6)
        assert training.trainer.sample() == {
            "x": pytest.approx(x[-1]),
            "time": pytest.approx(x[-1] / 360),
            "target": [pytest.approx(math.sin(x[-1]))],
            "prediction": [blobs["xhat"].data.item()],
        }


def test_warm_up_counts_no_updates(build):
    training = build(steps=50)
    training.solver.step(1)
    assert (training.solver.iter, training.trainer.figures.count) == (1, 1)
    assert len(gyms(training)[0].curve_points()["x"]) == 50


def test_events_of_a_run(build):
    training, events = build(), []
    training.solver.listeners.append(events.append)
    training.solver.step(3)
    steps = [event for event in events if isinstance(event, StepDone)]
    assert [event.iteration for event in steps] == [1, 2, 3]
    for event in steps:
        assert {"loss", "accuracy", "baseline_accuracy", "mean_abs_error"} <= set(event.metrics)
        assert set(event.sample) == {"x", "time", "target", "prediction"}


def test_a_live_view_gets_labels_and_the_gyms_picture(build, monkeypatch):
    for type_name in ("RNN.SUPER_SIMPLE", "MyCaffeTrainerDual"):
        training = build(type=type_name)
        info = training.trainer.sample_info()
        assert info == {"names": ["y"], "x_name": "x (radians)", "tolerance": 0.005}
        assert training.trainer.frame() is None
        picture = np.zeros((2, 2, 3), np.uint8)
        monkeypatch.setattr(gyms(training)[0], "frame", lambda picture=picture: picture)
        assert training.trainer.frame() is picture


# Batches.


def test_each_of_a_batch_has_a_gym_and_a_seed_of_its_own(build):
    training = build(batch=4, curve="random_start: true")
    training.solver.step(2)
    rows = training.net.blobs["x"].data.reshape(4, 4)
    assert len({row.tobytes() for row in rows}) == 4
    assert [gym.seed for gym in gyms(training)] == [gym_seed(1, index) for index in range(4)]
    assert "4 gyms" in training.trainer.summary()["gym"]
    assert "1 gym," in build().trainer.summary()["gym"]


def test_a_gym_of_the_run_goes_as_one_alone_with_its_seed(build, registry):
    training = build(batch=2, curve="curve: RANDOM random_start: true")
    training.solver.step(3)
    param = training.solver_document.message.trainer.gym
    gym = registry.gyms.find("Curve")(param, seed=gym_seed(1, 1))
    observation, _ = gym.reset(seed=gym_seed(1, 1))
    for _ in range(5):
        observation = gym.step(None)[0]
    assert training.net.blobs["x"].data[1].ravel() == pytest.approx(observation["x"][-4:].ravel())
    assert training.net.blobs["target"].data[1].item() == pytest.approx(
        observation["target"][-1, 0]
    )


def test_the_first_gym_of_a_batch_starts_as_set_and_the_others_at_random(build):
    training, again, alone = build(batch=3), build(batch=3), build(batch=1)
    for each in (training, again, alone):
        each.solver.step(2)
    rows = training.net.blobs["x"].data.reshape(3, 4)
    assert (rows[0] == alone.net.blobs["x"].data.reshape(4)).all()
    assert len({row[0] for row in rows.tolist()}) == 3
    assert (rows == again.net.blobs["x"].data.reshape(3, 4)).all()


# Figures.


@pytest.mark.parametrize(("window", "tolerance"), [(100, 0.005), (3, 0.2)])
def test_figures_of_a_run(build, window, tolerance):
    settings = f"rnn_simple_param {{ accuracy_window: {window} accuracy_tolerance: {tolerance} }}"
    training = build(trainer=settings)
    errors, baseline = [], []
    for update in range(7):
        training.solver.step(1)
        x = (3 + update) * DEGREE
        prediction = float(training.net.blobs["xhat"].data.item())
        errors.append(abs(prediction - math.sin(x)))
        baseline.append(abs(math.sin(x - DEGREE) - math.sin(x)))
        seen, seen_baseline = errors[-window:], baseline[-window:]
        assert training.trainer.metrics() == pytest.approx(
            {
                "accuracy": np.mean([error < tolerance for error in seen]),
                "baseline_accuracy": np.mean([error < tolerance for error in seen_baseline]),
                "mean_abs_error": np.mean(seen),
                "baseline_mean_abs_error": np.mean(seen_baseline),
                "abs_error": errors[-1],
            },
            rel=1e-9,
        )


def test_baseline_of_a_gym_that_shows_one_point(build):
    training = build(steps=1, curve="history: 1 step: 0.5")
    training.solver.step(3)
    wanted = [0, math.sin(0.5), math.sin(1.0) - math.sin(0.5)]
    assert training.trainer.metrics()["baseline_mean_abs_error"] == pytest.approx(np.mean(wanted))


# Roles.

DENSE = """
name: "dense"
layer { name: "data" type: "Input" top: "values" top: "target"
  input_param { shape { dim: 1 dim: 4 } shape { dim: 1 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "values" top: "xhat"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }
"""


def test_tt_and_mask_are_optional_and_blobs_have_any_name(build):
    training = build(net=DENSE, trainer='blob_names { x: "values" }')
    training.solver.step(2)
    x = (np.arange(4) + 1) * DEGREE
    assert training.net.blobs["values"].data.ravel() == pytest.approx(x, rel=1e-6)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ('x: "values" mask: "mask"', 'mask is blob "mask", but net "dense" has no such blob'),
        ("", 'x is blob "x", but net "dense" has no such blob'),
        ('x: "values" target: "loss"', 'but blob "loss" is ()'),
        (
            'x: "loss"',
            'blob "loss" is (), expected (batch, steps, features), to be filled by a gym',
        ),
    ],
)
def test_roles_that_do_not_fit(build, names, message):
    with pytest.raises(PrototxtError) as caught:
        build(net=DENSE, trainer=f"blob_names {{ {names} }}")
    assert message in caught.value.problems[0].message


def test_one_mask_for_all_features(build):
    net = """
    name: "two"
    layer { name: "data" type: "Input" top: "x" top: "mask" top: "target" input_param {
      shape { dim: 1 dim: 4 dim: 2 } shape { dim: 1 dim: 4 dim: 1 } shape { dim: 1 dim: 1 } } }
    layer { name: "fc" type: "InnerProduct" bottom: "x" top: "xhat"
      inner_product_param { num_output: 1 } }
    layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }
    layer { name: "end" type: "Silence" bottom: "mask" }
    """
    training = build(net=net, curve="input: X_AND_Y")
    training.solver.step(1)
    assert training.net.blobs["mask"].data.ravel().tolist() == [1, 1, 1, 1]


# The end of a gym.


def test_a_gym_that_ends_begins_again(build, tmp_path):
    (tmp_path / "own.csv").write_text("y\n" + "".join(f"{index}\n" for index in range(6)))
    training = build(curve=f"curve: CSV_FILE csv_file: '{tmp_path / 'own.csv'}'")
    targets = []
    for _ in range(8):
        training.solver.step(1)
        targets += training.trainer.sample()["target"]
    assert targets == [3, 4, 5, 3, 4, 5, 3, 4]
    assert training.trainer.figures.count == 8


# Dual.


def test_dual_runs_the_trainer_that_it_names(build):
    dual, direct = build(type="MyCaffeTrainerDual"), build()
    assert dual.trainer.best_metric == direct.trainer.best_metric
    for training in (dual, direct):
        training.solver.step(3)
    assert dual.net.parameters.data.tobytes() == direct.net.parameters.data.tobytes()
    assert dual.trainer.metrics() == direct.trainer.metrics()
    assert dual.trainer.sample() == direct.trainer.sample()
    assert dual.trainer.sample_info() == direct.trainer.sample_info()
    assert dual.trainer.summary()["trainer"].startswith("MyCaffeTrainerDual -> RNN.SUPER_SIMPLE,")
    dual.trainer.close()


# Gyms that break the contract.

BAD_GYM = """
import numpy as np
from mycaffe_py import Gym, hookimpl

class Bad(Gym):
    type = "Bad"

    def reset(self, *, seed=None, options=None):
        good = {{"x": np.ones((9, 1)), "tt": np.ones(9), "mask": np.ones((9, 1)), "target": np.ones((9, 1))}}
        return {observation}, {{}}

@hookimpl
def mycaffe_gyms():
    return [Bad]
"""


@pytest.mark.parametrize(
    ("observation", "message"),
    [
        ("{}", "x of its observation is missing"),
        ("None", "x of its observation is missing"),
        ('{**good, "x": np.ones(9)}', "x of its observation is of shape (9,)"),
        ('{**good, "target": 1.0}', "target of its observation is of shape ()"),
        ('{k: v for k, v in good.items() if k != "mask"}', "mask of its observation is missing"),
        ('{**good, "tt": np.ones(0)}', "tt of its observation is of shape (0,)"),
    ],
)
def test_gyms_that_give_something_else(texts, tmp_path, observation, message):
    from mycaffe_py.builder import build_training

    path = tmp_path / "bad.py"
    path.write_text(BAD_GYM.format(observation=observation))
    registry = load_registry([str(path)])
    solver, model = texts()
    with pytest.raises(PrototxtError) as caught:
        build_training(
            solver=load_solver_text(registry.schema, solver.replace('"Curve"', '"Bad"')),
            model=load_net_text(registry.schema, model),
            registry=registry,
            seed=1,
        )
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.code == DataError.code


class Alike(Gym):
    """Gyms of a batch that all begin at the same place, unless the option random_start is heard."""

    type = "AlikeInTests"
    hears = False
    point = 0

    def reset(self, *, seed=None, options=None):
        self.reseed(seed)
        anywhere = self.hears and (options or {}).get("random_start")
        self.point = int(self.rng.integers(100, 200)) if anywhere else 0
        return self.latest(), {}

    def step(self, action=None):
        self.point += 1
        return self.latest(), 0.0, False, False, {}

    def latest(self):
        return self.observation(np.arange(self.point + 1), np.arange(self.point + 1))


@pytest.mark.parametrize("hears", [False, True])
def test_a_batch_of_gyms_that_are_all_the_same_is_told(texts, monkeypatch, hears):
    monkeypatch.setattr(Alike, "hears", hears)
    solver, model = texts(batch=3)
    solver = re.sub(
        r'type: "Curve".*?curve_param \{[^}]*\}', 'type: "AlikeInTests"', solver, flags=re.S
    )
    registry = with_plugins(Alike)
    training = build_training(
        solver=load_solver_text(registry.schema, solver),
        model=load_net_text(registry.schema, model),
        registry=registry,
        seed=1,
    )
    told = contextlib.nullcontext()
    if not hears:
        told = pytest.warns(UserWarning, match="all 3 gyms of the batch begin with the same points")
    with told:
        training.solver.step(1)
