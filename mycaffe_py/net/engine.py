"""NetEngine: a net's layers and blobs, run forward and backward in file order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mycaffe_py.blob.blob import Blob
from mycaffe_py.blob.host_blob import host_views, refresh_views, send_writes
from mycaffe_py.layer.layer import Layer, LayerContext
from mycaffe_py.layer.results import refuse_result
from mycaffe_py.schema import Document

from . import debug_info
from .built_net import BuiltNet
from .named import Named
from .parameters import ParameterBuffer
from .problems import note_layer
from .readings import Readings


class NetEngine:
    """The contents of a built net, and running it by positions; lists are in the layers' order of computation."""

    def __init__(self, built: BuiltNet, context: LayerContext):
        self.context = context
        """What the layers know about the net; ``context.warn`` receives their warnings."""
        self.registry = context.registry
        self.device = context.device
        self.dtype = context.dtype
        self.log: Callable[[str], None] = debug_info.default_log
        self._callbacks: dict[str, list[Callable[[int], None]]] = {
            name: []
            for name in ("before_forward", "after_forward", "before_backward", "after_backward")
        }
        self.name: str = built.name
        self.state: Any = built.state
        """The NetState message by which layers were selected."""
        self.phase: int = context.phase
        self.document: Document = built.document
        """The model, as it was read."""
        self.device_layers: list[Layer] = built.layers
        """The layers themselves, with device blobs."""
        self.layer_names: list[str] = built.layer_names
        self.layer_params: list[Any] = built.layer_params
        """Each layer's LayerParameter message, as the layer has completed it."""
        self.device_blobs: dict[str, Blob] = built.blobs
        """Blob name -> device blob, for every layer's tops."""
        self.blobs: dict[str, Blob] = Named(
            zip(built.blobs, host_views(built.blobs.values()), strict=True),
            "blob",
            built.name,
            'net.blobs["{}"].data[...]',
        )
        """Blob name -> blob with NumPy arrays; the same blobs if the device is the host."""
        self.bottoms: list[list[Blob]] = built.bottoms
        """The blobs that each layer reads."""
        self.tops: list[list[Blob]] = built.tops
        """The blobs that each layer writes."""
        self.inputs: list[str] = built.inputs
        """Names of the tops of Input layers, to be filled from outside."""
        self.outputs: list[str] = built.outputs
        """Names of the blobs that no layer reads, in alphabetical order."""
        self.bottom_need_backward: list[list[bool]] = built.bottom_need_backward
        """For each layer and bottom, whether backward computes its gradient."""
        self.layer_need_backward: list[bool] = built.layer_need_backward
        """For each layer, whether backward runs it."""
        self.debug_info: bool = built.document.message.debug_info
        """Whether the mean size of every blob is logged as the net runs."""
        self.parameters = ParameterBuffer(built.owners, self.device, self.dtype)
        """All learnable parameters, in one buffer."""
        self.layers: list[Layer] = [layer.for_users() for layer in built.layers]
        """The layers, including inserted Split layers."""
        self._test_net: Any = None
        """The net in phase TEST that shares the weights, once it is needed."""
        self._awaiting = [layer for layer in built.layers if hasattr(layer, "await_input")]
        self._losing = [any(layer.loss_weights) for layer in built.layers]
        self.readings = Readings(self.device, context.checks, self.phase)
        """What the host reads of the latest pass, with one wait for a GPU."""

    # Running.

    def await_input(self) -> None:
        """Wait for what layers read from outside for the next pass, and raise what is wrong with it.

        Nothing has changed then: a state that is saved now can be continued exactly.
        """
        for layer in self._awaiting:
            try:
                layer.await_input()
            except Exception as error:
                note_layer(error, layer, "forward", self.phase)
                raise

    def forward_layers(self, first: int = 0, last: int | None = None) -> float:
        """Run layers ``first`` to ``last`` (indices, inclusive) and return the weighted loss."""
        self.run_forward(first, last)
        return self.readings.loss()

    def run_forward(self, first: int = 0, last: int | None = None) -> None:
        """Run layers as :meth:`forward_layers` does, without waiting for a GPU: ``readings`` has the loss."""
        self.device.activate()
        send_writes()
        self.readings.begin_pass()
        last = len(self.layers) - 1 if last is None else last
        before, after = self._callbacks["before_forward"], self._callbacks["after_forward"]
        losses: list[Any] = []
        for index in range(first, last + 1):
            layer, bottom, top = self.device_layers[index], self.bottoms[index], self.tops[index]
            if before:
                _run_callbacks(before, index)
            try:
                layer.reshape(bottom, top)
                if self._losing[index]:
                    layer.write_loss_weights(top)
                returned: Any = layer.forward(bottom, top)  # type: ignore[func-returns-value]
                if returned is not None:
                    refuse_result(layer, "forward", returned)
            except Exception as error:
                note_layer(error, layer, "forward", self.phase)
                raise
            if self._losing[index]:
                losses += _weighted(layer, top)
            if after:
                _run_callbacks(after, index)
            if self.debug_info:
                debug_info.log_forward(self.log, layer, top)
        refresh_views()
        self.readings.losses = losses

    def backward_layers(self, first: int | None = None, last: int = 0) -> None:
        """Run backward from layer ``first`` down to ``last`` (indices, inclusive)."""
        self.device.activate()
        send_writes()
        first = len(self.layers) - 1 if first is None else first
        before, after = self._callbacks["before_backward"], self._callbacks["after_backward"]
        for index in range(first, last - 1, -1):
            if before:
                _run_callbacks(before, index)
            if self.layer_need_backward[index]:
                layer, bottom = self.device_layers[index], self.bottoms[index]
                propagate_down = self.bottom_need_backward[index]
                try:
                    returned: Any = layer.backward(self.tops[index], propagate_down, bottom)  # type: ignore[func-returns-value]
                    if returned is not None:
                        refuse_result(layer, "backward", returned)
                except Exception as error:
                    note_layer(error, layer, "backward", self.phase)
                    raise
                if self.debug_info:
                    debug_info.log_backward(self.log, layer, bottom, propagate_down)
            if after:
                _run_callbacks(after, index)
        refresh_views()
        if self.debug_info and first == len(self.layers) - 1 and last == 0:
            debug_info.log_norms(self.log, self.parameters.data, self.parameters.diff)

    @property
    def has_callbacks(self) -> bool:
        """Whether somebody wants to be called around layers."""
        return any(self._callbacks.values())

    def arrays_in_use(self) -> list[Any]:
        """Return the flat device arrays of all blobs, those of parameters too, as far as they are allocated."""
        blobs = [
            *self.device_blobs.values(),
            *(b for layer in self.device_layers for b in layer.blobs),
        ]
        return [array for blob in blobs for array in blob.flat_arrays()]

    def memory_key(self) -> tuple[Any, ...]:
        """Return what changes when a blob has another shape, or values lie elsewhere."""
        shapes = tuple(blob.shape for blob in self.device_blobs.values())
        return (shapes, tuple(map(id, self.arrays_in_use())), self.device.scratch_version)

    def forward_backward(self) -> float:
        """Run the whole net forward and backward and return the loss."""
        loss = self.forward_layers()
        self.backward_layers()
        return loss

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
                note_layer(error, layer, "reshape", self.phase)
                raise

    def close(self) -> None:
        """Make every layer release its files and threads."""
        for layer in self.device_layers:
            layer.close()

    # Layer states for resuming.

    def layer_states(self) -> dict[str, Any]:
        """Return the states beyond their blobs that layers need to continue exactly, by layer name."""
        states = {name: layer.state() for name, layer in self.named_states()}
        return {name: state for name, state in states.items() if state is not None}

    def load_layer_states(self, states: Mapping[str, Any]) -> None:
        """Restore what :meth:`layer_states` returned; layers not in it keep their states."""
        for name, layer in self.named_states():
            if name in states:
                layer.load_state(states[name])

    def named_states(self) -> Iterator[tuple[str, Layer]]:
        """Yield each layer with the name of its state; layers with the same name are numbered."""
        seen: Counter[str] = Counter()
        for layer in self.device_layers:
            seen[layer.name] += 1
            number = seen[layer.name]
            yield f"{layer.name} ({number})" if number > 1 else layer.name, layer


def _run_callbacks(callbacks: Sequence[Callable[[int], None]], index: int) -> None:
    """Call the user's functions, which see the current values in NumPy arrays and may write to them."""
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
