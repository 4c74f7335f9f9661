"""Liquid neural networks as layers: CfC and LTC cells, and the layer that runs them over a sequence."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.layer import Layer
from mycaffe_py.plugins import hookimpl

from .cfc_layer import CfcLayer
from .cfc_unit_layer import CfcUnitLayer
from .ltc_unit_layer import LtcUnitLayer


@hookimpl
def mycaffe_layers() -> list[type[Layer]]:
    """Return the layers of this plugin."""
    return [CfcLayer, CfcUnitLayer, LtcUnitLayer]


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the schema of their settings."""
    return [Path(__file__).with_name("liquid.proto")]
