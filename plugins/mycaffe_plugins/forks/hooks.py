"""What the plugin offers to the core."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.layer import Layer
from mycaffe_py.plugins import hookimpl

from . import dense, losses, neurons, rcnn, records, ssd

_FIELDS = (dense, losses, neurons, rcnn, records, ssd)

LAYERS: list[type[Layer]] = [cls for field in _FIELDS for cls in field.LAYERS]


@hookimpl
def mycaffe_layers() -> list[type[Layer]]:
    """Return the layers of this plugin."""
    return LAYERS


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the settings of each field's layers."""
    here = Path(__file__).parent
    return [
        here / name / f"{name}.proto"
        for name in sorted(f.__name__.rpartition(".")[2] for f in _FIELDS)
    ]
