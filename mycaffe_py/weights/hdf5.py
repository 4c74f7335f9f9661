"""Conversion between Caffe's HDF5 files of weights and states and the messages of the binary files.

Weights: a dataset ``/data/<layer>/<index>`` for each blob (and ``/diff/...`` for its gradient); one that a layer
shares with an earlier layer is stored there only. The group of a layer that checks loaded weights has its
LayerParameter as the attribute ``mycaffe_layer``, which Caffe ignores. State: ``iter``, ``learned_net``,
``current_step`` and ``history/<index>``; what exact resuming needs beyond that is in ``mycaffe_state``, which Caffe
ignores.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob.blobproto import array_from_proto, array_to_proto
from mycaffe_py.blob.host_blob import send_writes
from mycaffe_py.errors import SnapshotError, naming_place, require
from mycaffe_py.layer.layer import Layer

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_DATA, _DIFF, _HISTORY, _MORE = "data", "diff", "history", "mycaffe_state"
_SETTINGS = "mycaffe_layer"
_LONGEST_ATTRIBUTE = 60_000
"""HDF5's limit for an attribute is 64 KB."""
_KERAS = {"model_weights", "layer_names", "keras_version", "backend", "optimizer_weights"}
_FLOATS = ("float32", "float64")
# Exceptions of h5py for damaged files.
_DAMAGED = (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, OverflowError)


def is_hdf5(data: bytes) -> bool:
    """Whether a file's content begins with the HDF5 signature."""
    return data.startswith(SIGNATURE)


def holds_state(data: bytes) -> bool | None:
    """Whether an HDF5 file is a solver state (True), weights (False), or neither (None)."""
    h5py = require("h5py", "hdf5")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            if "iter" in file and "learned_net" in file:
                return True
            return False if isinstance(file.get(_DATA), h5py.Group) else None
    except _DAMAGED:
        return None


# Weights.


def weights_to_hdf5(net: Any, write_diff: bool) -> bytes:
    """Return a net's weights (and gradients) as the content of an HDF5 file."""
    owned = {id(parameter.blob) for parameter in net.parameters.owners}
    send_writes()
    with _new_file() as (file, content):
        parts = {_DATA: "data"} | ({_DIFF: "diff"} if write_diff else {})
        for group_name, part in parts.items():
            group = file.create_group(group_name)
            for layer in net.device_layers:
                of_layer = group.require_group(layer.name)
                if part == "data":
                    _keep_settings(of_layer, layer)
                for index, blob in enumerate(layer.blobs):
                    if id(blob) in owned:
                        of_layer[str(index)] = net.device.to_host(getattr(blob, part))
    return content.getvalue()


def _keep_settings(group: Any, layer: Layer) -> None:
    """Store the settings of a layer that wants to see them when its weights are loaded, as far as HDF5 allows."""
    if type(layer).check_loaded is Layer.check_loaded:
        return
    settings = type(layer.param)()
    settings.CopyFrom(layer.param)
    del settings.blobs[:]
    data = settings.SerializeToString()
    if len(data) <= _LONGEST_ATTRIBUTE:
        group.attrs[_SETTINGS] = np.frombuffer(data, dtype=np.uint8)


def net_from_hdf5(schema: Any, data: bytes, path: Path) -> Any:
    """Return a NetParameter with the layers and blobs of an HDF5 file.

    A blob missing from the file, before one that it has, is empty: it has no shape and no values.
    """
    message = schema.new("NetParameter")
    with _open(data, path) as file:
        if not isinstance(file.get(_DATA), _group_class()):
            keras = _KERAS & (set(file) | set(file.attrs))
            what = "a Keras file" if keras else "an HDF5 file without weights"
            hint = "weights of Caffe are in a .caffemodel or .caffemodel.h5 file" if keras else None
            raise SnapshotError(f"{path} is {what}: it has no group /{_DATA}", hint=hint)
        for name, group in _layers(file[_DATA]):
            layer = message.layer.add()
            if _SETTINGS in group.attrs:
                stored = np.asarray(group.attrs[_SETTINGS]).tobytes()
                with naming_place(str(path), SnapshotError):
                    layer.CopyFrom(schema.parse_binary(stored, "LayerParameter"))
                del layer.blobs[:]
            layer.name = name
            diffs = file.get(f"{_DIFF}/{name}", {})
            indices = [int(key) for key in group if key.isdecimal()]
            for index in range(max(indices, default=-1) + 1):
                blob = layer.blobs.add()
                if index in indices:
                    values = _floats(group[str(index)])
                    diff = diffs.get(str(index))
                    diff = None if diff is None else _floats(diff).astype(values.dtype)
                    array_to_proto(values, blob, diff)
    return message


def _layers(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each layer's name and group; names with slashes are groups within groups."""
    for name, inner in group.items():
        if isinstance(inner, _group_class()):
            path = f"{prefix}{name}"
            if not inner or any(not isinstance(item, _group_class()) for item in inner.values()):
                yield path, inner
            yield from _layers(inner, f"{path}/")


# States.


def state_to_hdf5(message: Any) -> bytes:
    """Return a SolverState as the content of an HDF5 file."""
    with _new_file() as (file, content):
        name = message.learned_net.encode()
        file["iter"] = np.array([message.iter], dtype=np.int32)
        # Caffe reads a fixed-length string with a terminating zero.
        file["learned_net"] = np.array(name, dtype=f"S{len(name) + 1}")
        file["current_step"] = np.array([message.current_step], dtype=np.int32)
        history = file.create_group(_HISTORY)
        for index, proto in enumerate(message.history):
            history[str(index)] = array_from_proto(proto)
        if message.entry:
            more = type(message)(entry=message.entry).SerializeToString()
            file[_MORE] = np.frombuffer(more, dtype=np.uint8)
    return content.getvalue()


def state_from_hdf5(schema: Any, data: bytes, path: Path) -> Any:
    """Return the SolverState of an HDF5 file."""
    message = schema.new("SolverState")
    with _open(data, path) as file:
        if _MORE in file:
            message.MergeFrom(schema.parse_binary(file[_MORE][()].tobytes(), "SolverState"))
        message.iter = _integer(file["iter"])
        message.current_step = _integer(file["current_step"])
        name = file["learned_net"][()]
        message.learned_net = name if isinstance(name, str) else name.decode()
        history = file[_HISTORY]
        for index in range(len(history)):
            array_to_proto(_floats(history[str(index)]), message.history.add())
    return message


def _integer(dataset: Any) -> int:
    return int(np.reshape(dataset[()], -1)[0])


def _floats(dataset: Any) -> np.ndarray:
    """Return a dataset's values; types other than float32 and float64 are converted to float32."""
    values = np.asarray(dataset[()])
    return values if values.dtype.name in _FLOATS else values.astype(np.float32)


# Files.


@contextmanager
def _new_file() -> Iterator[tuple[Any, io.BytesIO]]:
    content = io.BytesIO()
    with require("h5py", "hdf5").File(content, "w") as file:
        yield file, content


@contextmanager
def _open(data: bytes, path: Path) -> Iterator[Any]:
    """Open the content of a file, turning any error into a SnapshotError."""
    h5py = require("h5py", "hdf5")
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            yield file
    except SnapshotError:
        raise
    except _DAMAGED as error:
        raise SnapshotError(
            f"{path} is damaged, was cut short or is not a Caffe file: {error}"
        ) from error


def _group_class() -> Any:
    return require("h5py", "hdf5").Group
