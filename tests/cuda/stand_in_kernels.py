"""RawModule and the parts of CuPy's driver that launch kernels, on the CPU: for the stand-in of the cupy module.

So the product's own code compiles, checks, packs the arguments and launches; only what is beneath is replaced.
"""

from __future__ import annotations

import ctypes
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from mycaffe_py.cuda import Chip
from mycaffe_py.testing.strict_recording import written

from .shim_library import ShimLibrary

SMALL_HOPPER = Chip(
    capability=(9, 0),
    processors=4,
    shared_per_block=227 << 10,
    shared_per_processor=228 << 10,
    registers_per_processor=65536,
    threads_per_processor=2048,
)
"""A chip that never was, small enough for every block to be fibers at the same time."""
SMALL_AMPERE = replace(SMALL_HOPPER, capability=(8, 0), shared_per_block=163 << 10)

_NUMBERS = {
    75: lambda chip: chip.capability[0],
    76: lambda chip: chip.capability[1],
    16: lambda chip: chip.processors,
    39: lambda chip: chip.threads_per_processor,
    81: lambda chip: chip.shared_per_processor,
    82: lambda chip: chip.registers_per_processor,
    95: lambda chip: chip.cooperative,
    97: lambda chip: chip.shared_per_block,
}


class Kernels:
    """Adds to a stand-in for cupy what compiles and launches kernels; remembers the launches."""

    def __init__(
        self, stand_in, chip=SMALL_HOPPER, order=0, registers=64, local_bytes=0, sanitize=False
    ):
        self.chip, self.order, self.registers, self.local_bytes = (
            chip,
            order,
            registers,
            local_bytes,
        )
        self.sanitize = sanitize
        self.launches: list[str] = []
        self.refuses = lambda name, cluster: False
        self.functions: list[_Function] = []
        stand_in.RawModule = lambda *, code, options=(): _Module(self, code, options)
        stand_in.cuda.runtime.deviceGetAttribute = lambda number, index: _NUMBERS[number](self.chip)
        stand_in.cuda.driver = SimpleNamespace(
            occupancyMaxActiveBlocksPerMultiprocessor=self._occupancy,
            funcSetAttribute=lambda function, attribute, value: None,
        )

    @staticmethod
    def add_at(address, index, value):
        """Add to a float64 of an array, as a mistaken kernel would."""
        ctypes.c_double.from_address(address + 8 * index).value += value

    def _occupancy(self, pointer, threads, shared_bytes):
        chip = self.chip
        limits = [
            chip.threads_per_processor // threads,
            chip.registers_per_processor // (self.registers * threads),
        ]
        if shared_bytes:
            limits.append(chip.shared_per_processor // (shared_bytes + 1024))
        return min(limits)


class _Module:
    def __init__(self, kernels, code, options):
        self._kernels, self._code, self._options = kernels, code, options
        self._library = None

    def get_function(self, name):
        if self._library is None:
            self._library = ShimLibrary(self._code, self._options, self._kernels.sanitize)
        if name not in self._library.names:
            raise RuntimeError(f"CUDA_ERROR_NOT_FOUND: {name}")
        return _Kernel(self._kernels, self._library, name)


class _Kernel:
    """CuPy's RawKernel."""

    max_dynamic_shared_size_bytes = 48 << 10

    def __init__(self, kernels, library, name):
        self.local_size_bytes = kernels.local_bytes
        self.num_regs = kernels.registers
        self.max_threads_per_block = min(1024, 65536 // kernels.registers)
        self.kernel = _Function(kernels, library, name, self)


class _Function:
    def __init__(self, kernels, library, name, owner):
        self._kernels, self._library, self._name, self._owner = kernels, library, name, owner
        kernels.functions.append(self)
        self.ptr = len(kernels.functions)

    def __call__(
        self, grid, block, args, shared_mem=0, stream=None, enable_cooperative_groups=False
    ):
        (blocks,), (threads,), (value,) = grid, block, args
        if value.shape != (1,) or value.dtype.kind != "V":
            raise TypeError("a struct goes by value as an array of one element")
        if shared_mem > self._owner.max_dynamic_shared_size_bytes:
            raise RuntimeError("CUDA_ERROR_INVALID_VALUE: more shared memory than was asked for")
        if self._kernels.refuses(self._name, self._library.clusters[self._name]):
            raise RuntimeError("CUDA_ERROR_INVALID_VALUE: invalid argument")
        given = np.array(value)  # the arguments as they are now
        written(
            "", lambda: self._launch(given, blocks, threads, shared_mem, enable_cooperative_groups)
        )

    def _launch(self, value, blocks, threads, shared_mem, cooperative):
        self._kernels.launches.append(self._name)
        self._library.launch(
            self._name, value, blocks, threads, shared_mem, cooperative, self._kernels.order
        )
