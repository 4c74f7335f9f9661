"""Chooses what runs a CfC cell: NumPy or CuPy step by step, or kernels for whole sequences, of a CPU or a GPU."""

from __future__ import annotations

from typing import Any

from mycaffe_py.compiled import in_use
from mycaffe_py.device import Device
from mycaffe_py.layer import Layer

from .cfc_cell import CfcCell
from .cfc_settings import CfcBlobs, CfcSettings
from .memory import Memory


def new_cfc_cell(
    layer: Layer,
    settings: CfcSettings,
    where: CfcBlobs,
    sparsity: Any = None,
    memory: Memory | None = None,
) -> CfcCell:
    """Return a cell on a layer's blobs: the fastest one for its device and settings."""
    if layer.device.is_gpu:
        from .cuda_cfc_cell import CudaCfcCell, has_kernels

        if has_kernels(layer.device, settings, layer.dtype, memory is not None):
            # Not the method itself: it would keep the layer alive, to which this is a weak reference.
            def warn(text: str) -> None:
                layer.warn(text)

            return CudaCfcCell(settings, layer.blobs, where, layer.device, warn, sparsity, memory)
    cell = CfcCell
    # A memory was chosen before.
    if in_use(layer.device) if memory is None else memory.compiled:
        from .compiled_cfc_cell import CompiledCfcCell

        cell = CompiledCfcCell
    return cell(settings, layer.blobs, where, layer.device, sparsity, memory)


def cfc_memory(device: Device) -> type[Memory]:
    """Return the class of the mixed memory for the cells of :func:`new_cfc_cell`."""
    if in_use(device):
        from .compiled_memory import CompiledMemory

        return CompiledMemory
    return Memory
