"""Implementation of ``mycaffe extract-features``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from mycaffe_py.builder.sources import load_model
from mycaffe_py.cli.failures import echo_result, say, warn
from mycaffe_py.cli.nets import require_data
from mycaffe_py.cli.options import split_names
from mycaffe_py.cli.run_files import trained
from mycaffe_py.cli.run_plugins import load_plugins_of
from mycaffe_py.device.device import open_device
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer.layer import TEST
from mycaffe_py.net.net import Net
from mycaffe_py.stores import DatabaseWriter, array_to_datum, check_backend

_SAY_EVERY = 1000


def extract(
    *,
    weights: str,
    model: str,
    blobs: str,
    databases: str,
    batches: int,
    kind: str,
    mode: str,
    gpu: int,
    plugins: tuple[str, ...],
) -> int:
    """Run the net, write the databases, and return the exit code."""
    check_backend(kind)
    names, paths = split_names([blobs]), split_names([databases])
    if len(names) != len(paths) or not names:
        raise ConfigError(
            f"the number of blob names and database names must be equal: {len(names)} and {len(paths)}"
        )
    if len(set(paths)) < len(paths):
        raise ConfigError(f"each blob needs a database of its own, not {databases}")
    writers = [DatabaseWriter(path) for path in paths]
    if gpu and mode.upper() == "CPU":
        warn(f"the GPU's number {gpu} has no effect in mode CPU")
    used = trained([weights])
    registry = load_plugins_of(used.runs, plugins)
    device = open_device(
        f"gpu:{gpu}" if mode.upper() == "GPU" else "cpu", seed=used.seed(None) or 0
    )
    say(f"Using {mode.upper()}{f', device {gpu}' if device.is_gpu else ''}")
    document = load_model(model, registry)
    net = Net(document, TEST, weights=used.weights, registry=registry, device=device)
    try:
        _check(net, names)
        with ExitStack() as stack, np.errstate(all="ignore"):
            for writer in writers:
                stack.enter_context(writer)
            say("Extracting Features")
            for _ in range(batches):
                net.forward_layers()
                for name, writer in zip(names, writers, strict=True):
                    _put(net, name, writer)
            for name, writer in zip(names, writers, strict=True):
                if writer.size % _SAY_EVERY:
                    _progress(name, writer)
    finally:
        net.close()
    say("Successfully extracted the features!")
    for path in paths:
        echo_result(path)
    return 0


def _check(net: Net, names: Sequence[str]) -> None:
    for name in names:
        if name not in net.blobs:
            raise ConfigError(
                f'unknown feature blob "{name}" in net "{net.name}"',
                nearest=(name, net.blobs),
                hint=f"blobs: {', '.join(net.blobs)}",
            )
    require_data(net, "features are extracted from the output of the net's data layers")


def _put(net: Net, name: str, writer: DatabaseWriter) -> None:
    blob: Any = net.blobs[name]
    shape = (blob.num, blob.channels, blob.height, blob.width)
    values = net.device.to_host(blob.data).reshape(shape)
    for item in values.astype(np.float32, copy=False):
        datum = array_to_datum(net.registry.schema, item)
        writer.put(f"{writer.size:010}".encode(), datum.SerializeToString())
        if writer.size % _SAY_EVERY == 0:
            _progress(name, writer)


def _progress(name: str, writer: DatabaseWriter) -> None:
    say(f"Extracted features of {writer.size} query images for feature blob {name}")
