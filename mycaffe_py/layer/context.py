"""LayerContext: what a layer knows about the net that it is part of."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mycaffe_py.cuda import equip
from mycaffe_py.device.device import Device, default_device
from mycaffe_py.errors import MyCaffeWarning

from .deferred_checks import DeferredChecks

if TYPE_CHECKING:
    from mycaffe_py.plugins.registry import Registry

TRAIN, TEST = 0, 1
"""Caffe's phases, as in the schema's ``Phase`` enum."""


def python_warning(text: str) -> None:
    """Issue a MyCaffeWarning, for use from Python."""
    warnings.warn(text, MyCaffeWarning, stacklevel=3)


@dataclass
class LayerContext:
    """What a layer needs to know about the net that it is part of."""

    registry: Registry
    device: Device = field(default_factory=default_device)
    dtype: Any = np.float32
    phase: int = TRAIN
    base_dir: Path | None = None
    """The model file's folder, if any: see :meth:`Layer.find_file`."""
    names_in_file: dict[str, str] = field(default_factory=dict)
    """Names of the tops of inserted Split layers -> name of the model's blob that each copies."""
    warn: Callable[[str], None] = python_warning
    """Function that receives warnings: see :meth:`Layer.warn`."""

    def __post_init__(self) -> None:
        equip(self.device)
        self.checks = DeferredChecks(self.device)
        """Where layers register checks that would make the host wait for a GPU."""
