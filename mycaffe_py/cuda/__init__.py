"""Kernels in CUDA C++: their sources, a description of the chip, compiling and launching them through CuPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .chip import Chip as Chip, chip_of as chip_of
    from .equip import equip as equip, products_of as products_of
    from .fusing import elementwise as elementwise
    from .kernels import (
        CudaKernel as CudaKernel,
        CudaModule as CudaModule,
        KernelUnavailable as KernelUnavailable,
        address_of as address_of,
        cuda_module as cuda_module,
        kernels_wanted as kernels_wanted,
    )
    from .source import options_for as options_for, read_source as read_source
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        chip="Chip chip_of",
        equip="equip products_of",
        fusing="elementwise",
        kernels="CudaKernel CudaModule KernelUnavailable address_of cuda_module kernels_wanted",
        source="options_for read_source",
    )
