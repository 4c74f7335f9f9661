"""Chooses the cell that a liquid layer runs."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass

from mycaffe_py.layer import Layer, enum_name

from .cfc_cell import CfcCell
from .cfc_cells import cfc_memory, new_cfc_cell
from .cfc_settings import CfcBlobs, CfcSettings, hidden_size
from .ltc_cell import LtcCell
from .ltc_cells import new_ltc_cell
from .ltc_settings import add_ltc_blobs
from .memory import memory_of
from .sequence_cell import SequenceCell
from .wired_cfc_cell import WiredCfcBlobs, WiredCfcCell
from .wiring import Wiring, read_wiring


@dataclass(frozen=True)
class CellKind:
    """A cell whose blobs have been added to a layer."""

    create: Callable[[], SequenceCell]
    """Makes a cell on these blobs: one for each part of a batch.

    It refers to the layer, which owns it, weakly, so that nets are freed at once.
    """
    storage_order: list[int]
    """The cell's blobs in the order of the parameter buffer."""


def cell_of(layer: Layer, columns: int, prefix: str = "") -> CellKind:
    """Add the blobs of the cell that a layer's settings ask for, for inputs of ``columns`` features.

    ``prefix`` is put before the blobs' names. Fails, naming the setting, if one is invalid.
    """
    new_kind = _ltc if _asks_for_ltc(layer) else _cfc
    return new_kind(weakref.proxy(layer), columns, prefix)


def ltc_cell(layer: Layer, columns: int) -> CellKind:
    """Add the blobs of an LTC cell, for a layer that has no other kind; like :func:`cell_of`."""
    return _ltc(weakref.proxy(layer), columns, "")


def _asks_for_ltc(layer: Layer) -> bool:
    """Return whether ``cfc_param`` asks for LTC cells; fails if it does not, but there are only settings of LTC cells.

    MyCaffe writes the settings of both cells, along with ``cell_type``.
    """
    param = layer.param
    if param.cfc_param.HasField("cell_type"):
        return enum_name(param.cfc_param, "cell_type") == "LTC"
    if param.HasField("ltc_unit_param") and not param.HasField("cfc_unit_param"):
        layer.fail(
            "there are settings for LTC cells, but the cells are CfC cells",
            field="ltc_unit_param",
            hint="write cfc_param { cell_type: LTC }, or cfc_unit_param { ... }",
        )
    return False


def _cfc(layer: Layer, columns: int, prefix: str) -> CellKind:
    of_layer = layer.param.HasField("cfc_param")
    size_field = "cfc_param.hidden_size" if of_layer else "cfc_unit_param.hidden_size"
    size = hidden_size(layer, "cfc_unit_param")
    if layer.param.HasField("wiring_param"):
        return _wired_cfc(layer, columns, prefix, read_wiring(layer, columns, size, size_field))
    settings = CfcSettings.read(layer, size, size_field)
    blobs = CfcBlobs(layer, settings, columns, prefix)
    first = len(layer.blobs)
    new_memory = memory_of(layer, columns, settings.hidden_size, cfc_memory(layer.device))

    def create() -> CfcCell:
        memory = new_memory() if new_memory is not None else None
        return new_cfc_cell(layer, settings, blobs, memory=memory)

    return CellKind(create, [*blobs.storage_order, *range(first, len(layer.blobs))])


def _wired_cfc(layer: Layer, columns: int, prefix: str, wiring: Wiring) -> CellKind:
    if layer.param.cfc_param.use_mixed:
        layer.fail(
            "use_mixed cannot be combined with wiring_param",
            field="cfc_param.use_mixed",
            hint="leave one of them out",
        )
    settings = CfcSettings.read(layer, wiring.units, "wiring_param")
    blobs = WiredCfcBlobs(layer, settings, wiring, columns, prefix)
    return CellKind(lambda: WiredCfcCell(layer, blobs), blobs.storage_order)


def _ltc(layer: Layer, columns: int, prefix: str) -> CellKind:
    first = len(layer.blobs)
    blobs = add_ltc_blobs(layer, columns, prefix)
    new_memory = memory_of(layer, columns, blobs.settings.hidden_size)

    def create() -> LtcCell:
        return new_ltc_cell(layer, blobs, new_memory() if new_memory is not None else None)

    return CellKind(create, list(range(first, len(layer.blobs))))
