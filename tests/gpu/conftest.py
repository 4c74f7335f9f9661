"""The tests of this folder run twice: on a GPU where there is one, and always on the strict stand-in.

The stand-in takes the place of the cupy module, so that all code beyond ``import cupy`` is the one that a GPU runs.
"""

from __future__ import annotations

import pytest

from mycaffe_py.device import Device, open_device

from .stand_in import StandIn


@pytest.fixture(params=["stand-in", pytest.param("cuda", marks=pytest.mark.gpu)])
def kind(request, monkeypatch):
    """Which of the two answers when a device named gpu is opened."""
    if request.param == "stand-in":
        stand_in = StandIn()
        monkeypatch.setattr("mycaffe_py.device.device.import_cupy", lambda: stand_in)
    return request.param


@pytest.fixture
def gpu(kind):
    return open_device("gpu:0", seed=7)


@pytest.fixture
def stand_in(monkeypatch):
    """The stand-in alone, as a device: for what cannot be seen on a GPU."""
    module = StandIn()
    monkeypatch.setattr("mycaffe_py.device.device.import_cupy", lambda: module)
    return open_device("gpu:0", seed=7)


@pytest.fixture
def both(gpu):
    """The CPU and the GPU, with the same seed."""
    return Device(seed=7), gpu
