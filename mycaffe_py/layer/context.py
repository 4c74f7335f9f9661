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
from mycaffe_py.device.memory_limits import MemoryTally
from mycaffe_py.errors import MyCaffeWarning
from mycaffe_py.permission import PythonLayers, python_layers
from mycaffe_py.visible import visible

from .deferred_checks import DeferredChecks

if TYPE_CHECKING:
    from mycaffe_py.blob.blob import Blob
    from mycaffe_py.plugins.registry import Registry

TRAIN, TEST, RUN = 0, 1, 2
"""Caffe's phases, and the one that MyCaffe added, as in the schema's ``Phase`` enum; no layer's phase is RUN."""


def python_warning(text: str) -> None:
    """Issue a MyCaffeWarning, for use from Python."""
    warnings.warn(visible(text), MyCaffeWarning, stacklevel=3)


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
    python_layers: PythonLayers = field(default_factory=python_layers)
    """Whether layers whose code the model names are built, and where that is looked for."""

    def __post_init__(self) -> None:
        equip(self.device)
        self._tally = MemoryTally()
        self.checks = DeferredChecks(self.device)
        """Where layers register checks that would make the host wait for a GPU."""

    def count_memory(self, blob: Blob) -> None:
        """Count what a blob of the net will take; OutOfMemoryError if all of the net's together do not fit."""
        if self.device.is_host:
            self._tally.add(blob.count * blob.dtype.itemsize, f'blob "{blob.name}" {blob.shape}')

    def start(self, blob: Blob, value: float) -> None:
        """Give all elements of a blob their first value, if it :meth:`fills` it."""
        if self.fills(blob):
            blob.data[...] = value

    def fills(self, blob: Blob) -> bool:
        """Whether a blob gets its first values: a check leaves large ones as they are."""
        most = getattr(self.registry, "most_filled", None)
        return most is None or blob.count <= most


def context_before(layer: Any) -> LayerContext:
    """Return the context that was set before a layer's ``__init__``, which got the LayerParameter alone, as in pycaffe.

    TypeError if there is none.
    """
    context = vars(layer).get("context")
    if context is None:
        raise TypeError(f"{type(layer).__name__}() takes a LayerParameter and a LayerContext")
    return context
