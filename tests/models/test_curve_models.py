"""The shipped curve models learn a curve: with their weights frozen they know it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mycaffe_py import TEST, Net, get_solver
from mycaffe_py.builder.checking import check_files

EXAMPLES = Path(__file__).parents[2] / "examples" / "curve"
SOLVERS = {"Follow": "curve_follow.prototxt", "Forecast": "curve_forecast.prototxt"}
STEPS = 20

pytestmark = pytest.mark.slow  # nets that are really trained


def trained(solver, updates, *settings):
    """Return a solver after so many updates, with its learning rate down to 0, and its test net."""
    overrides = [f"solver.max_iter={updates}", *settings]
    solver = get_solver(solver, seed=2, device="cpu", overrides=overrides)
    solver.step(updates)
    net = Net(solver.net.document, TEST)
    net.share_trained_layers_with(solver.net)
    return solver, net


def test_following():
    solver, net = trained("curve_follow.prototxt", 500)
    found = solver.trainer.test(net, 90)
    assert found["mean_abs_error"] < 0.006 < found["baseline_mean_abs_error"]


@pytest.fixture(scope="module")
def forecaster():
    """A smaller net on shorter windows, trained for a second."""
    shapes = [f"data.input_param.shape.{index}.dim.1={STEPS}" for index in range(3)]
    settings = [
        *shapes,
        f"last.slice_param.slice_point.0={STEPS - 1}",
        "cfc1.cfc_param.hidden_size=32",
        "solver.base_lr=0.006",
        "solver.power=1",
    ]
    return trained("curve_forecast.prototxt", 600, *settings)


def test_forecasting(forecaster):
    solver, net = forecaster
    found = solver.trainer.test(net, 90)
    assert found["mean_abs_error"] < 0.006 < found["baseline_mean_abs_error"]
    assert found["accuracy"] > 2 * found["baseline_accuracy"]


def test_going_on_from_its_own_predictions(forecaster):
    solver, net = forecaster
    gym = solver.trainer.gyms.gyms[0]
    state = gym.state()
    observation, _ = gym.look_ahead()
    errors, changes = [], []
    for _ in range(25):
        for name in ("x", "tt", "mask"):
            net.blobs[name].data[...] = np.reshape(observation[name][-STEPS:], (STEPS, 1))
        net.forward()
        prediction = net.blobs["xhat"].data[0, 0]
        errors.append(abs(prediction - observation["target"][-1, 0]))
        changes.append(abs(observation["target"][-1, 0] - observation["target"][-26, 0]))
        observation, _ = gym.look_ahead(prediction)
    gym.load_state(state)
    assert np.mean(errors) < 0.5 * np.mean(changes)


@pytest.mark.parametrize("name", ["FollowLstm", "FollowLinear", "ForecastLstm", "ForecastLinear"])
def test_an_example_trains_with_the_shipped_solver(name, registry):
    path = EXAMPLES / f"{name}.prototxt"
    assert check_files([str(path)], registry) == []
    solver = get_solver(
        SOLVERS[name.removesuffix("Lstm").removesuffix("Linear")], model=path, seed=1
    )
    before = solver.net.parameters.data.copy()
    solver.step(2)
    assert np.isfinite(solver.loss) and (solver.net.parameters.data != before).any()
