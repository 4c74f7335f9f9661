"""PoolKernels: pooling of maxima and averages by CUDA kernels."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.cuda import (
    KernelUnavailable,
    address_of,
    cuda_module,
    kernels_wanted,
    read_source,
)

_THREADS = 256
_SOURCE = Path(__file__).with_name("pooling.cu")
_NAMES = ("pool_maxima", "pool_averages", "pool_gradient")


class PoolKernels:
    """The kernels for the windows of one image size, PoolWindows; all arrays must be contiguous."""

    def __init__(self, windows: Any):
        self._windows, self._device = windows, windows.device
        double = np.dtype(windows.dtype) == np.float64
        self._real = ctypes.c_double if double else ctypes.c_float
        macros = {"REAL": "double" if double else "float"}
        module = cuda_module(self._device, read_source(_SOURCE), macros)
        self._kernels = {name: module.kernel(name, _THREADS) for name in _NAMES}
        pair = ctypes.c_int * 2
        axes = (windows.height, windows.width)
        self._sizes = [
            pair(*(getattr(axis, name) for axis in axes))
            for name in ("size", "kernel", "stride", "pad", "count")
        ]
        self._struct = _arguments_of(self._real)

    def fit(self, *arrays: Any) -> bool:
        """Whether the kernels can read and write these arrays."""
        return all(array.flags.c_contiguous and array.size for array in arrays)

    def maxima(self, x: Any, y: Any, empty: float) -> None:
        """Write the maximum of each window."""
        self._launch("pool_maxima", y.size, x, x=x, y=y, empty=empty)

    def maxima_gradient(self, x: Any, dy: Any, dx: Any) -> None:
        """Give each window's gradient to its first maximum."""
        chosen = self._device.scratch("pool chosen", dy.shape, np.int32)
        self._launch("pool_maxima", dy.size, x, x=x, chosen=chosen)
        self._launch("pool_gradient", dx.size, x, chosen=chosen, dy=dy, dx=dx)

    def averages(self, x: Any, y: Any) -> None:
        """Write the average of each window."""
        self._launch("pool_averages", y.size, x, x=x, y=y, shares=self._windows.inverse_sizes())

    def averages_gradient(self, dy: Any, dx: Any) -> None:
        """Distribute each gradient over its window."""
        shares = self._windows.inverse_sizes()
        self._launch("pool_gradient", dx.size, dx, dy=dy, dx=dx, shares=shares)

    def _launch(
        self, name: str, count: int, images: Any, empty: float = 0.0, **arrays: Any
    ) -> None:
        arguments = self._struct()
        for field, array in arrays.items():
            setattr(arguments, field, address_of(array))
        arguments.planes = images.shape[0] * images.shape[1]
        for field, value in zip(
            ("size", "kernel", "stride", "pad", "windows"), self._sizes, strict=True
        ):
            setattr(arguments, field, value)
        arguments.empty = empty
        self._kernels[name].launch(-(-count // _THREADS), arguments)


def _arguments_of(real: Any) -> Any:
    """Return the struct of the kernels for a type of numbers."""

    class Arguments(ctypes.Structure):
        _fields_ = [
            *((name, ctypes.c_void_p) for name in ("x", "dy", "shares", "y", "dx", "chosen")),
            ("planes", ctypes.c_longlong),
            *((name, ctypes.c_int * 2) for name in ("size", "kernel", "stride", "pad", "windows")),
            ("empty", real),
        ]

    return Arguments


def pool_kernels_of(windows: Any) -> PoolKernels | None:
    """Return the kernels, or None where the plain code is to be used."""
    if not kernels_wanted(windows.device):
        return None
    try:
        return PoolKernels(windows)
    except KernelUnavailable:
        return None
