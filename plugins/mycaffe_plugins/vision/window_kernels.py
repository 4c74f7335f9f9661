"""WindowKernels: im2col and col2im by one CUDA kernel each, for two spatial axes."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
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

from .geometry import Geometry

_THREADS = 256
_SOURCE = Path(__file__).with_name("windows.cu")
_MOST = 2**31 - 1


class _Arguments(ctypes.Structure):
    _fields_ = [
        ("images", ctypes.c_void_p),
        ("columns", ctypes.c_void_p),
        ("batch", ctypes.c_int),
        ("channels", ctypes.c_int),
        *(
            (name, ctypes.c_int * 2)
            for name in ("size", "kernel", "stride", "pad", "dilation", "windows")
        ),
        ("batch_stride", ctypes.c_longlong),
        ("channel_stride", ctypes.c_longlong),
    ]


class WindowKernels:
    """Copies between images and columns as Windows does; the columns must be contiguous."""

    def __init__(self, device: Device, dtype: Any, geometry: Geometry):
        macros = {"REAL": "double" if np.dtype(dtype) == np.float64 else "float"}
        module = cuda_module(device, read_source(_SOURCE), macros)
        self._gather = module.kernel("gather_windows", _THREADS)
        self._scatter = module.kernel("scatter_windows", _THREADS)
        self._geometry = geometry

    def fit(self, images: Any, columns: Any, windows: Sequence[int]) -> bool:
        """Whether the kernels can copy between these arrays, the columns being those of all windows."""
        if columns.shape[4:] != tuple(windows):
            return False
        row = images.shape[3] * images.itemsize
        contiguous = images.strides[2:] == (row, images.itemsize) and columns.flags.c_contiguous
        return bool(contiguous and images.size and columns.size and math.prod(images.shape) < _MOST)

    def gather(self, images: Any, columns: Any, windows: Sequence[int]) -> None:
        """im2col."""
        blocks = -(-columns.size // _THREADS)
        self._gather.launch(blocks, self._arguments(images, columns, windows))

    def scatter(self, columns: Any, images: Any, windows: Sequence[int]) -> None:
        """col2im."""
        blocks = -(-images.size // _THREADS)
        self._scatter.launch(blocks, self._arguments(images, columns, windows))

    def _arguments(self, images: Any, columns: Any, windows: Sequence[int]) -> _Arguments:
        geometry, two = self._geometry, ctypes.c_int * 2
        batch, channels, *size = images.shape
        strides = (stride // images.itemsize for stride in images.strides[:2])
        return _Arguments(
            address_of(images),
            address_of(columns),
            batch,
            channels,
            two(*size),
            two(*geometry.kernel),
            two(*geometry.stride),
            two(*geometry.pad),
            two(*geometry.dilation),
            two(*windows),
            *strides,
        )


def window_kernels_of(device: Device, dtype: Any, geometry: Geometry) -> WindowKernels | None:
    """Return the kernels, or None where the plain code is to be used."""
    if len(geometry.kernel) != 2 or not kernels_wanted(device):
        return None
    try:
        return WindowKernels(device, dtype, geometry)
    except KernelUnavailable:
        return None
