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
from typing import Any

import numpy as np

from mycaffe_py.blob.blobproto import array_from_proto
from mycaffe_py.blob.host_blob import send_writes
from mycaffe_py.errors import OutputError, SnapshotError, require
from mycaffe_py.layer.layer import Layer
from mycaffe_py.stores.hdf5 import HDF5Group, open_hdf5
from mycaffe_py.written_files import mark_hdf5

from .seal import SIGNATURE, sealed_hdf5

DATA, DIFF, HISTORY, MORE = "data", "diff", "history", "mycaffe_state"
SETTINGS = "mycaffe_layer"
DEEPEST = 64
"""How many groups a layer's name may lead through, one for each slash."""
LONGEST_ATTRIBUTE = 60_000
"""HDF5's limit for an attribute is 64 KB."""


def is_hdf5(data: bytes) -> bool:
    """Whether a file's content begins with the HDF5 signature."""
    return data.startswith(SIGNATURE)


def holds_state(data: bytes) -> bool | None:
    """Whether an HDF5 file is a solver state (True), weights (False), or neither (None)."""
    try:
        with open_hdf5(data, "", SnapshotError) as file:
            names = file.names()
            if "iter" in names and "learned_net" in names:
                return True
            return False if isinstance(file.get(DATA), HDF5Group) else None
    except SnapshotError:
        return None


# Weights.


def weights_to_hdf5(net: Any, write_diff: bool) -> bytes:
    """Return a net's weights (and gradients) as the content of an HDF5 file."""
    check_names(net)
    owned = {id(parameter.blob) for parameter in net.parameters.owners}
    send_writes()
    with _new_file() as (file, content):
        parts = {DATA: "data"} | ({DIFF: "diff"} if write_diff else {})
        for group_name, part in parts.items():
            group = file.create_group(group_name)
            for layer in net.device_layers:
                of_layer = group.require_group(layer.name)
                if part == "data":
                    _keep_settings(of_layer, layer)
                for index, blob in enumerate(layer.blobs):
                    if id(blob) in owned:
                        of_layer[str(index)] = net.device.to_host(getattr(blob, part))
    return sealed_hdf5(content.getvalue())


def _keep_settings(group: Any, layer: Layer) -> None:
    """Store the settings of a layer that wants to see them when its weights are loaded, as far as HDF5 allows."""
    if type(layer).check_loaded is Layer.check_loaded:
        return
    settings = type(layer.param)()
    settings.CopyFrom(layer.param)
    del settings.blobs[:]
    data = settings.SerializeToString()
    if len(data) <= LONGEST_ATTRIBUTE:
        group.attrs[SETTINGS] = np.frombuffer(data, dtype=np.uint8)


def check_names(net: Any) -> None:
    """Raise OutputError for a layer whose weights could not be found again in an HDF5 file.

    There a name is a path: ``/a``, ``a//b`` and ``./a`` are other layers' names, and ``a/0`` is a blob of layer a.
    """
    blobs = {
        f"{layer.name}/{index}" for layer in net.device_layers for index in range(len(layer.blobs))
    }
    for name in (layer.name for layer in net.device_layers):
        parts = name.split("/")
        paths = {"/".join(parts[:length]) for length in range(1, len(parts) + 1)}
        if {"", "."} & set(parts) or "\0" in name or len(parts) > DEEPEST:
            why = "HDF5 reads it as a path"
        elif paths & blobs:
            why = f'"{min(paths & blobs)}" is a blob of another layer there'
        else:
            continue
        raise OutputError(
            f'the weights of layer "{name}" cannot be stored as HDF5 under its name: {why}',
            hint="rename the layer, or store them in the binary format (snapshot_format: BINARYPROTO)",
        )


# States.


def state_to_hdf5(message: Any) -> bytes:
    """Return a SolverState as the content of an HDF5 file."""
    with _new_file() as (file, content):
        name = message.learned_net.encode()
        file["iter"] = np.array([message.iter], dtype=np.int32)
        # Caffe reads a fixed-length string with a terminating zero.
        file["learned_net"] = np.array(name, dtype=f"S{len(name) + 1}")
        file["current_step"] = np.array([message.current_step], dtype=np.int32)
        history = file.create_group(HISTORY)
        for index, proto in enumerate(message.history):
            history[str(index)] = array_from_proto(proto)
        if message.entry:
            more = type(message)(entry=message.entry).SerializeToString()
            file[MORE] = np.frombuffer(more, dtype=np.uint8)
    return sealed_hdf5(content.getvalue())


@contextmanager
def _new_file() -> Iterator[tuple[Any, io.BytesIO]]:
    content = io.BytesIO()
    with require("h5py", "hdf5").File(content, "w") as file:
        mark_hdf5(file)
        yield file, content
