"""A series is trained on and forecast the same way on a GPU as on the CPU."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.events import Log

from ..building import layer, make_net

SMALL = (
    "cfc.cfc_param.hidden_size=4",
    "cfc.cfc_unit_param.backbone_units=4",
    "forecast.forecast_param.fit_size=false",
)
SOLVER = """
net: "SeriesCfc.prototxt" max_iter: 6 base_lr: 0.01
trainer { type: "SERIES" series_trainer_param { validation_interval: 2 } gym { type: "Series" series_param {
  csv_file: "data.csv" fit_model: true horizon: 2 window: 3 period: 9 } } }
"""


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a training on 80 rows on a device."""
    values = np.sin(0.7 * np.arange(80)) ** 3
    rows = "".join(f"{row},{value:.6f}\n" for row, value in enumerate(values))
    (tmp_path / "data.csv").write_text("t,y\n" + rows)
    (tmp_path / "solver.prototxt").write_text(SOLVER)

    def build(device):
        path = tmp_path / "solver.prototxt"
        return build_training(solver=path, device=device, dtype="float64", seed=3, overrides=SMALL)

    return build


def test_training_and_forecast_agree(both, build):
    found = []
    for device in both:
        training = build(device)
        training.solver.step(1)
        forecast = training.trainer.forecast(training.net, 3, start="70")
        found.append((forecast.predictions, device.to_host(training.net.parameters.data)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_search_and_refit_agree(both, build):
    found = []
    for device in both:
        training = build(device)
        said = []
        training.solver.listeners.append(said.append)
        training.solver.solve()
        texts = [event.text for event in said if isinstance(event, Log)]
        kept = training.trainer.best_weights()[2]
        found.append((texts, device.to_host(training.net.parameters.data), device.to_host(kept)))
        again = build(device)
        again.trainer.load_state(training.trainer.state())
        assert again.trainer.course.phase == "done"
    (texts, *one), (others, *other) = found
    assert texts == others and texts[0].startswith("search ended after")
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-8, atol=1e-12)


def test_what_a_forecast_layer_keeps_is_what_users_see(gpu):
    shapes = "input_param { shape { dim: 3 dim: 2 } shape { dim: 3 dim: 2 } shape { dim: 3 } }"
    text = layer("in", "Input", "", "base change ahead", shapes)
    text += layer("f", "FORECAST", "base change ahead", "y", "forecast_param { distances: 2 }")
    net = make_net(text, device=gpu)
    forecast, gain = net.layer_dict["f"], net.params["f"][0]
    assert not forecast.is_set and (gain.data == 1).all()
    forecast.remember(gain=[[1, 2], [3, 4]], spread=[7])
    assert forecast.is_set and gain.data.tolist() == [[1, 2], [3, 4]]
    gain.data[0, 0] = -5
    assert forecast.memory()["gain"].tolist() == [[-5, 2], [3, 4]]
    net.blobs["base"].data[...], net.blobs["change"].data[...] = 1, 1
    net.blobs["ahead"].data[...] = [1, 2, 9]
    assert net.forward()["y"].tolist() == [[-4, 3], [4, 5], [4, 5]]
