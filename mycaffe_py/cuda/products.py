"""Products by our own kernels, for graphs: NumPy's dot and matmul for arrays of one to three axes."""

from __future__ import annotations

import ctypes
import math
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.device import Device

from .kernels import KernelUnavailable, address_of, cuda_module
from .source import read_source

_SOURCE = Path(__file__).with_name("products.cu")
_THREADS, _TILE, _DEPTH = 256, 64, 16
_MOST_BY_WARPS = 64 * 64
"""Up to so many numbers of the result, a warp for each is faster than tiles, of which there would be too few."""


class _Matrix(ctypes.Structure):
    _fields_ = [
        ("values", ctypes.c_void_p),
        *((name, ctypes.c_longlong) for name in ("row", "column", "batch")),
    ]


class _Arguments(ctypes.Structure):
    _fields_ = [
        *((name, _Matrix) for name in ("left", "right", "out")),
        *((name, ctypes.c_int) for name in ["rows", "columns", "depth", "batch", "accumulate"]),
    ]


class Products:
    """The products of a device by our own kernels; arrays may have any strides, also broadcast ones.

    Raises KernelUnavailable for what they cannot multiply (:meth:`can_multiply`): other types than float32 and
    float64, or more axes.
    """

    def __init__(self, device: Device):
        self._device = device
        self._kernels: dict[str, tuple[Any, Any]] = {}

    def _kernels_for(self, dtype: Any) -> tuple[Any, Any]:
        name = np.dtype(dtype).name
        if name not in self._kernels:
            if name not in ("float32", "float64"):
                raise KernelUnavailable(f"there is no kernel for products of {name}")
            macros = {"REAL": "double" if name == "float64" else "float"}
            module = cuda_module(self._device, read_source(_SOURCE), macros)
            shared = 2 * _DEPTH * (_TILE + 1) * np.dtype(dtype).itemsize
            self._kernels[name] = (
                module.kernel("multiply_by_warps", _THREADS),
                module.kernel("multiply_by_tiles", _THREADS, shared),
            )
        return self._kernels[name]

    def compile(self) -> None:
        """Compile the kernels; raises KernelUnavailable if that fails."""
        self._kernels_for("float32")

    def can_multiply(self, left: Any, right: Any, out: Any = None) -> bool:
        """Whether there are kernels for these arrays."""
        axes = 1 <= left.ndim <= 3 and 1 <= right.ndim <= 3
        types = {array.dtype.name for array in (left, right, out) if array is not None}
        return axes and len(types) == 1 and types <= {"float32", "float64"}

    def can_dot(self, left: Any, right: Any, out: Any = None) -> bool:
        """Whether there are kernels for NumPy's ``dot`` of these arrays."""
        return left.ndim < 3 and right.ndim < 3 and self.can_multiply(left, right, out)

    def dot(self, left: Any, right: Any, out: Any = None) -> Any:
        """Return NumPy's ``dot`` of arrays of one or two axes."""
        if left.ndim > 2 or right.ndim > 2 or not left.ndim or not right.ndim:
            raise KernelUnavailable(f"no kernel for dot of {left.shape} and {right.shape}")
        return self.matmul(left, right, out)

    def matmul(self, left: Any, right: Any, out: Any = None) -> Any:
        """Return NumPy's ``matmul`` of arrays of up to three axes."""
        shape = _shape_of_product(left.shape, right.shape)
        if out is None:
            out = self._device.xp.empty(shape, dtype=left.dtype)
        elif out.shape != shape:
            raise ValueError(f"the product is {shape}, but out is {out.shape}")
        self.multiply(
            _as_matrices(left, False), _as_matrices(right, True), _of_result(out, left, right)
        )
        return out

    def multiply(self, left: Any, right: Any, out: Any, *, accumulate: bool = False) -> None:
        """Write left @ right into ``out``, or add it with ``accumulate``; all of shape (batch, rows, columns)."""
        if not left.dtype == right.dtype == out.dtype:
            raise KernelUnavailable(
                f"no kernel for {left.dtype} times {right.dtype} as {out.dtype}"
            )
        by_warps, by_tiles = self._kernels_for(out.dtype)
        batch, rows, columns = out.shape
        depth = left.shape[2]
        if not out.size:
            return
        matrices = (_matrix(left), _matrix(right), _matrix(out))
        arguments = _Arguments(*matrices, rows, columns, depth, batch, accumulate)
        if out.size <= _MOST_BY_WARPS or min(rows, columns) < 8:
            by_warps.launch(-(-out.size // (_THREADS // 32)), arguments)
        else:
            tiles = math.ceil(rows / _TILE) * math.ceil(columns / _TILE)
            by_tiles.launch(batch * tiles, arguments)


def _matrix(array: Any) -> _Matrix:
    batch, row, column = (
        0 if size == 1 else stride // array.itemsize
        for size, stride in zip(array.shape, array.strides, strict=True)
    )
    return _Matrix(address_of(array), row, column, batch)


def _shape_of_product(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    if max(len(left), len(right)) > 3 or not left or not right:
        raise KernelUnavailable(f"no kernel for the product of {left} and {right}")
    if left[-1] != right[-2 if len(right) > 1 else 0]:
        raise ValueError(f"the product of {left} and {right} does not exist")
    batches = {shape[0] for shape in (left, right) if len(shape) == 3}
    if len(batches - {1}) > 1:
        raise ValueError(f"the product of {left} and {right} does not exist")
    batch = (max(batches),) if batches else ()
    return (*batch, *left[-2:-1], *((right[-1],) if len(right) > 1 else ()))


def _as_matrices(array: Any, is_right: bool) -> Any:
    """Return an array as (batch, rows, columns), without copying it."""
    if array.ndim == 1:
        return array[None, :, None] if is_right else array[None, None, :]
    return array if array.ndim == 3 else array[None]


def _of_result(out: Any, left: Any, right: Any) -> Any:
    """Return a result as (batch, rows, columns)."""
    if left.ndim == 1:
        out = out[..., None, :] if right.ndim > 1 else out[..., None]
    if right.ndim == 1:
        out = out[..., None]
    return out if out.ndim == 3 else out[None]
