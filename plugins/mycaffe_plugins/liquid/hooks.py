"""What the plugin offers to the core."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mycaffe_py.layer import Layer
from mycaffe_py.plugins import hookimpl

from .cfc_layer import CfcLayer
from .cfc_unit_layer import CfcUnitLayer
from .ltc_unit_layer import LtcUnitLayer

if TYPE_CHECKING:
    import click


@hookimpl
def mycaffe_layers() -> list[type[Layer]]:
    """Return the layers of this plugin."""
    return [CfcLayer, CfcUnitLayer, LtcUnitLayer]


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the schema of their settings."""
    return [Path(__file__).with_name("liquid.proto")]


@hookimpl
def mycaffe_commands() -> list[click.Command]:
    """Return the verb ``convert-weights``."""
    from .checkpoints.command import convert_weights

    return [convert_weights]
