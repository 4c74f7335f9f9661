"""UpdateKernel: the whole update of a solver as one CUDA kernel over the flat buffers."""

from __future__ import annotations

import ctypes
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import proxy

import numpy as np

from mycaffe_py.cuda import (
    KernelUnavailable,
    address_of,
    cuda_module,
    kernels_wanted,
    read_source,
)

_THREADS = 256
_PART = 4096
"""The most weights of one block."""
_NORM_BLOCKS = 256
_NUMBERS = 16
_NORM = Path(__file__).parents[1] / "cuda" / "norm.cu"


class _UpdateArguments(ctypes.Structure):
    _fields_ = [
        *(
            (name, ctypes.c_void_p)
            for name in ["data", "diff", "first", "second", "parts", "numbers", "clip"]
        ),
        ("l1", ctypes.c_int),
    ]


class _NormArguments(ctypes.Structure):
    _fields_ = [
        ("values", ctypes.c_void_p),
        ("count", ctypes.c_longlong),
        ("sums", ctypes.c_void_p),
        ("blocks", ctypes.c_int),
        ("limit", ctypes.c_void_p),
        ("factor", ctypes.c_void_p),
    ]


_PART_TYPE = np.dtype(
    [("start", np.int64), ("count", np.int64), ("lr_mult", np.float64), ("decay_mult", np.float64)]
)


class UpdateKernel:
    """Clips, regularises, applies a solver's rule and subtracts, in one launch (three with ``clip_gradients``).

    What changes from update to update, also settings that a program changes, is in an array of numbers on the
    device: :meth:`prepare` writes it, :meth:`launch` only launches, so that its launches can be recorded in a graph.
    """

    def __init__(self, solver: Any, source: Path):
        self._solver = proxy(solver)  # so that it is freed at once
        net = solver.net
        self._device, self._buffer = net.device, net.parameters
        macros = {"REAL": "double" if net.dtype == np.float64 else "float"}
        self._kernel = cuda_module(self._device, read_source(source), macros).kernel(
            "update_weights", _THREADS
        )
        parts = np.array(list(_parts_of(self._buffer)), dtype=_PART_TYPE)
        self._parts = self._device.asarray(parts.view(np.float64).reshape(-1))
        self._blocks = len(parts)
        self._numbers = self._device.xp.zeros(_NUMBERS, dtype="float64")
        self._macros = macros

    @cached_property
    def _norm(self) -> tuple[Any, Any, Any, Any]:
        """The kernels of the gradient's norm, the sums of their blocks, and the factor."""
        module = cuda_module(self._device, read_source(_NORM), self._macros)
        shared = _THREADS * self._solver.net.dtype.itemsize
        kernels = (module.kernel(name, _THREADS, shared) for name in ("sum_squares", "clip_factor"))
        zeros, dtype = self._device.xp.zeros, self._solver.net.dtype
        return (*kernels, zeros(_NORM_BLOCKS, dtype=dtype), zeros(1, dtype=dtype))

    def prepare(self, rate: float) -> None:
        """Send the numbers of the next update; ``rate`` is its learning rate. Does not wait."""
        solver = self._solver
        settings = solver.settings
        decay = settings.weight_decay if solver.param.regularization_type in ("L1", "L2") else 0.0
        numbers = np.zeros(_NUMBERS)
        own = solver.kernel_numbers()
        numbers[:4] = rate, decay, 1.0 / solver.param.iter_size, max(0.0, settings.clip_gradients)
        numbers[4 : 4 + len(own)] = own
        self._device.send(numbers, self._numbers)

    def launch(self) -> None:
        """Make the update."""
        solver, buffer = self._solver, self._buffer
        clip = None
        if solver.settings.clip_gradients > 0:
            clip = self._launch_norm()
        if not self._blocks:
            return
        slots = [address_of(slot) for slot in solver.history] + [None, None]
        self._kernel.launch(
            self._blocks,
            _UpdateArguments(
                address_of(buffer.data),
                address_of(buffer.diff),
                *slots[:2],
                address_of(self._parts),
                address_of(self._numbers),
                clip,
                solver.param.regularization_type == "L1",
            ),
        )

    def _launch_norm(self) -> int | None:
        diff = self._buffer.diff
        sum_squares, clip_factor, sums, factor = self._norm
        blocks = max(1, min(_NORM_BLOCKS, -(-diff.size // _THREADS)))
        arguments = _NormArguments(
            address_of(diff),
            diff.size,
            address_of(sums),
            blocks,
            address_of(self._numbers, 3),
            address_of(factor),
        )
        sum_squares.launch(blocks, arguments)
        clip_factor.launch(1, arguments)
        return address_of(factor)


def _parts_of(buffer: Any) -> Any:
    """Yield (start, count, lr_mult, decay_mult) of each block's work."""
    for part, lr_mult, decay_mult in buffer.groups():
        for start in range(part.start, part.stop, _PART):
            yield start, min(_PART, part.stop - start), lr_mult, decay_mult


def update_kernel_of(solver: Any) -> UpdateKernel | None:
    """Return the kernel of a solver's update, or None where the plain rule is to be used.

    A class has a kernel if ``kernel_file`` is set by the class that defines ``compute_update``: one that changes the
    rule alone has none.
    """
    if not kernels_wanted(solver.net.device):
        return None
    ruled = next(cls for cls in type(solver).__mro__ if "compute_update" in vars(cls))
    source = vars(ruled).get("kernel_file")
    if source is None or "kernel_numbers" not in vars(ruled):
        return None
    try:
        return UpdateKernel(solver, source)
    except KernelUnavailable as error:
        solver.net.context.warn(f"solver {solver.type}: the plain update is used: {error}")
        return None
