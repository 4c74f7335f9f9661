"""GPUs that never were: the strict stand-in for CuPy, whose kernels run on the CPU."""

from __future__ import annotations

import pytest

from mycaffe_py.compiled import choice
from mycaffe_py.device import Device

from ..gpu.stand_in import StandIn
from .stand_in_kernels import Kernels


@pytest.fixture(autouse=True)
def _kernels_of_gpus_alone(monkeypatch):
    """Devices that are the CPU run without compiled kernels, GPUs with theirs."""
    monkeypatch.setenv(choice.SWITCH, "1")
    monkeypatch.setattr(choice, "why_not", lambda: "this is about GPUs")


@pytest.fixture
def new_gpu():
    """Return a device; ``device.xp.kernels`` knows what was launched."""

    def make(seed=7, **settings):
        module = StandIn()
        module.kernels = Kernels(module, **settings)
        return Device("gpu:0", module, seed=seed)

    return make
