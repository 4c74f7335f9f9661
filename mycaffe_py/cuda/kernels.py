"""CudaModule and CudaKernel: kernels compiled at run time, checked before they are launched."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from mycaffe_py.compiled import switched_off
from mycaffe_py.device import Device

from .chip import chip_of
from .source import options_for

_PLAIN_SHARED_BYTES = 48 << 10
"""A kernel must ask for more dynamic shared memory than this."""
_PORTABLE_CLUSTER = 8
_NON_PORTABLE_CLUSTER_ALLOWED = 14
"""CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED"""


class KernelUnavailable(RuntimeError):
    """A kernel cannot be used on this GPU, or not in this configuration; whoever asked for it takes another way."""


def kernels_wanted(device: Device) -> bool:
    """Whether own kernels should be used on a device: on a GPU, unless MYCAFFE_FAST is 0."""
    return device.is_gpu and not switched_off()


def address_of(array: Any, offset: int = 0) -> int | None:
    """Return where a device array begins, ``offset`` elements further on; None for None.

    The array must stay alive while a kernel uses the address.
    """
    if array is None:
        return None
    return int(array.data.ptr) + offset * int(array.itemsize)


_modules: WeakKeyDictionary[Device, dict[tuple[str, tuple[str, ...]], CudaModule]] = (
    WeakKeyDictionary()
)


def cuda_module(device: Device, source: str, macros: Mapping[str, object]) -> CudaModule:
    """Return the module of a source and macros on a device: one for all who ask for the same."""
    key = (source, options_for(macros))
    modules = _modules.setdefault(device, {})
    if key not in modules:
        modules[key] = CudaModule(device, *key)
    return modules[key]


class CudaModule:
    """The kernels of one source, compiled with some options when the first one is asked for.

    CuPy keeps the compiled code in ~/.cupy/kernel_cache (CUPY_CACHE_DIR), by chip, options, compiler and text.
    """

    def __init__(self, device: Device, source: str, options: tuple[str, ...]):
        self.device, self.chip = device, chip_of(device)
        self._module = device.xp.RawModule(code=source, options=options)

    def kernel(
        self, name: str, threads: int, shared_bytes: int = 0, cluster: int = 1
    ) -> CudaKernel:
        """Return a kernel for blocks of that many threads and bytes of dynamic shared memory.

        ``cluster`` is the number of blocks of the clusters that it was compiled for. Raises KernelUnavailable if it
        cannot be compiled, does not fit on the chip or keeps values in local memory, which is slow.
        """
        self.device.activate()
        limit = self.chip.shared_per_block
        if shared_bytes > limit:
            raise KernelUnavailable(
                f"{name} needs {shared_bytes} bytes of shared memory, the GPU has {limit}"
            )
        try:
            raw = self._module.get_function(name)
            function = raw.kernel
            local_bytes, most_threads = raw.local_size_bytes, raw.max_threads_per_block
            if shared_bytes > _PLAIN_SHARED_BYTES:
                raw.max_dynamic_shared_size_bytes = shared_bytes
            if cluster > _PORTABLE_CLUSTER:
                driver = self.device.xp.cuda.driver
                driver.funcSetAttribute(function.ptr, _NON_PORTABLE_CLUSTER_ALLOWED, 1)
        except Exception as error:  # of the compiler, of the driver: there are many kinds
            raise KernelUnavailable(f"{name} cannot be compiled: {error}") from error
        if local_bytes:
            raise KernelUnavailable(f"{name} keeps {local_bytes} bytes a thread in local memory")
        if threads > most_threads:
            raise KernelUnavailable(
                f"{name} can have {most_threads} threads a block, not {threads}"
            )
        return CudaKernel(self, name, function, threads, shared_bytes)


class CudaKernel:
    """A compiled kernel with its block size. It takes one struct, by value."""

    def __init__(
        self, module: CudaModule, name: str, function: Any, threads: int, shared_bytes: int
    ):
        self.name, self.threads, self.shared_bytes = name, threads, shared_bytes
        self._module, self._function = module, function
        self._resident: int | None = None

    def resident_blocks(self) -> int:
        """Return how many of its blocks the GPU can run at the same time."""
        if self._resident is None:
            driver = self._module.device.xp.cuda.driver
            occupancy = driver.occupancyMaxActiveBlocksPerMultiprocessor
            each = occupancy(self._function.ptr, self.threads, self.shared_bytes)
            self._resident = int(each) * self._module.chip.processors
        return self._resident

    def launch(self, blocks: int, arguments: ctypes.Structure, cooperative: bool = False) -> None:
        """Start the kernel in the current stream; does not wait.

        In a ``cooperative`` launch blocks may wait for each other: all must run at the same time. Raises
        KernelUnavailable if they cannot, which CuPy would only warn of.
        """
        if cooperative and blocks > (room := self.resident_blocks()):
            raise KernelUnavailable(
                f"{self.name} needs {blocks} blocks at the same time, the GPU runs {room}"
            )
        # A struct goes by value as an array of one element; this one is a view, not a copy.
        memory: Any = arguments
        value = np.frombuffer(memory, dtype=f"V{ctypes.sizeof(arguments)}", count=1)
        self._function(
            (blocks,),
            (self.threads,),
            (value,),
            shared_mem=self.shared_bytes,
            enable_cooperative_groups=cooperative,
        )
