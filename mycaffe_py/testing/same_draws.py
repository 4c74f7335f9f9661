"""Devices that draw the same random numbers, whatever the type of number and wherever the arrays are."""

from __future__ import annotations

from typing import Any

from mycaffe_py.device.device import Device

from .strict import StrictDevice


class CheckDevice(Device):
    """A CPU device whose random numbers are the same for float32 and float64."""

    def fill_uniform(self, out: Any) -> None:
        """Fill ``out`` with numbers from U[0, 1)."""
        out[...] = self.rng.random(out.shape)


class HostDrawing(Device):
    """Another device, with random numbers drawn on the host, so that they are the same as on the CPU."""

    def __init__(self, device: Device):
        super().__init__(device.name, device.xp, seed=device.seed)

    def fill_uniform(self, out: Any) -> None:
        """Fill ``out`` with numbers from U[0, 1)."""
        out[...] = self.asarray(self.rng.random(out.shape), dtype=out.dtype)


class CheckStrictDevice(StrictDevice):
    """The strict device with the same random numbers."""

    fill_uniform = HostDrawing.fill_uniform
