"""Net: layers wired by blob names, run forward and backward in file order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import debug_info
from .blob import Blob
from .device import Device, default_device
from .errors import ConfigError, ShapeError, add_note
from .layer import PHASE_NAMES, TEST, TRAIN, Layer, LayerContext
from .net_builder import BuiltNet, NetBuilder
from .parameters import ParameterBuffer
from .schema import Document


class Net:
    """A net built from a model file (or NetParameter message or Document).

    ``net.blobs["x"].data[...] = values; net.forward()`` runs it; ``net.params["fc1"][0].data`` is a weight.
    ``weights`` names .caffemodel files to load. Raises PrototxtError with every mistake that can be told
    without running a layer, each with its place in the file.
    """

    def __init__(
        self,
        model: str | Path | Any,
        phase: int = TRAIN,
        level: int = 0,
        stages: Sequence[str] | None = None,
        weights: str | Path | Sequence[str | Path] | None = None,
        *,
        registry: Any = None,
        device: Device | None = None,
        dtype: Any = np.float32,
        state: Any = None,
    ):
        from .plugins import default_registry

        self.registry = registry or default_registry()
        self.device = device or default_device()
        self.dtype = np.dtype(dtype)
        if phase not in (TRAIN, TEST):
            raise ConfigError(f"phase must be TRAIN (0) or TEST (1), got {phase!r}")
        self.log: Callable[[str], None] = debug_info.default_log
        self._callbacks: dict[str, list[Callable[[int], None]]] = {
            name: []
            for name in ("before_forward", "after_forward", "before_backward", "after_backward")
        }
        context = LayerContext(self.registry, self.device, self.dtype, phase)
        built = NetBuilder(model, context, level, stages or (), state).build()
        self._take(built)
        self.debug_info: bool = built.document.message.debug_info
        """Whether the mean size of every blob is logged as the net runs."""
        self.parameters = ParameterBuffer(built.owners, self.device, self.dtype)
        self._losing = [any(layer.loss_weights) for layer in self.layers]
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
        self.layers: list[Layer] = built.layers
        """The layers, with the Split layers that were inserted."""
        self.layer_names: list[str] = built.layer_names
        self.layer_params: list[Any] = built.layer_params
        """Each layer's LayerParameter message."""
        self.blobs: dict[str, Blob] = built.blobs
        """Blob name -> blob, of every layer's tops."""
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

    # Looking in.

    def __repr__(self) -> str:
        return f"Net({self.name!r}, {PHASE_NAMES[self.phase]}, {len(self.layers)} layers)"

    @property
    def params(self) -> dict[str, list[Blob]]:
        """Layer name -> its learnable blobs; layers without any are left out."""
        return {layer.name: layer.blobs for layer in self.layers if layer.blobs}

    @property
    def layer_dict(self) -> dict[str, Layer]:
        """Layer name -> layer."""
        return dict(zip(self.layer_names, self.layers, strict=True))

    @property
    def learnable_params(self) -> list[Blob]:
        """The owned learnable blobs, in the order in which a solver's history is stored."""
        return [parameter.blob for parameter in self.parameters.owners]

    @property
    def bottom_names(self) -> dict[str, list[str]]:
        """Layer name -> names of its bottoms."""
        return {
            layer.name: [b.name for b in bottom] for layer, bottom in self._wiring(self.bottoms)
        }

    @property
    def top_names(self) -> dict[str, list[str]]:
        """Layer name -> names of its tops."""
        return {layer.name: [b.name for b in top] for layer, top in self._wiring(self.tops)}

    def _wiring(self, blobs: list[list[Blob]]) -> Iterator[tuple[Layer, list[Blob]]]:
        return zip(self.layers, blobs, strict=True)

    @property
    def blob_loss_weights(self) -> dict[str, float]:
        """Blob name -> its weight in the loss."""
        weights = dict.fromkeys(self.blobs, 0.0)
        for layer, top in self._wiring(self.tops):
            weights |= {
                blob.name: weight
                for blob, weight in zip(top, layer.loss_weights, strict=True)
                if weight
            }
        return weights

    def output_values(self) -> dict[str, float]:
        """Return each output as plain numbers by name: ``name``, or ``name[i]`` for several elements."""
        values: dict[str, float] = {}
        for name in self.outputs:
            blob = self.blobs[name]
            if blob.count == 1:
                values[name] = blob.data.item()
            else:
                flat = self.device.to_host(blob.data).reshape(-1)
                values |= {f"{name}[{index}]": float(value) for index, value in enumerate(flat)}
        return values

    def layer_index(self, name: str) -> int:
        """Return the position of a layer by name, or raise ConfigError."""
        if name not in self.layer_names:
            from .errors import did_you_mean

            raise ConfigError(
                f'net "{self.name}" has no layer "{name}"',
                hint=did_you_mean(name, self.layer_names),
            )
        return self.layer_names.index(name)

    # Running.

    def forward(
        self,
        blobs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **inputs: Any,
    ) -> dict[str, Any]:
        """Run the layers from ``start`` to ``end`` (names, inclusive) and return the outputs by name.

        Keyword arguments fill the net's input blobs and must then name all of them. With ``end`` that
        layer's tops are returned instead of the net's outputs; ``blobs`` names further ones to return.
        """
        if inputs:
            self._fill(inputs, self.inputs, "input", "data")
        first = self.layer_index(start) if start is not None else 0
        last = self.layer_index(end) if end is not None else len(self.layers) - 1
        self.forward_layers(first, last)
        names = [b.name for b in self.tops[last]] if end is not None else self.outputs
        return {name: self._blob(name).data for name in dict.fromkeys([*names, *(blobs or ())])}

    def backward(
        self,
        diffs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **gradients: Any,
    ) -> dict[str, Any]:
        """Run backward from layer ``start`` down to ``end`` and return the inputs' gradients by name.

        Keyword arguments set the diffs of the net's outputs and must then name all of them.
        """
        if gradients:
            self._fill(gradients, self.outputs, "output", "diff")
        first = self.layer_index(start) if start is not None else len(self.layers) - 1
        last = self.layer_index(end) if end is not None else 0
        self.backward_layers(first, last)
        names = [b.name for b in self.bottoms[last]] if end is not None else self.inputs
        return {name: self._blob(name).diff for name in dict.fromkeys([*names, *(diffs or ())])}

    def _blob(self, name: str) -> Blob:
        if name not in self.blobs:
            from .errors import did_you_mean

            raise ConfigError(
                f'net "{self.name}" has no blob "{name}"', hint=did_you_mean(name, self.blobs)
            )
        return self.blobs[name]

    def _fill(self, arrays: Mapping[str, Any], names: Sequence[str], what: str, part: str) -> None:
        if set(arrays) != set(names):
            raise ConfigError(
                f"{what} blob arguments {sorted(arrays)} do not match the net's {what}s {list(names)}"
            )
        for name, values in arrays.items():
            blob = self.blobs[name]
            values = self.device.asarray(values, dtype=self.dtype)
            if blob.shape and (not values.ndim or values.shape[0] != blob.shape[0]):
                raise ShapeError(f'{what} "{name}" {values.shape} is not batch sized {blob.shape}')
            try:
                getattr(blob, part)[...] = values
            except ValueError:
                raise ShapeError(
                    f'{what} "{name}": got {values.shape}, the blob is {blob.shape}'
                ) from None

    def forward_layers(self, first: int = 0, last: int | None = None) -> float:
        """Run layers ``first`` to ``last`` (indices, inclusive) and return the weighted loss."""
        last = len(self.layers) - 1 if last is None else last
        before, after = self._callbacks["before_forward"], self._callbacks["after_forward"]
        losses: list[Any] = []
        for index in range(first, last + 1):
            layer, bottom, top = self.layers[index], self.bottoms[index], self.tops[index]
            for callback in before:
                callback(index)
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
            for callback in after:
                callback(index)
            if self.debug_info:
                debug_info.log_forward(self, index)
        return sum(loss.item() for loss in losses) if losses else 0.0

    def backward_layers(self, first: int | None = None, last: int = 0) -> None:
        """Run backward from layer ``first`` down to ``last`` (indices, inclusive)."""
        first = len(self.layers) - 1 if first is None else first
        before, after = self._callbacks["before_backward"], self._callbacks["after_backward"]
        for index in range(first, last - 1, -1):
            for callback in before:
                callback(index)
            if self.layer_need_backward[index]:
                layer = self.layers[index]
                try:
                    layer.backward(
                        self.tops[index], self.bottom_need_backward[index], self.bottoms[index]
                    )
                except Exception as error:
                    self._note(error, layer, "backward")
                    raise
                if self.debug_info:
                    debug_info.log_backward(self, index)
            for callback in after:
                callback(index)
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
        self.parameters.diff.fill(0)

    def reshape(self) -> None:
        """Propagate the input blobs' shapes through all layers."""
        for layer, bottom, top in zip(self.layers, self.bottoms, self.tops, strict=True):
            try:
                layer.reshape(bottom, top)
            except Exception as error:
                self._note(error, layer, "reshape")
                raise

    def before_forward(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(layer index)`` before each layer's forward."""
        self._callbacks["before_forward"].append(callback)

    def after_forward(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(layer index)`` after each layer's forward."""
        self._callbacks["after_forward"].append(callback)

    def before_backward(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(layer index)`` before each layer's backward."""
        self._callbacks["before_backward"].append(callback)

    def after_backward(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(layer index)`` after each layer's backward."""
        self._callbacks["after_backward"].append(callback)

    def close(self) -> None:
        """Let every layer go of its files and threads."""
        for layer in self.layers:
            layer.close()

    # Weights.

    def layer_states(self) -> dict[str, Any]:
        """Return what layers must know beyond their blobs to go on exactly, by layer name."""
        states = {layer.name: layer.state() for layer in self.layers}
        return {name: state for name, state in states.items() if state is not None}

    def load_layer_states(self, states: Mapping[str, Any]) -> None:
        """Take back what :meth:`layer_states` returned; layers that are not in it keep what they have."""
        for layer in self.layers:
            if layer.name in states:
                layer.load_state(states[layer.name])

    def copy_from(self, weights: str | Path | Sequence[str | Path]) -> None:
        """Load weights by layer name from one or several .caffemodel files."""
        from .weights import load_weights

        for path in [weights] if isinstance(weights, str | Path) else weights:
            load_weights(self, path)

    def save(self, path: str | Path) -> None:
        """Write the weights to a .caffemodel file."""
        from .weights import save_weights

        save_weights(self, path)

    def share_with(self, other: Net) -> None:
        """Use the weights of ``other``'s layers of the same names, without copying."""
        for name, theirs in other.params.items():
            ours = self.params.get(name)
            if ours is None:
                continue
            if [blob.shape for blob in ours] != [blob.shape for blob in theirs]:
                raise ShapeError(
                    f'layer "{name}" cannot share weights: {[blob.shape for blob in ours]} here, '
                    f"{[blob.shape for blob in theirs]} there"
                )
            for blob, source in zip(ours, theirs, strict=True):
                blob.share_data(source)

    share_trained_layers_with = share_with

    def first_non_finite(self) -> str:
        """Say which blob, in the order of computation, holds the first NaN or infinity."""
        for layer, bottom, top in zip(self.layers, self.bottoms, self.tops, strict=True):
            for blob, what in (
                *((blob, f'bottom "{blob.name}"') for blob in bottom),
                *((blob, f"param {blob.name}") for blob in layer.blobs),
                *((blob, f'top "{blob.name}"') for blob in top),
            ):
                if not _all_finite(blob):
                    return f'the first bad blob is {what} of layer "{layer.name}" ({layer.type})'
        return "every blob is finite"


def _all_finite(blob: Blob) -> bool:
    return bool(blob.device.xp.isfinite(blob.data).all().item())


def _weighted(layer: Layer, top: Sequence[Blob]) -> list[Any]:
    return [
        blob.data.sum() * weight
        for blob, weight in zip(top, layer.loss_weights, strict=True)
        if weight
    ]
