"""Trainings with kernels go the same way as on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device

pytestmark = [pytest.mark.shim, pytest.mark.slow]
SERIES = Path(__file__).parents[2] / "examples" / "series" / "co2.prototxt"


def weights_after(steps, device, **what):
    training = build_training(device=device, dtype="float64", seed=3, **what)
    training.solver.step(steps)
    return device.to_host(training.net.parameters.data).copy()


@pytest.mark.parametrize(
    ("steps", "kernels", "what"),
    [
        (3, "cfc", {"solver": "adamw.prototxt", "model": "LiquidNetCfc.prototxt"}),
        (
            3,
            "cfc",
            {
                "solver": SERIES,
                "overrides": ("cfc.cfc_param.hidden_size=8", "cfc.cfc_unit_param.backbone_units=8"),
            },
        ),
    ],
)
def test_weights_after_some_updates(new_gpu, steps, kernels, what):
    gpu = new_gpu(registers=32)
    expected, found = (weights_after(steps, device, **what) for device in (Device(), gpu))
    assert np.abs(found - expected).max() <= 1e-9 * np.abs(expected).max()
    launched = gpu.xp.kernels.launches
    assert launched.count(f"{kernels}_backward") >= steps
    assert launched.count(f"{kernels}_forward") >= steps
