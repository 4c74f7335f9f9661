"""NetCalls: running a net by names and keyword arguments, as in pycaffe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import numbers
from mycaffe_py.blob.host_blob import send_writes
from mycaffe_py.device.device import Array
from mycaffe_py.errors import ConfigError, ShapeError
from mycaffe_py.plugins.catalog import fold
from mycaffe_py.wording import counted

from .views import NetViews

_MISMATCH = {
    "input": "Input blob arguments do not match net inputs.",
    "output": "Top diff arguments do not match net outputs.",
}
_UNSIZED = {"input": "Input is not batch sized", "output": "Diff is not batch sized"}


class NetCalls(NetViews):
    """The part of :class:`~mycaffe_py.net.Net` that takes names and arrays; error messages are pycaffe's."""

    def forward(
        self,
        blobs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **inputs: Any,
    ) -> dict[str, Array]:
        """Run the layers from ``start`` to ``end`` (names, inclusive) and return the outputs by name.

        Keyword arguments fill the net's input blobs and must then name all of them. With ``end``, that
        layer's tops are returned instead of the net's outputs; ``blobs`` names further blobs to return.
        """
        further = _names(blobs, "forward")
        if inputs:
            self._fill(inputs, self.inputs, "input", "data")
        first = self.layer_index(start) if start is not None else 0
        last = self.layer_index(end) if end is not None else len(self.layers) - 1
        self.forward_layers(first, last)
        names = [b.name for b in self.tops[last]] if end is not None else self.outputs
        return {name: self.blob(name).data for name in dict.fromkeys([*names, *further])}

    def backward(
        self,
        diffs: Sequence[str] | None = None,
        start: str | None = None,
        end: str | None = None,
        **gradients: Any,
    ) -> dict[str, Array]:
        """Run backward from layer ``start`` down to ``end`` and return the inputs' gradients by name.

        Keyword arguments set the diffs of the net's outputs and must then name all of them.
        """
        further = _names(diffs, "backward")
        if gradients:
            self._fill(gradients, self.outputs, "output", "diff")
            if not any(self.layer_need_backward):
                self.context.warn(
                    f'net "{self.name}": backward() does nothing, as no layer leads to a loss: '
                    "write force_backward: true in the model"
                )
        first = self.layer_index(start) if start is not None else len(self.layers) - 1
        last = self.layer_index(end) if end is not None else 0
        self.backward_layers(first, last)
        names = [b.name for b in self.bottoms[last]] if end is not None else self.inputs
        return {name: self.blob(name).diff for name in dict.fromkeys([*names, *further])}

    def _fill(self, arrays: Mapping[str, Any], names: Sequence[str], what: str, part: str) -> None:
        if set(arrays) != set(names):
            raise ConfigError(
                f"{_MISMATCH[what]} Given: {sorted(arrays)}; the net's {what}s: {list(names)}"
            )
        send_writes()
        for name, values in arrays.items():
            blob = self.device_blobs[name]
            values = self.device.asarray(numbers(values, f'{what} "{name}"'), dtype=self.dtype)
            if blob.shape and (not values.ndim or values.shape[0] != blob.shape[0]):
                raise ShapeError(
                    f'{_UNSIZED[what]}: {what} "{name}" {values.shape} is not batch sized {blob.shape}'
                )
            try:
                getattr(blob, part)[...] = values
            except ValueError:
                raise ShapeError(
                    f'{what} "{name}": got {values.shape}, the blob is {blob.shape}'
                ) from None

    def _forward(self, start: int, end: int) -> float:
        """Run layers ``start`` to ``end`` (positions, inclusive) and return the loss."""
        return self.forward_layers(self._checked(start), self._checked(end))

    def _backward(self, start: int, end: int) -> None:
        """Run backward from layer ``start`` down to ``end`` (positions, inclusive)."""
        self.backward_layers(self._checked(start), self._checked(end))

    def _checked(self, index: int) -> int:
        if not 0 <= index < len(self.layers):
            raise ConfigError(
                f'net "{self.name}" has {counted(len(self.layers), "layer")}, counted from 0: there is no layer {index}'
            )
        return index

    # Batches.

    def forward_all(
        self, blobs: Sequence[str] | None = None, **inputs: Any
    ) -> dict[str, np.ndarray]:
        """Run forward over arrays of any length, batch by batch, and return all outputs.

        The last batch is padded with zeros, whose outputs are dropped. An output without a batch axis, such as
        a loss, is returned once for each batch.
        """
        total = self._length(inputs)
        results = [_copied(self.forward(blobs=blobs, **batch)) for batch in self._batch(inputs)]
        return _joined(results, self._batch_size(inputs), total)

    def forward_backward_all(
        self,
        blobs: Sequence[str] | None = None,
        diffs: Sequence[str] | None = None,
        **arrays: Any,
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Run forward and backward batch by batch; returns (outputs, diffs) as :meth:`forward_all` does.

        Keyword arguments name the inputs' values and, if wanted, the outputs' diffs.
        """
        inputs = {name: arrays[name] for name in self.inputs if name in arrays}
        gradients = {name: arrays[name] for name in self.outputs if name in arrays}
        if len(inputs) + len(gradients) != len(arrays):
            raise ConfigError(
                f"Arguments do not match net inputs and outputs. Given: {sorted(arrays)}; the net's "
                f"inputs: {self.inputs}, outputs: {self.outputs}"
            )
        total, batch_size = self._length(arrays), self._batch_size(inputs or gradients)
        outputs, found = [], []
        batches = [self._batch(given) if given else iter(()) for given in (inputs, gradients)]
        for batch, gradient in zip_longest(*batches, fillvalue={}):
            outputs.append(_copied(self.forward(blobs=blobs, **batch)))
            found.append(_copied(self.backward(diffs=diffs, **gradient)))
        return _joined(outputs, batch_size, total), _joined(found, batch_size, total)

    def _length(self, arrays: Mapping[str, Any]) -> int:
        if not arrays:
            raise ConfigError(f"Give arrays for the net's inputs: {self.inputs}")
        try:
            lengths = {name: len(array) for name, array in arrays.items()}
        except TypeError:
            raise ConfigError(
                f"arrays with a first axis of items are needed for {sorted(arrays)}"
            ) from None
        if len(set(lengths.values())) > 1 or 0 in lengths.values():
            raise ShapeError(f"the arrays must have the same nonzero length: {lengths}")
        return next(iter(lengths.values()))

    def _batch_size(self, arrays: Mapping[str, Any]) -> int:
        blob = self.blob(next(iter(arrays)))
        if not blob.shape or not blob.shape[0]:
            raise ShapeError(f'blob "{blob.name}" {blob.shape} has no batch axis')
        return blob.shape[0]

    def _batch(self, arrays: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the arrays in chunks of the net's batch size, the last one padded with zeros."""
        total, size = self._length(arrays), self._batch_size(arrays)
        for start in range(0, total, size):
            batch = {
                name: np.asarray(array[start : start + size]) for name, array in arrays.items()
            }
            missing = start + size - total
            if missing > 0:
                batch = {
                    name: np.concatenate([part, np.zeros((missing, *part.shape[1:]), part.dtype)])
                    for name, part in batch.items()
                }
            yield batch

    def set_input_arrays(self, data: np.ndarray, labels: np.ndarray) -> None:
        """Set the arrays from which a net whose first layer is MemoryData reads its batches.

        ``data`` is (N, C, H, W), ``labels`` (N,) or (N, 1, 1, 1), both float32 and C-contiguous; N is a multiple
        of the layer's batch size. The arrays are used directly, not copied.
        """
        layer: Any = self.layers[0]
        if fold(layer.type) != "memorydata":
            raise ConfigError(
                "set_input_arrays may only be called if the first layer is a MemoryDataLayer: "
                f'the first layer of net "{self.name}" is "{layer.name}" ({layer.type})'
            )
        for name, array in (("data", data), ("labels", labels)):
            _check_array(name, array, (1, 4) if name == "labels" else (4,))
        if len(data) != len(labels):
            raise ShapeError(
                "data and labels must have the same first dimension: "
                f"data {data.shape}, labels {labels.shape}"
            )
        if labels.size != len(labels):
            raise ShapeError(
                f"labels must have one number for each item, their shape is {labels.shape}"
            )
        batch = layer.param.memory_data_param.batch_size
        if not len(data) or len(data) % batch:
            raise ShapeError(
                "first dimensions of input arrays must be a multiple of batch size: "
                f'data {data.shape}, batch_size of layer "{layer.name}" {batch}'
            )
        layer.reset(data, labels.reshape(-1))

    _set_input_arrays = set_input_arrays

    # Callbacks.

    def _add_callback(self, when: str, callback: Callable[[int], None]) -> None:
        if not callable(callback):
            raise ConfigError(f"{when}() takes a function of a layer's index, not {callback!r}")
        self._callbacks[when].append(callback)

    def before_forward(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(layer index)`` before each layer's forward."""
        self._add_callback("before_forward", callback)

    def after_forward(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(layer index)`` after each layer's forward."""
        self._add_callback("after_forward", callback)

    def before_backward(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(layer index)`` before each layer's backward."""
        self._add_callback("before_backward", callback)

    def after_backward(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(layer index)`` after each layer's backward."""
        self._add_callback("after_backward", callback)


def _names(blobs: Any, call: str) -> list[str]:
    """Return the names of the further blobs that a call asks for."""
    names = [blobs] if isinstance(blobs, str) else [] if blobs is None else blobs
    if isinstance(names, np.ndarray) or not isinstance(names, Iterable):
        raise ConfigError(
            f"{call}() takes a list of further blob names, not {type(blobs).__name__}",
            hint=f'pass arrays by keyword, as in {call}(x=array) for a blob "x"',
        )
    return list(names)


def _check_array(name: str, array: Any, axes: tuple[int, ...]) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != np.float32:
        found = getattr(array, "dtype", type(array).__name__)
        raise ConfigError(f"{name} array must be a NumPy array of type float32, it is {found}")
    if array.ndim not in axes:
        wanted = " or ".join(f"{count}-d" for count in axes)
        raise ShapeError(f"{name} array must be {wanted}, it is {array.shape}")
    if not array.flags.c_contiguous:
        raise ConfigError(f"{name} array must be C contiguous (numpy.ascontiguousarray)")


def _copied(arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.array(array) for name, array in arrays.items()}


def _joined(
    results: Sequence[Mapping[str, np.ndarray]], batch_size: int, total: int
) -> dict[str, np.ndarray]:
    """Concatenate the batches' arrays, and stack those without a batch axis."""
    joined = {}
    for name, first in results[0].items():
        parts = [result[name] for result in results]
        has_batch = first.shape[:1] == (batch_size,)
        joined[name] = np.concatenate(parts)[:total] if has_batch else np.stack(parts)
    return joined
