"""Weights and states from HDF5 files: shapes first, and values only where they are those that are expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob.blobproto import array_to_proto
from mycaffe_py.errors import SnapshotError
from mycaffe_py.stores import HDF5Dataset, HDF5Group, open_hdf5

from .hdf5 import DATA, DEEPEST, DIFF, HISTORY, LONGEST_ATTRIBUTE, MORE, SETTINGS

_KERAS = {"model_weights", "layer_names", "keras_version", "backend", "optimizer_weights"}
_LONGEST_TEXT = 1 << 16
_FLOATS = ("float32", "float64")

_Members = dict[str, HDF5Group | HDF5Dataset | None]


def net_from_hdf5(
    schema: Any, data: bytes, path: Path, shapes: Mapping[str, Sequence[tuple[int, ...]]]
) -> Any:
    """Return a NetParameter with the layers and blobs of an HDF5 file.

    ``shapes`` has the shapes of the net's blobs, by layer: only blobs that have them are read. Others have their shape
    and no values. A blob missing from the file, before one that it has, is empty: it has neither.
    """
    message = schema.new("NetParameter")
    with _open(data, path) as file:
        weights = file.get(DATA)
        if not isinstance(weights, HDF5Group):
            keras = any(name in _KERAS for name in file.names())
            what = "a Keras file" if keras else "an HDF5 file without weights"
            hint = "weights of Caffe are in a .caffemodel or .caffemodel.h5 file" if keras else None
            raise SnapshotError(f"{path} is {what}: it has no group /{DATA}", hint=hint)
        diffs = file.get(DIFF)
        for name, group, members in _layers(weights):
            layer = message.layer.add()
            settings = group.attribute(SETTINGS, LONGEST_ATTRIBUTE)
            if settings is not None:
                _add_settings(schema, layer, settings, path, name)
            layer.name = name
            of_layer = diffs.get(name) if isinstance(diffs, HDF5Group) else None
            expected = shapes.get(name, ())
            for index, dataset in enumerate(_by_index(group, members, len(expected))):
                blob = layer.blobs.add()
                if dataset is not None:
                    _add_values(
                        blob, dataset, expected[index : index + 1], _member(of_layer, index)
                    )
    return message


def _add_settings(schema: Any, layer: Any, settings: bytes, path: Path, name: str) -> None:
    try:
        layer.CopyFrom(schema.parse_binary(settings, "LayerParameter"))
    except ValueError as error:  # SnapshotError, or invalid UTF-8 in a string
        raise SnapshotError(
            f'{path}: the settings of layer "{name}" in its attribute {SETTINGS} are damaged'
        ) from error
    del layer.blobs[:]


def _add_values(
    blob: Any,
    dataset: HDF5Dataset,
    expected: Sequence[tuple[int, ...]],
    diff: HDF5Group | HDF5Dataset | None,
) -> None:
    """Fill a BlobProto: with values if their shape is the expected one, else with the shape alone."""
    shape = dataset.shape
    if not expected or shape != tuple(expected[0]):
        blob.shape.dim[:] = shape
        return
    values, gradients = _floats(dataset), None
    if isinstance(diff, HDF5Dataset):
        if diff.shape != shape:
            raise SnapshotError(f"{diff.where} is {diff.shape}, but its values are {shape}")
        gradients = diff.numbers(values.dtype, expected=True)
    array_to_proto(values, blob, gradients)


def _by_index(group: HDF5Group, members: _Members, least: int) -> list[HDF5Dataset | None]:
    """Return the datasets of a layer or history by their numbers, None where one is missing.

    There are no more of them than names, or ``least``: a large number is no reason for a long list.
    """
    numbered = (name for name in members if name.isdecimal() and name.isascii())
    names = [name for name in numbered if not isinstance(members[name], HDF5Group)]  # a layer "a/0"
    most = max(least, len(names))
    found: list[HDF5Dataset | None] = []
    for name in sorted(names, key=lambda name: (len(name), name)):
        if len(name) > len(str(most)) or int(name) >= most or name != str(int(name)):
            raise SnapshotError(
                f'{group.where} has a blob of number "{name[:20]}", but {len(names)} in all'
            )
        dataset = members[name]
        if not isinstance(dataset, HDF5Dataset):
            raise SnapshotError(f'{group.where}: "{name}" is no dataset')
        found += [None] * (int(name) - len(found)) + [dataset]
    return found


def _members(group: HDF5Group) -> _Members:
    return {name: group.get(name) for name in group.names()}


def _member(group: HDF5Group | HDF5Dataset | None, index: int) -> HDF5Group | HDF5Dataset | None:
    return group.get(str(index)) if isinstance(group, HDF5Group) else None


def _layers(
    group: HDF5Group, prefix: str = "", depth: int = 0
) -> Iterator[tuple[str, HDF5Group, _Members]]:
    """Yield each layer's name, group and what is in it; names with slashes are groups within groups."""
    if depth > DEEPEST:
        raise SnapshotError(f"{group.where} is more than {DEEPEST} groups deep, or contains itself")
    members = _members(group)
    groups = {name: inner for name, inner in members.items() if isinstance(inner, HDF5Group)}
    if prefix and (not members or len(groups) < len(members)):
        yield prefix, group, members
    for name, inner in groups.items():
        yield from _layers(inner, f"{prefix}/{name}" if prefix else name, depth + 1)


def state_from_hdf5(schema: Any, data: bytes, path: Path, shapes: Sequence[tuple[int, ...]]) -> Any:
    """Return the SolverState of an HDF5 file.

    ``shapes`` has the shapes of the solver's history: only arrays that have them are read.
    """
    message = schema.new("SolverState")
    with _open(data, path) as file:
        more = file.get(MORE)
        if isinstance(more, HDF5Dataset):
            content = more.numbers(np.uint8).tobytes()
            try:
                stored = schema.parse_binary(content, "SolverState")
            except ValueError as error:
                raise SnapshotError(f"{more.where} is damaged") from error
            message.entry.extend(stored.entry)
        for name in ("iter", "current_step"):
            value = _dataset(file, name).integer()
            if not 0 <= value < 1 << 31:
                raise SnapshotError(f"{path}: its {name} is {value}: it is damaged")
            setattr(message, name, value)
        message.learned_net = _dataset(file, "learned_net").text(_LONGEST_TEXT)
        history = file.get(HISTORY)
        if not isinstance(history, HDF5Group):
            raise SnapshotError(f"{path} has no group /{HISTORY}: it is damaged or of another kind")
        for index, dataset in enumerate(_by_index(history, _members(history), len(shapes))):
            blob = message.history.add()
            if dataset is not None:
                _add_values(blob, dataset, shapes[index : index + 1], None)
    return message


def _dataset(file: HDF5Group, name: str) -> HDF5Dataset:
    found = file.get(name)
    if isinstance(found, HDF5Dataset):
        return found
    raise SnapshotError(f"{file.where} has no dataset {name}: it is damaged or of another kind")


def _floats(dataset: HDF5Dataset) -> np.ndarray:
    """Return a dataset's values; types other than float32 and float64 are converted to float32."""
    plain = dataset.dtype.name in _FLOATS
    return dataset.numbers(dataset.dtype.name if plain else np.float32, expected=True)


def _open(data: bytes, path: Path) -> AbstractContextManager[HDF5Group]:
    return open_hdf5(data, str(path), SnapshotError)
