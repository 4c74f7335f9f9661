"""Uniform random numbers by our own kernel, which may go into a graph."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.device import Device

from .kernels import KernelUnavailable, address_of, cuda_module
from .source import read_source

_SOURCE = Path(__file__).with_name("random.cu")
_THREADS = 256


class _Arguments(ctypes.Structure):
    _fields_ = [
        ("out", ctypes.c_void_p),
        ("count", ctypes.c_longlong),
        ("state", ctypes.c_void_p),
    ]


class UniformNumbers:
    """A stream of numbers from U[0, 1) that a key determines: Philox4x32-10, its state on the device."""

    def __init__(self, device: Device, key: int = 0):
        self._device = device
        self._kernels: dict[str, tuple[Any, Any]] = {}
        # As float64, which every array module copies bit by bit.
        self._state = device.xp.zeros(2, dtype="float64")
        self.restart(key)

    def restart(self, key: int) -> None:
        """Begin the stream of another key."""
        self._device.send(np.array([key, 0], dtype=np.uint64).view(np.float64), self._state)

    def compile(self) -> None:
        """Compile the kernels; raises KernelUnavailable if that fails."""
        self._kernels_for("float32")

    def _kernels_for(self, name: str) -> tuple[Any, Any]:
        if name not in self._kernels:
            if name not in ("float32", "float64"):
                raise KernelUnavailable(f"there is no kernel for random numbers in {name}")
            macros = {"REAL": "double" if name == "float64" else "float"}
            module = cuda_module(self._device, read_source(_SOURCE), macros)
            self._kernels[name] = (
                module.kernel("fill_uniform", _THREADS),
                module.kernel("move_on", 1),
            )
        return self._kernels[name]

    def fill(self, out: Any) -> None:
        """Fill ``out`` (C-contiguous, float32 or float64) with the next numbers."""
        name = np.dtype(out.dtype).name
        fill, move_on = self._kernels_for(name)
        arguments = _Arguments(address_of(out), out.size, address_of(self._state))
        words = -(-out.size // (2 if name == "float64" else 4))
        fill.launch(max(1, -(-words // _THREADS)), arguments)
        move_on.launch(1, arguments)
