"""Net: layers wired by blob names, run forward and backward in file order."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.blob.host_blob import facing, refresh_views, send_writes
from mycaffe_py.device.device import Device, check_dtype, default_device, open_device
from mycaffe_py.errors import ConfigError, ShapeError, add_note
from mycaffe_py.layer.layer import PHASE_NAMES, TEST, TRAIN, Layer, LayerContext
from mycaffe_py.schema import Document

from . import debug_info
from .builder import BuiltNet, NetBuilder
from .calls import NetCalls
from .parameters import ParameterBuffer
from .views import NetViews


class Net(NetViews, NetCalls):
    """A net built from a model file (or NetParameter message or Document).

    ``net.blobs["x"].data[...] = values; net.forward()`` runs it; ``net.params["fc1"][0].data`` is a weight.
    ``weights`` names weights files to load. Raises PrototxtError with every mistake that can be told
    without running a layer, each with its place in the file. pycaffe's older form
    ``Net(model file, weights file, phase)`` works too.

    ``blobs``, ``params`` and ``layers`` hold NumPy arrays on every device. What computes on a GPU takes
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
        registry: Any = None,
        device: Device | str | None = None,
        dtype: Any = np.float32,
        state: Any = None,
    ):
        from mycaffe_py.plugins.registry import default_registry

        if isinstance(phase, str | Path) and level is not None:
            phase, level, weights = _older_form(phase, level, weights)
        self.registry = registry or default_registry()
        self.device = open_device(device) if isinstance(device, str) else device or default_device()
        self.device.activate()
        self.dtype = check_dtype(dtype)
        if phase not in (TRAIN, TEST):
            raise ConfigError(f"phase must be TRAIN (0) or TEST (1), got {phase!r}")
        self.log: Callable[[str], None] = debug_info.default_log
        self._callbacks: dict[str, list[Callable[[int], None]]] = {
            name: []
            for name in ("before_forward", "after_forward", "before_backward", "after_backward")
        }
        context = LayerContext(self.registry, self.device, self.dtype, phase)
        self.context = context
        """What the layers know of the net; ``context.warn`` takes their warnings."""
        built = NetBuilder(network_file, context, level or 0, stages or (), state).build()
        self._take(built)
        self.debug_info: bool = built.document.message.debug_info
        """Whether the mean size of every blob is logged as the net runs."""
        self.parameters = ParameterBuffer(built.owners, self.device, self.dtype)
        self.layers: list[Layer] = [layer.for_users() for layer in built.layers]
        """The layers, with the Split layers that were inserted."""
        self._losing = [any(layer.loss_weights) for layer in built.layers]
        if weights is not None:
            self.copy_from(weights)

    def _take(self, built: BuiltNet) -> None:
        """Set the attributes that describe the net; lists run over the layers in the order of computation."""
        self.name: str = built.name
        self.state: Any = built.state
        """The NetState message by which layers were included."""
        self.phase: int = built.state.phase
        self.document: Document = built.document
        """The model, as it was read."""
        self.device_layers: list[Layer] = built.layers
        """The layers as they compute, with blobs of the device."""
        self.layer_names: list[str] = built.layer_names
        self.layer_params: list[Any] = built.layer_params
        """Each layer's LayerParameter message."""
        self.device_blobs: dict[str, Blob] = built.blobs
        """Blob name -> blob of the device, of every layer's tops."""
        self.blobs: dict[str, Blob] = dict(
            zip(built.blobs, facing(built.blobs.values()), strict=True)
        )
        """Blob name -> blob with NumPy arrays; the same blobs where the device is the host."""
        self.bottoms: list[list[Blob]] = built.bottoms
        """The blobs that each layer reads."""
        self.tops: list[list[Blob]] = built.tops
        """The blobs that each layer writes."""
        self.inputs: list[str] = built.inputs
        """Names of the blobs that Input layers offer, to be filled from outside."""
        self.outputs: list[str] = built.outputs
        """Names of the blobs that no layer reads, in alphabetical order."""
        self.bottom_need_backward: list[list[bool]] = built.bottom_need_backward
        """For each layer and bottom, whether backward computes its gradient."""
        self.layer_need_backward: list[bool] = built.layer_need_backward
        """For each layer, whether backward runs it."""

    def __reduce__(self) -> Any:
        raise ConfigError(
            f'net "{self.name}" cannot be copied or pickled',
            hint="build it anew in each process and load its weights, or take copies of its blobs",
        )

    def __repr__(self) -> str:
        return f"Net({self.name!r}, {PHASE_NAMES[self.phase]}, {len(self.layers)} layers)"

    # Running.

    def forward_layers(self, first: int = 0, last: int | None = None) -> float:
        """Run layers ``first`` to ``last`` (indices, inclusive) and return the weighted loss."""
        self.device.activate()
        send_writes()
        last = len(self.layers) - 1 if last is None else last
        before, after = self._callbacks["before_forward"], self._callbacks["after_forward"]
        losses: list[Any] = []
        for index in range(first, last + 1):
            layer, bottom, top = self.device_layers[index], self.bottoms[index], self.tops[index]
            if before:
                _tell(before, index)
            try:
                layer.reshape(bottom, top)
                if self._losing[index]:
                    layer.write_loss_weights(top)
                layer.forward(bottom, top)
            except Exception as error:
                self._note(error, layer, "forward")
                raise
            if self._losing[index]:
                losses += _weighted(layer, top)
            if after:
                _tell(after, index)
            if self.debug_info:
                debug_info.log_forward(self, index)
        refresh_views()
        return sum(loss.item() for loss in losses) if losses else 0.0

    def backward_layers(self, first: int | None = None, last: int = 0) -> None:
        """Run backward from layer ``first`` down to ``last`` (indices, inclusive)."""
        self.device.activate()
        send_writes()
        first = len(self.layers) - 1 if first is None else first
        before, after = self._callbacks["before_backward"], self._callbacks["after_backward"]
        for index in range(first, last - 1, -1):
            if before:
                _tell(before, index)
            if self.layer_need_backward[index]:
                layer = self.device_layers[index]
                try:
                    layer.backward(
                        self.tops[index], self.bottom_need_backward[index], self.bottoms[index]
                    )
                except Exception as error:
                    self._note(error, layer, "backward")
                    raise
                if self.debug_info:
                    debug_info.log_backward(self, index)
            if after:
                _tell(after, index)
        refresh_views()
        if self.debug_info and first == len(self.layers) - 1 and last == 0:
            debug_info.log_norms(self)

    def forward_backward(self) -> float:
        """Run the whole net forward and backward and return the loss."""
        loss = self.forward_layers()
        self.backward_layers()
        return loss

    def _note(self, error: Exception, layer: Layer, action: str) -> None:
        """Name layer, type and phase on an exception that came out of a layer."""
        phase = PHASE_NAMES[self.phase]
        add_note(error, f'in layer "{layer.name}" ({layer.type}), {action}, phase {phase}')

    def clear_param_diffs(self) -> None:
        """Set every parameter gradient to zero."""
        send_writes()
        self.parameters.diff.fill(0)
        refresh_views()

    def reshape(self) -> None:
        """Propagate the input blobs' shapes through all layers."""
        send_writes()
        for layer, bottom, top in zip(self.device_layers, self.bottoms, self.tops, strict=True):
            try:
                layer.reshape(bottom, top)
            except Exception as error:
                self._note(error, layer, "reshape")
                raise

    def close(self) -> None:
        """Let every layer go of its files and threads."""
        for layer in self.device_layers:
            layer.close()

    # Weights.

    def layer_states(self) -> dict[str, Any]:
        """Return what layers must know beyond their blobs to go on exactly, by layer name."""
        states = {name: layer.state() for name, layer in self._state_names()}
        return {name: state for name, state in states.items() if state is not None}

    def load_layer_states(self, states: Mapping[str, Any]) -> None:
        """Take back what :meth:`layer_states` returned; layers that are not in it keep what they have."""
        for name, layer in self._state_names():
            if name in states:
                layer.load_state(states[name])

    def _state_names(self) -> Iterator[tuple[str, Layer]]:
        """Yield each layer with the name of its state; layers of one name are numbered."""
        seen: Counter[str] = Counter()
        for layer in self.device_layers:
            seen[layer.name] += 1
            number = seen[layer.name]
            yield f"{layer.name} ({number})" if number > 1 else layer.name, layer

    def copy_from(self, weights: str | Path | Sequence[str | Path]) -> None:
        """Load weights by layer name from one or several files."""
        from mycaffe_py.weights import load_weights

        for path in [weights] if isinstance(weights, str | Path) else weights:
            load_weights(self, path)

    def save(self, path: str | Path) -> None:
        """Write the weights to a .caffemodel file."""
        from mycaffe_py.weights import save_weights

        save_weights(self, path)

    def save_hdf5(self, path: str | Path, write_diff: bool = False) -> None:
        """Write the weights (and gradients) to an HDF5 file, as Caffe lays it out."""
        from mycaffe_py.weights import save_weights

        save_weights(self, path, write_diff=write_diff, hdf5=True)

    def load_hdf5(self, path: str | Path) -> None:
        """Load weights by layer name from an HDF5 file; :meth:`copy_from` reads such files as well."""
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


def _tell(callbacks: Sequence[Callable[[int], None]], index: int) -> None:
    """Call the user's functions, whose NumPy arrays show the present values and may be written to."""
    refresh_views()
    for callback in callbacks:
        callback(index)
    send_writes()


def _weighted(layer: Layer, top: Sequence[Blob]) -> list[Any]:
    return [
        blob.data.sum() * weight
        for blob, weight in zip(top, layer.loss_weights, strict=True)
        if weight
    ]
