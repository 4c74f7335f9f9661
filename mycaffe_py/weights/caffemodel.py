"""Saving a net's weights to a .caffemodel or .caffemodel.h5 file, and loading them."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.blob.blobproto import (
    array_from_proto,
    array_to_proto,
    as_type,
    has_diff,
    proto_shape,
    shape_fits,
)
from mycaffe_py.blob.host_blob import refresh_views, send_writes
from mycaffe_py.errors import LayerError, OutputError, SnapshotError, naming_place
from mycaffe_py.layer.layer import Layer
from mycaffe_py.wording import counted

from .atomic import atomic_write
from .files import STATE, WEIGHTS, kind_of, parse, read_file
from .hdf5 import is_hdf5, weights_to_hdf5
from .misfits import misfit_hint, other_net_hint
from .seal import sealed

LARGEST_BINARY = 2**31 - 1
"""Protobuf's limit for the size of a message, in bytes; readers reject more."""

_RENAME = "rename the layer to train it from scratch"


@dataclass(frozen=True)
class LoadReport:
    """Result of loading weights, by layer name.

    ``loaded`` got values from the file; ``ignored`` have values in the file but are not in the
    net; ``missing`` are in the net but not, or not completely, in the file and keep their values.
    """

    loaded: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"{counted(len(self.loaded), 'layer')} loaded"]
        parts += [f"ignored: {', '.join(self.ignored)}"] if self.ignored else []
        parts += [f"not in the file: {', '.join(self.missing)}"] if self.missing else []
        return "; ".join(parts)


def split_paths(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[str]:
    """Return one path, several, or comma-separated ones as a list of paths."""
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    result: list[str] = []
    for path in [os.fspath(one) for one in given]:
        whole = os.path.exists(path)  # a name may contain a comma
        result += [path] if whole else [part.strip() for part in path.split(",") if part.strip()]
    return result


def net_to_proto(net: Any, write_diff: bool = False) -> Any:
    """Return a NetParameter of a net as built, with its weights (and gradients)."""
    message = net.registry.schema.new("NetParameter")
    message.name = net.name
    send_writes()
    for layer in net.device_layers:
        entry = message.layer.add()
        entry.CopyFrom(layer.param)
        del entry.blobs[:]
        for blob in layer.blobs:
            diff = net.device.to_host(blob.diff) if write_diff else None
            array_to_proto(net.device.to_host(blob.data), entry.blobs.add(), diff)
    return message


def save_weights(
    net: Any, path: str | os.PathLike[str], *, write_diff: bool = False, hdf5: bool = False
) -> None:
    """Write the weights (and gradients) to ``path``, atomically: in Caffe's binary format, or as HDF5.

    Raises OutputError if that fails, and MissingExtraError for HDF5 without h5py.
    """
    write_weights(net, path, write_diff, hdf5)


def write_weights(
    net: Any, path: str | os.PathLike[str], write_diff: bool, hdf5: bool = False
) -> str:
    """Write the weights as :func:`save_weights` does and return the file's digest."""
    if hdf5:
        data = weights_to_hdf5(net, write_diff)
    else:
        check_size(path, size_of_weights(net, write_diff))
        data = serialize(net_to_proto(net, write_diff), path)
    atomic_write(path, data)
    return digest(data)


def size_of_weights(net: Any, write_diff: bool) -> int:
    """Return how many bytes the values of a net's blobs (and their gradients) take in a file."""
    blobs = [blob for layer in net.device_layers for blob in layer.blobs]
    return sum(blob.count for blob in blobs) * net.dtype.itemsize * (2 if write_diff else 1)


def serialize(message: Any, path: str | os.PathLike[str]) -> bytes:
    """Return a message as the bytes of a file, or raise OutputError if it is too large."""
    from google.protobuf.message import EncodeError

    try:
        data = sealed(message.SerializeToString())
    except (EncodeError, ValueError) as error:  # the values just fit, but not the whole message
        raise _too_large(path, f"more than {LARGEST_BINARY:,}") from error
    check_size(path, len(data))
    return data


def check_size(path: str | os.PathLike[str], size: int) -> None:
    """Raise OutputError if a file of the binary format cannot hold ``size`` bytes."""
    if size > LARGEST_BINARY:
        raise _too_large(path, f"{size:,}")


def _too_large(path: str | os.PathLike[str], size: str) -> OutputError:
    return OutputError(
        f"cannot write {os.fspath(path)}: it would take {size} bytes, but a file in Caffe's binary format "
        f"can have at most {LARGEST_BINARY:,}",
        hint="HDF5 has no such limit: use snapshot_format: HDF5 in the solver file, or save_hdf5() of a net",
    )


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def load_weights(net: Any, path: str | os.PathLike[str]) -> LoadReport:
    """Load the weights of a file, binary or HDF5 by its content, into the layers with the same names.

    Everything is checked before the first value changes. Raises MissingFileError, or SnapshotError
    for a file of another kind, a damaged one, blobs that do not fit, or if no layer of the file is
    in the net.
    """
    path = Path(path)
    plan = plan_weights(net, path, read_file(path, WEIGHTS))
    plan.apply()
    return plan.report


@dataclass
class WeightsPlan:
    """Checked weights, ready to be copied into a net."""

    net: Any
    values: list[tuple[Blob, np.ndarray, np.ndarray | None]]
    report: LoadReport

    def apply(self) -> None:
        """Copy the values (and gradients, where the file has them)."""
        asarray = self.net.device.asarray
        send_writes()
        for blob, data, diff in self.values:
            blob.data[...] = asarray(as_type(data, blob.dtype))
            if diff is not None:
                blob.diff[...] = asarray(as_type(diff, blob.dtype))
        refresh_views()


def plan_weights(net: Any, path: Path, data: bytes) -> WeightsPlan:
    """Check the content of a weights file against a net, changing nothing."""
    if kind_of(data) == STATE:
        raise SnapshotError(
            f"{path} is a solver state, but a weights file is expected",
            hint=_advice(path),
        )
    layers = net.layers_by_name()
    shapes = {name: [blob.shape for blob in layer.blobs] for name, layer in layers.items()}
    message = parse(net.registry.schema, data, "NetParameter", path, WEIGHTS, shapes)
    stored = list(_stored_layers(message))
    if not any(name for name, _ in stored):
        raise SnapshotError(f"{path} contains no layers: it is damaged or of another kind")
    known = [(layers[name], blobs) for name, blobs in stored if name in layers]
    _let_layers_check(path, message, layers)
    may_lack = _shared_blobs(net) if is_hdf5(data) else None
    values = list(_fitting(path, message, known, may_lack))
    report = LoadReport(
        loaded=list(dict.fromkeys(layer.name for layer, blobs in known if blobs)),
        ignored=[name for name, blobs in stored if name not in layers and blobs],
        missing=_missing(net, [blob for blob, _, _ in values]),
    )
    if not report.loaded and (net.params or not known):
        raise SnapshotError(
            f'no layer of {path} fits net "{net.name}": the file has weights for '
            f"{_abbreviated(name for name, blobs in stored if blobs)}; the net for {_abbreviated(net.params)}",
            hint=other_net_hint(path, message),
        )
    return WeightsPlan(net, values, report)


def weights_beside(state: Path) -> Path:
    """Return the path of the weights file beside a state, by Caffe's rule."""
    ending = ".solverstate.h5" if state.name.endswith(".h5") else ".solverstate"
    stem = state.name.removesuffix(ending)
    return state.with_name(stem + ending.replace(".solverstate", ".caffemodel"))


def _advice(path: Path) -> str:
    sibling = weights_beside(path)
    other = f"its weights are in {sibling}; " if os.path.isfile(sibling) else ""
    return f"{other}to continue from the state, use --resume {shlex.quote(str(path))}"


def _stored_layers(message: Any) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield name and blobs of each layer; of layers with the same name, those that have blobs."""
    stored = [(entry.name, entry.blobs) for entry in message.layer]
    for entry in message.layers:
        inner = entry.layer  # files of Caffe's first version have name and blobs one level deeper
        stored.append((entry.name or inner.name, entry.blobs or inner.blobs))
    with_blobs = {name for name, blobs in stored if blobs}
    return ((name, blobs) for name, blobs in stored if blobs or name not in with_blobs)


def _let_layers_check(path: Path, message: Any, layers: dict[str, Layer]) -> None:
    """Show each layer its settings in the file; a refusal names the file."""
    for entry in message.layer:
        if entry.name in layers and entry.type and entry.blobs:
            with naming_place(str(path), LayerError):
                layers[entry.name].check_loaded(entry)


def _shared_blobs(net: Any) -> set[int]:
    """Return the blobs that belong to an earlier layer, by identity: an HDF5 file may leave them out."""
    return {id(blob) for parameter in net.parameters.owners for blob in parameter.sharers}


def _fitting(
    path: Path,
    message: Any,
    known: Iterable[tuple[Layer, Sequence[Any]]],
    may_lack: set[int] | None,
) -> Iterator[tuple[Blob, np.ndarray, np.ndarray | None]]:
    """Yield the blobs of layers with their stored values; the error for one that does not fit says what to set."""
    for layer, blobs in known:
        try:
            yield from _values(path, layer, blobs, may_lack)
        except SnapshotError as error:
            if error.hint == _RENAME:
                raise SnapshotError(error.message, hint=misfit_hint(layer, message)) from error
            raise


def _values(
    path: Path, layer: Layer, stored: Sequence[Any], may_lack: set[int] | None
) -> Iterator[tuple[Blob, np.ndarray, np.ndarray | None]]:
    """Yield a layer's blobs with their stored values; with None for ``may_lack``, none may be missing."""
    where = f'{path}: layer "{layer.name}" ({layer.type})'
    if may_lack is not None:
        stored = [*stored, *[None] * (len(layer.blobs) - len(stored))]
    if len(stored) != len(layer.blobs):
        raise SnapshotError(
            f"{where} has {counted(len(stored), 'blob')} in the file and {len(layer.blobs)} in the net",
            hint=_RENAME,
        )
    names = [*layer.blob_names, *map(str, range(len(layer.blob_names), len(layer.blobs)))]
    for blob, proto, name in zip(layer.blobs, stored, names, strict=True):
        if proto is None or not proto.ByteSize():
            if may_lack is not None and id(blob) in may_lack:
                continue
            if proto is None:
                raise SnapshotError(
                    f'{where}: the file has no values for blob "{name}" {blob.shape}', hint=_RENAME
                )
        if not shape_fits(proto, blob.shape):
            raise SnapshotError(
                f'{where}: blob "{name}" is {proto_shape(proto)} in the file '
                f"and {blob.shape} in the net",
                hint=_RENAME,
            )
        yield blob, *read_blob(proto, blob.shape, f'{where}: blob "{name}"')


def read_blob(
    proto: Any, shape: tuple[int, ...], where: str
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return values and gradients (None if there are none) of a stored blob in the given shape."""
    with naming_place(where, SnapshotError):
        diff = array_from_proto(proto, diff=True) if has_diff(proto) else None
        data = array_from_proto(proto)
    return data.reshape(shape), None if diff is None else diff.reshape(shape)


def _missing(net: Any, filled: Iterable[Blob]) -> list[str]:
    owner = {
        id(blob): index
        for index, parameter in enumerate(net.parameters.owners)
        for blob in (parameter.blob, *parameter.sharers)
    }
    done = {owner[id(blob)] for blob in filled}
    return [
        name
        for name, blobs in ((layer.name, layer.blobs) for layer in net.device_layers)
        if any(owner[id(blob)] not in done for blob in blobs)
    ]


def _abbreviated(names: Iterable[str]) -> str:
    names = [f'"{name}"' for name in names]
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "") if names else "none"
