"""RNN.SUPER_SIMPLE looks ahead, the net feeding on its own predictions; statistics; training and tests apart."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device
from mycaffe_py.errors import ConfigError
from mycaffe_py.gym import Gym
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text, load_solver_text
from mycaffe_py.testing.trainers import check_trainer

# Two quantities and a gap; the second is large and hardly moves.
ROWS = "day,a,b\n" + "".join(
    f"{day},{'' if day == 9 else day % 5},{1000 + day % 3 / 10:.1f}\n" for day in range(40)
)
MODEL = """
name: "two"
layer { name: "data" type: "Input" top: "x" top: "tt" top: "mask" top: "target"
  input_param { shape { dim: 4 dim: 6 dim: 5 } shape { dim: 4 dim: 6 dim: 1 }
                shape { dim: 4 dim: 6 dim: 5 } shape { dim: 4 dim: 2 } } }
layer { name: "scale" type: "Standardize" bottom: "x" bottom: "mask" top: "inputs" top: "level"
  param { name: "m" } param { name: "d" } standardize_param { columns: 2 relative_columns: 2 } }
layer { name: "cfc" type: "CFC" bottom: "inputs" bottom: "tt" bottom: "mask" top: "change"
  cfc_param { hidden_size: 6 output_features: 2 } cfc_unit_param { backbone_units: 5 } }
layer { name: "back" type: "Standardize" bottom: "change" bottom: "level" top: "xhat"
  param { name: "m" } param { name: "d" } standardize_param { columns: 2 relative_columns: 2 inverse: true } }
layer { name: "quiet" type: "Silence" bottom: "xhat" }
layer { name: "right" type: "Standardize" bottom: "target" bottom: "level" top: "wanted"
  param { name: "m" } param { name: "d" } standardize_param { columns: 2 relative_columns: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "change" bottom: "wanted" top: "loss" }
"""
SOLVER = """
type: "AdamW" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 momentum2: 0.95 max_iter: 20
trainer { type: "TYPE" gym { type: "Series"
  series_param { csv_file: "data.csv" window: 5 horizon: 3 period: 15 } } }
"""


@pytest.fixture
def series(registry, tmp_path, monkeypatch):
    """Build a training on two columns of a CSV file in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(ROWS)

    def build(type="RNN.SUPER_SIMPLE", model=MODEL, **options):
        return build_training(
            solver=load_solver_text(registry.schema, SOLVER.replace("TYPE", type)),
            model=load_net_text(registry.schema, model),
            registry=registry,
            device=Device(),
            seed=1,
            **options,
        )

    return build


def test_a_window_longer_than_the_nets_sequences_is_told(series):
    longer = ["solver.trainer.gym.series_param.window=8"]
    with pytest.warns(
        UserWarning, match='gym Series gives 9 points, of which the net uses the latest 6.* "x"'
    ):
        series(overrides=longer)


def test_a_live_view_gets_every_quantity_by_its_name(series):
    training = series()
    training.solver.step(3)
    sample, info = training.trainer.sample(), training.trainer.sample_info()
    assert sample.keys() == {"x", "target", "prediction"}  # x is the time
    assert sample["prediction"] == training.net.blobs["xhat"].data[0].tolist()
    a, b = sample["target"]
    assert a in range(5) and 1000 <= b <= 1000.2
    assert info == {"names": ["a", "b"], "x_name": "day", "dates": False, "tolerance": 0.005}


def test_several_quantities_are_trained_and_forecast(series):
    training = series()
    training.solver.step(15)
    forecast = training.trainer.forecast(training.net, 7)
    assert forecast.times.tolist() == list(range(40, 47))
    assert forecast.predictions.shape == forecast.targets.shape == (7, 2)
    assert forecast.names == ("a", "b") and not forecast.has_truth
    # Both come back in their own units.
    assert np.abs(forecast.predictions[:, 1] - 1000).max() < 5
    assert np.abs(forecast.predictions[:, 0]).max() < 20


def test_the_truth_stands_beside_it(series):
    training = series()
    forecast = training.trainer.forecast(training.net, 4, start="37")
    np.testing.assert_allclose(forecast.targets[:2], [[3, 1000.2], [4, 1000.0]])
    assert np.isnan(forecast.targets[2:]).all()
    assert set(forecast.mean_errors()) == {"a", "b"}


def test_it_neither_trains_nor_disturbs_training(series):
    training, other = series(), series()
    for each in (training, other):
        each.solver.step(3)
    training.trainer.forecast(training.net, 5)
    for each in (training, other):
        each.solver.step(3)
    np.testing.assert_array_equal(training.net.parameters.data, other.net.parameters.data)


def test_it_is_the_same_twice_and_by_way_of_the_dual_trainer(series):
    training, dual = series(), series("MyCaffeTrainerDual")
    first, second, third = (
        each.trainer.forecast(each.net, 5).predictions for each in (training, training, dual)
    )
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)


def test_the_gym_sets_the_statistics_once(series):
    training = series()
    mean, deviation = (blob.data.copy() for blob in training.net.params["scale"])
    found = training.trainer.gyms.gyms[0].statistics()
    np.testing.assert_allclose(mean, found["mean"][:2], rtol=1e-6)
    np.testing.assert_allclose(deviation, found["relative_deviation"][:2], rtol=1e-6)
    training.solver.step(5)
    np.testing.assert_array_equal(training.net.params["scale"][0].data, mean)


def test_statistics_of_the_weights_win(series, tmp_path):
    training = series()
    training.net.params["scale"][1].data[...] = 7
    training.net.save(tmp_path / "w.caffemodel")
    again = series(weights=[tmp_path / "w.caffemodel"])
    assert again.net.params["back"][1].data.tolist() == [7, 7]


def test_a_test_sees_what_training_does_not(series):
    training = series()
    net = Net(training.model, TEST, registry=training.registry, device=training.device)
    net.share_with(training.net)
    asked = []
    training.trainer.gym_batch, new = (
        lambda *given: asked.append(new(*given)) or asked[-1],
        training.trainer.gym_batch,
    )
    found = training.trainer.test(net, 6)
    assert np.isfinite(list(found.values())).all()
    rows = [gym.state()["origin"] + gym.state()["ahead"] for gym in asked[0].gyms]
    assert min(rows) >= 32


def test_a_short_file_is_enough_to_forecast_from_and_not_to_train_on(series, tmp_path):
    (tmp_path / "data.csv").write_text("day,a,b\n5,1,1000\n7,2,1000\n")
    training = series(phase="TEST")
    forecast = training.trainer.forecast(training.net, 3)
    assert forecast.times.tolist() == [9, 11, 13] and np.isfinite(forecast.predictions).all()
    with pytest.raises(ConfigError, match="no row to learn from"):
        series()


def test_it_keeps_the_contract_of_trainers(series, registry):
    check_trainer(SOLVER.replace("TYPE", "RNN.SUPER_SIMPLE"), MODEL, registry)


def test_a_wrong_shape_is_told_with_the_right_one(series):
    with pytest.raises(ConfigError) as caught:
        series(model=MODEL.replace("dim: 6 dim: 5", "dim: 6 dim: 3"))
    assert "gym Series gives 30 values of x" in str(caught.value)
    assert "change the shape of x in the model, to (4, 6, 5) for example" in str(caught.value)


class Line(Gym):
    """y = x; what comes later is not known."""

    type = "Line"

    def __init__(self, param, *, base_dir=None, seed=0):
        super().__init__(param, base_dir=base_dir, seed=seed)
        self.values, self.given = [], []

    def _result(self):
        column = np.array(self.values[-4:], dtype=np.float64).reshape(-1, 1)
        observation = {
            "x": column,
            "tt": column[:, 0],
            "mask": np.ones_like(column),
            "target": column,
        }
        return observation, {"time": float(len(self.values))}

    def reset(self, *, seed=None, options=None):
        self.values = [1.0]
        return self._result()

    def step(self, action=None):
        self.values.append(self.values[-1] + 1)
        observation, info = self._result()
        return observation, 0.0, False, False, info

    def look_ahead(self, prediction=None):
        self.given.append(None if prediction is None else np.array(prediction))
        if prediction is not None:
            self.values[-1] = float(prediction[0])
        self.values.append(0.0)
        return self._result()


class Blind(Line):
    """Looks at nothing ahead."""

    type = "Blind"
    look_ahead = Gym.look_ahead


def with_gym(registry, texts, cls):
    solver, model = texts(steps=4)
    param = load_solver_text(registry.schema, solver)
    param.message.trainer.gym.type = cls.type
    return build_training(
        solver=param,
        model=load_net_text(registry.schema, model),
        registry=registry,
        device=Device(),
        seed=1,
    )


@pytest.fixture
def with_lines(registry, monkeypatch, texts):
    find = registry.gyms.find
    own = {cls.type: cls for cls in (Line, Blind)}
    monkeypatch.setattr(registry.gyms, "find", lambda name: own.get(name) or find(name))
    return lambda cls: with_gym(registry, texts, cls)


def test_any_gym_that_looks_ahead_gets_the_predictions(with_lines, monkeypatch):
    training = with_lines(Line)
    gyms = []
    monkeypatch.setattr(Line, "close", lambda self: gyms.append(self))
    with pytest.warns(UserWarning, match=r'gym Line: look_ahead\(\) gave no info\["target"\]'):
        forecast = training.trainer.forecast(training.net, 3)
    assert forecast.times.tolist() == [5, 6, 7] and forecast.names == ("y",)
    given = gyms[0].given
    assert given[0] is None
    np.testing.assert_array_equal(given[1:], forecast.predictions[:2])
    assert np.isnan(forecast.targets).all()
    # What the gym showed before stands for what it does not tell.
    assert forecast.value.ravel().tolist() == [1, 2, 3, 4]


def test_a_gym_that_does_not_look_ahead(with_lines):
    training = with_lines(Blind)
    with pytest.raises(ConfigError, match="gym Blind cannot look ahead"):
        training.trainer.forecast(training.net, 3)


def test_a_gym_that_takes_no_start(with_lines):
    training = with_lines(Line)
    with pytest.raises(ConfigError, match="gym Line starts where its settings say"):
        training.trainer.forecast(training.net, 3, start="7")
