"""GapKernel: an InputComposer's formulas for all steps by one CUDA kernel."""

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
from mycaffe_py.device import Device

_THREADS = 128
_SOURCE = Path(__file__).with_name("fill_gaps.cu")


class _Strided(ctypes.Structure):
    _fields_ = [
        ("values", ctypes.c_void_p),
        *((name, ctypes.c_longlong) for name in ("step", "column", "sample")),
    ]


class _Arguments(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int) for name in ("steps", "features", "batch", "wide")),
        *((name, _Strided) for name in ("x", "mask", "spans", "inputs")),
    ]


def _strided(array: Any) -> _Strided:
    """Return an array (steps, columns, batch), or (steps, batch), as the kernels take it."""
    step, *column, sample = (stride // array.itemsize for stride in array.strides)
    return _Strided(address_of(array), step, column[0] if column else 0, sample)


class GapKernel:
    """Fills the gaps of masked inputs, forward and backward; arrays are (steps, columns, batch), of any strides."""

    def __init__(self, device: Device, dtype: Any, features: int, wide: bool):
        self._features, self._wide = features, wide
        macros = {"REAL": "double" if np.dtype(dtype) == np.float64 else "float"}
        module = cuda_module(device, read_source(_SOURCE), macros)
        self._forward = module.kernel("fill_gaps", _THREADS)
        self._backward = module.kernel("fill_gaps_backward", _THREADS)

    def forward(self, x: Any, spans: Any, mask: Any, out: Any) -> None:
        """Write the filled values and, if wide, the times since the last observation into ``out``."""
        self._launch(self._forward, _strided(x), mask, _strided(spans), out)

    def backward(self, mask: Any, gradient: Any) -> None:
        """Turn the gradient of the inputs, in place, into those of x and, where ``since`` was, of the spans."""
        self._launch(self._backward, _Strided(), mask, _Strided(), gradient)

    def _launch(self, kernel: Any, x: _Strided, mask: Any, spans: _Strided, inputs: Any) -> None:
        steps, _, batch = inputs.shape
        sizes = (steps, self._features, batch, self._wide)
        blocks = -(-self._features * batch // _THREADS)
        kernel.launch(blocks, _Arguments(*sizes, x, _strided(mask), spans, _strided(inputs)))


def gap_kernel_of(device: Device, dtype: Any, features: int, wide: bool) -> GapKernel | None:
    """Return the kernel, or None where the plain code is to be used."""
    if not kernels_wanted(device):
        return None
    try:
        return GapKernel(device, dtype, features, wide)
    except KernelUnavailable:
        return None
