"""A series is trained on and forecast the same way on a GPU as on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mycaffe_py.builder import build_training

SOLVER = Path(__file__).parents[2] / "examples" / "series" / "co2.prototxt"
SMALL = ("cfc.cfc_param.hidden_size=4", "cfc.cfc_unit_param.backbone_units=4")


def test_training_and_forecast_agree(both):
    found = []
    for device in both:
        training = build_training(
            solver=SOLVER, device=device, dtype="float64", seed=3, overrides=SMALL
        )
        training.solver.step(4)
        forecast = training.trainer.forecast(training.net, 3, start="20001230")
        found.append((forecast.predictions, device.to_host(training.net.parameters.data)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
