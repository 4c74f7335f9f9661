"""Net: layers wired by blob names, run forward and backward in file order."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mycaffe_py.blob.host_blob import send_writes
from mycaffe_py.device.device import Device, check_dtype, default_device, open_device
from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.layer.layer import PHASE_NAMES, TEST, TRAIN, LayerContext

from .builder import NetBuilder
from .calls import NetCalls

if TYPE_CHECKING:
    from mycaffe_py.plugins.registry import Registry


class Net(NetCalls):
    """A neural net built from a model file (or NetParameter message or Document).

    ``net.blobs["x"].data[...] = values; net.forward()`` runs it; ``net.params["fc1"][0].data`` is a weight.
    ``weights`` names weights files to load. Raises PrototxtError with every mistake that can be found
    without running a layer, each with its location in the file. pycaffe's older form
    ``Net(model file, weights file, phase)`` works too.

    ``blobs``, ``params`` and ``layers`` hold NumPy arrays on every device. Code that computes on a GPU uses
    ``device_blobs``, ``device_layers``, ``bottoms``, ``tops`` and ``parameters`` instead.
    """

    def __init__(
        self,
        network_file: str | Path | Any,
        phase: int = TRAIN,
        level: int | None = None,
        stages: Sequence[str] | None = None,
        weights: str | Path | Sequence[str | Path] | None = None,
        *,
        registry: Registry | None = None,
        device: Device | str | None = None,
        dtype: Any = np.float32,
        state: Any = None,
    ):
        if isinstance(phase, str | Path) and level is not None:
            phase, level, weights = _older_form(phase, level, weights)
        if phase not in (TRAIN, TEST):
            raise ConfigError(f"phase must be TRAIN (0) or TEST (1), got {phase!r}")
        opened = open_device(device) if isinstance(device, str) else device or default_device()
        opened.activate()
        if registry is None:
            # Only now: loading plugins takes longer than all other imports.
            from mycaffe_py.plugins.registry import default_registry

            registry = default_registry()
        context = LayerContext(registry, opened, check_dtype(dtype), phase)
        built = NetBuilder(network_file, context, level or 0, stages or (), state).build()
        super().__init__(built, context)
        if weights is not None:
            self.copy_from(weights)

    def __reduce__(self) -> Any:
        raise ConfigError(
            f'net "{self.name}" cannot be copied or pickled',
            hint="build it in each process and load its weights, or copy its blobs",
        )

    def __repr__(self) -> str:
        return f"Net({self.name!r}, {PHASE_NAMES[self.phase]}, {len(self.layers)} layers)"

    # Weights.

    def copy_from(self, weights: str | Path | Sequence[str | Path]) -> None:
        """Load weights by layer name from one or more files."""
        from mycaffe_py.weights import load_weights

        for path in [weights] if isinstance(weights, str | Path) else weights:
            load_weights(self, path)

    def save(self, path: str | Path) -> None:
        """Write the weights to a .caffemodel file."""
        from mycaffe_py.weights import save_weights

        save_weights(self, path)

    def save_hdf5(self, path: str | Path, write_diff: bool = False) -> None:
        """Write the weights (and gradients) to an HDF5 file, with Caffe's layout."""
        from mycaffe_py.weights import save_weights

        save_weights(self, path, write_diff=write_diff, hdf5=True)

    def load_hdf5(self, path: str | Path) -> None:
        """Load weights by layer name from an HDF5 file; :meth:`copy_from` reads such files, too."""
        self.copy_from(path)

    def share_with(self, other: Net) -> None:
        """Use the weights of ``other``'s layers of the same names, without copying."""
        send_writes()
        ours = self.layers_by_name()
        for layer in other.device_layers:
            mine = ours[layer.name].blobs if layer.name in ours else []
            if not mine or not layer.blobs:
                continue
            if [blob.shape for blob in mine] != [blob.shape for blob in layer.blobs]:
                raise ShapeError(
                    f'layer "{layer.name}" cannot share weights: {[blob.shape for blob in mine]} here, '
                    f"{[blob.shape for blob in layer.blobs]} there"
                )
            for blob, source in zip(mine, layer.blobs, strict=True):
                blob.share_data(source)

    share_trained_layers_with = share_with


def _older_form(weights: str | Path, phase: Any, given: Any) -> tuple[Any, None, Any]:
    """Return phase, level and weights of ``Net(model file, weights file, phase)``."""
    if given is not None:
        raise ConfigError(f"weights are given twice: {weights} and {given}")
    warnings.warn(
        "Net(model, weights, phase) is pycaffe's older form: write Net(model, phase, weights=...)",
        DeprecationWarning,
        stacklevel=3,
    )
    return phase, None, weights
