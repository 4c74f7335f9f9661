"""The tests of this folder run twice: on a GPU where there is one, and always on the strict stand-in.

The stand-in takes the place of the cupy module, so that all code beyond ``import cupy`` is the one that a GPU runs: the
plain code with ``kind`` and ``stand_in``, and that with our own kernels, which the shim runs, with ``shim_gpu``.
"""

from __future__ import annotations

import gc

import pytest

from mycaffe_py.compiled import choice
from mycaffe_py.device import Device, open_device

from ..cuda.stand_in_kernels import Kernels
from .stand_in import StandIn


@pytest.fixture(autouse=True)
def _kernels_of_gpus_alone(monkeypatch):
    """Devices that are the CPU run without compiled kernels, GPUs with theirs."""
    monkeypatch.setenv(choice.SWITCH, "1")
    monkeypatch.setattr(choice, "why_not", lambda: "this is about GPUs")


@pytest.fixture(params=["stand-in", pytest.param("cuda", marks=pytest.mark.gpu)])
def kind(request, monkeypatch):
    """Which of the two answers when a device named gpu is opened."""
    if request.param == "stand-in":
        stand_in = StandIn()
        monkeypatch.setenv("MYCAFFE_FAST", "0")  # no kernels; shim_gpu has those
        monkeypatch.setattr("mycaffe_py.device.device.import_cupy", lambda: stand_in)
    return request.param


@pytest.fixture
def gpu(kind):
    return open_device("gpu:0", seed=7)


@pytest.fixture
def stand_in(monkeypatch):
    """The stand-in alone, as a device: for what cannot be seen on a GPU."""
    module = StandIn()
    monkeypatch.setenv("MYCAFFE_FAST", "0")
    monkeypatch.setattr("mycaffe_py.device.device.import_cupy", lambda: module)
    return open_device("gpu:0", seed=7)


@pytest.fixture
def shim_gpu(monkeypatch):
    """The stand-in with our own kernels, as a device; ``device.xp.kernels`` knows what was launched."""
    # Nets of other tests that are in reference cycles may still have views for their users, which are kept up to date.
    gc.collect()
    module = StandIn()
    module.kernels = Kernels(module)
    monkeypatch.delenv("MYCAFFE_FAST", raising=False)
    monkeypatch.setattr("mycaffe_py.device.device.import_cupy", lambda: module)
    return open_device("gpu:0", seed=7)


@pytest.fixture
def both(gpu):
    """The CPU and the GPU, with the same seed."""
    return Device(seed=7), gpu
