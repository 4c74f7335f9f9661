"""What passes a run on: TensorBoard."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.events import Observer
from mycaffe_py.plugins import hookimpl

from .tensorboard import TensorBoard

__all__ = ["TensorBoard"]


@hookimpl
def mycaffe_observers() -> list[type[Observer]]:
    """Return the observers of this plugin."""
    return [TensorBoard]


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the settings of the observers."""
    return [Path(__file__).with_name("observers.proto")]
