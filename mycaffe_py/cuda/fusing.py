"""Elementwise formulas as one kernel each on a GPU, made from the very formula that the CPU computes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.device import Device

from .kernels import KernelUnavailable, address_of, cuda_module, kernels_wanted
from .source import read_source
from .tracing import trace

_THREADS = 256
_FRAME = Path(__file__).with_name("fused.cuh")
_MOST = 8


class _Arguments(ctypes.Structure):
    _fields_ = [("count", ctypes.c_longlong), ("arrays", ctypes.c_void_p * _MOST)]


class FusedFormula:
    """``formula(xp, *arrays)``, elementwise on arrays of one shape, by one kernel where they are contiguous.

    The kernel is made when a type of numbers is first met, by running the formula on symbols. Where that does not work,
    for instance because the formula asks for values, the formula itself computes with ``xp``.
    """

    def __init__(self, device: Device, formula: Callable[..., Any]):
        self._device, self._formula = device, formula
        self._kernels: dict[Any, Any] = {}

    def __call__(self, *arrays: Any) -> None:
        """Compute the formula."""
        first = arrays[0]
        key = (first.dtype, len(arrays))
        if key not in self._kernels:
            self._kernels[key] = self._compile(first.dtype, len(arrays))
        kernel = self._kernels[key]
        if kernel is None or not all(
            array.shape == first.shape and array.dtype == first.dtype and array.flags.c_contiguous
            for array in arrays
        ):
            self._formula(self._device.xp, *arrays)
        elif first.size:
            addresses = (ctypes.c_void_p * _MOST)(*map(address_of, arrays))
            kernel.launch(-(-first.size // _THREADS), _Arguments(first.size, addresses))

    def _compile(self, dtype: Any, count: int) -> Any:
        name = np.dtype(dtype).name
        if count > _MOST or name not in ("float32", "float64"):
            return None
        try:
            source = source_of(self._formula, count, dtype)
            macros = {"REAL": "double" if name == "float64" else "float"}
            return cuda_module(self._device, source, macros).kernel("fused", _THREADS)
        except KernelUnavailable:
            return None


def source_of(formula: Callable[..., Any], count: int, dtype: Any) -> str:
    """Return the CUDA source of a formula of ``count`` arrays; KernelUnavailable if it cannot be one."""
    try:
        lines, names, written = trace(formula, count, dtype)
    except KernelUnavailable:
        raise
    except Exception as error:  # what the formula does with symbols is up to the formula
        raise KernelUnavailable(f"the formula cannot be run on symbols: {error}") from error
    loads = [f"REAL {name} = a.arrays[{index}][i];" for index, name in enumerate(names)]
    stores = [f"a.arrays[{index}][i] = {names[index]};" for index in sorted(written)]
    body = "\n    ".join([*loads, *lines, *stores])
    return (
        read_source(_FRAME)
        + 'extern "C" __global__ void __launch_bounds__(FUSED_THREADS) fused(const FusedArguments a) {\n'
        + "    const long long i = (long long)blockIdx.x * FUSED_THREADS + threadIdx.x;\n"
        + f"    if (i >= a.count) return;\n    {body}\n}}\n"
    )


def elementwise(device: Device, formula: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``formula`` for a device's arrays, without its first argument, ``xp``: on a GPU as one kernel.

    ``formula(xp, *arrays)`` must compute each element from the same elements, and be right whether or not its outputs
    are also inputs. It may keep working arrays, but nothing else.
    """
    if not kernels_wanted(device):
        return partial(formula, device.xp)
    return FusedFormula(device, formula)
