"""Chooses what runs an LTC cell: NumPy or CuPy step by step, compiled kernels, or a GPU's for the whole sequence."""

from __future__ import annotations

from mycaffe_py.compiled import in_use
from mycaffe_py.layer import Layer

from .ltc_cell import LtcCell
from .ltc_settings import LtcBlobs
from .memory import Memory


def new_ltc_cell(layer: Layer, blobs: LtcBlobs, memory: Memory | None = None) -> LtcCell:
    """Return a cell on a layer's blobs: the fastest one for its device and settings."""
    if in_use(layer.device):
        from .compiled_ltc_cell import CompiledLtcCell

        return CompiledLtcCell(layer, blobs, memory)
    if layer.device.is_gpu and memory is None:
        from .cuda_ltc_cell import CudaLtcCell, has_kernels

        if has_kernels(layer.device, blobs.settings.hidden_size, layer.dtype):
            return CudaLtcCell(layer, blobs)
    return LtcCell(layer, blobs, memory)
