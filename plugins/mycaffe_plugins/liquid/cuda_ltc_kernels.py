"""LtcKernels: the compiled kernels of an LTC cell, and how they are launched."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.cuda import KernelUnavailable, address_of, cuda_module, read_source
from mycaffe_py.device import Device

SOURCE = Path(__file__).with_name("ltc_kernels.cu")
_MAX_BLOCKS = 128
"""So that the blocks' sums of the weights' gradients stay small."""


class LtcArguments(ctypes.Structure):
    """Of ``ltc_forward`` and ``ltc_backward``."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("steps", "batch", "unfolds", "reserved")),
        *(
            (name, ctypes.c_void_p)
            for name in (
                "affine", "weights", "leak", "cm", "capacity_factor", "rate_factor", "states", "between", "rates",
                "inverses", "from_above", "leak_gradient", "time_gradient", "of_cm", "state_gradient", "of_weights",
                "of_affine",
            )
        ),
    ]  # fmt: skip


class _LayoutArguments(ctypes.Structure):
    _fields_ = [("out", ctypes.c_void_p)]


def most_neurons(itemsize: int) -> int:
    """Return the largest cell whose synapses fit in registers, for numbers of that many bytes."""
    return 64 if itemsize == 4 else 32


def macros_of(neurons: int, itemsize: int) -> dict[str, object]:
    """Return the macros of ``ltc_kernels.cu``: eight threads for each neuron."""
    return {
        "HIDDEN": neurons,
        "THREADS": -(-8 * neurons // 32) * 32,
        "REAL": "float" if itemsize == 4 else "double",
    }


class LtcKernels:
    """The kernels for a number of neurons. Raises KernelUnavailable if they cannot be used on the device."""

    def __init__(self, device: Device, neurons: int, dtype: Any):
        self._device, self._neurons, self._dtype = device, neurons, np.dtype(dtype)
        macros = macros_of(neurons, self._dtype.itemsize)
        module, threads = cuda_module(device, read_source(SOURCE), macros), macros["THREADS"]
        sizes = device.xp.zeros(3, dtype=np.int32)
        module.kernel("ltc_layout", 32).launch(1, _LayoutArguments(address_of(sizes)))
        forward, backward, arguments = (int(size) for size in device.to_host(sizes))
        if arguments != ctypes.sizeof(LtcArguments):
            raise KernelUnavailable("the compiler lays out the kernels' arguments otherwise")
        self._forward = module.kernel("ltc_forward", int(str(threads)), forward)
        self._backward = module.kernel("ltc_backward", int(str(threads)), backward)
        self._sums: tuple[Any, Any] | None = None
        self.proven = False
        """Whether a pass on this device has been compared with the plain path's."""

    def blocks(self, batch: int) -> int:
        """Return how many blocks run a batch; each takes one sequence after the other."""
        return max(1, min(batch, self._backward.resident_blocks(), _MAX_BLOCKS))

    def forward(self, arguments: LtcArguments) -> None:
        """Run all unfolds of all steps."""
        self._forward.launch(self.blocks(arguments.batch), arguments)

    def backward(self, arguments: LtcArguments) -> tuple[Any, Any]:
        """Run them backwards; return the sums for the weights' gradients, a part for each block.

        They are (parts, J, I, 2) of flow and conductance, and (parts, I, J, 2) of slope and offset.
        """
        n, blocks = self._neurons, self.blocks(arguments.batch)
        if self._sums is None or len(self._sums[0]) != blocks:
            empty, shape = self._device.xp.empty, (blocks, n, n, 2)
            self._sums = empty(shape, dtype=self._dtype), empty(shape, dtype=self._dtype)
        arguments.of_weights, arguments.of_affine = map(address_of, self._sums)
        self._backward.launch(blocks, arguments)
        return self._sums
