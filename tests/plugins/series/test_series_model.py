"""The Series gym fits a model to its settings: any file with the shipped model, in one block of the solver file."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from mycaffe_py.builder import build_training
from mycaffe_py.cli.app import app
from mycaffe_py.errors import PrototxtError

SOLVER = """
net: "{model}" type: "AdamW" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 momentum2: 0.99 max_iter: 3
trainer {{
  type: "RNN.SUPER_SIMPLE" {blobs}
  gym {{ type: "Series" series_param {{ csv_file: "data.csv" {text} }} }}
}}
"""
SETTINGS = 'input_column: "c" window: 7 horizon: 4 period: 24 fit_model: true'


@pytest.fixture
def write(tmp_path):
    """Return a function: settings of the gym and of the solver -> path of a solver file beside its data."""
    rng = np.random.default_rng(1)
    rows = [f"{t},{np.sin(t)},{np.cos(t)},{t % 2}" for t in np.cumsum(rng.random(60)).round(3)]
    (tmp_path / "data.csv").write_text("time,a,b,c\n" + "\n".join(rows) + "\n")

    def make(text=SETTINGS, model="SeriesStandardized.prototxt", blobs=""):
        path = tmp_path / "solver.prototxt"
        path.write_text(SOLVER.format(model=model, text=text, blobs=blobs))
        return path

    return make


def test_the_shipped_model_takes_several_values_inputs_and_periods(write):
    training = build_training(solver=write(), device="cpu", seed=1)
    blobs = training.net.device_blobs
    shapes = {name: blobs[name].shape for name in ("x", "tt", "mask", "target", "xhat")}
    # a, b, the input c, how far ahead, sine and cosine
    assert shapes == {
        "x": (32, 8, 6),
        "tt": (32, 8, 1),
        "mask": (32, 8, 6),
        "target": (32, 2),
        "xhat": (32, 2),
    }
    layer = training.net.layer_dict["standardize"]
    assert (layer.columns, layer.relative) == (3, 2)
    training.solver.step(2)
    assert np.isfinite(training.solver.loss)


@pytest.mark.slow
def test_a_run_saves_the_fitted_model_and_forecasts(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--solver", str(write()), "--device", "cpu", "--seed", "1", "--run-dir", "run", "-q"]
    assert CliRunner().invoke(app, ["train", *options]).exit_code == 0
    assert "dim: 8" in (tmp_path / "run" / "model.prototxt").read_text()
    options = ["--weights", "run/last.caffemodel", "--steps", "6", "--device", "cpu"]
    done = CliRunner().invoke(app, ["predict", *options])
    assert done.exit_code == 0, done.output
    table = (tmp_path / "forecast.csv").read_text().splitlines()
    assert table[0] == "time,a,b" and len(table) == 7


def test_blobs_of_other_names_and_one_shape_for_all(write, tmp_path):
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "in" type: "Input" top: "values" top: "tt" top: "right"\n'
        "  input_param { shape { dim: 4 dim: 1 } } }\n"
        'layer { name: "cfc" type: "CFC" bottom: "values" bottom: "tt" top: "xhat"\n'
        "  cfc_param { hidden_size: 5 output_features: 1 } cfc_unit_param { backbone_units: 4 } }\n"
        'layer { name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "right" top: "loss" }\n'
    )
    path = write(model="net.prototxt", blobs='blob_names { x: "values" target: "right" }')
    training = build_training(solver=path, device="cpu", seed=1)
    blobs = training.net.device_blobs
    assert [blobs[name].shape for name in ("values", "tt", "right")] == [
        (4, 8, 6),
        (4, 8, 1),
        (4, 2),
    ]


def test_without_fit_model_the_file_counts_and_the_message_says_what_to_do(write):
    unfitted = write(SETTINGS.replace("fit_model: true", ""))
    with pytest.raises(PrototxtError, match=r"gives 2 values of target.*\(32, 1\)") as caught:
        build_training(solver=unfitted, device="cpu", seed=1)
    assert "set series_param.fit_model: true" in caught.value.problems[0].hint


def test_a_wrong_setting_is_shown_where_it_is(write):
    with pytest.raises(PrototxtError, match="series_param.window is 0") as caught:
        build_training(solver=write("fit_model: true window: 0"), device="cpu", seed=1)
    assert caught.value.problems[0].location.line == 5
