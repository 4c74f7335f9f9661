"""One file for a trained estimator: an .npz archive of plain arrays, without pickle.

The entry ``header`` is JSON text: format, class, parameters and single numbers. The other entries are arrays:
``weights/...``, ``history/...``, scalings and classes. The model's text is not part of it but follows from the
parameters, so that a file can make no layer of its choice run.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar

import numpy as np

from mycaffe_py.device import require_memory_for_file
from mycaffe_py.errors import DeviceError, MissingFileError, MyCaffeError, SnapshotError
from mycaffe_py.reading import read_bytes
from mycaffe_py.weights import atomic_write

from .stored import header_and_arrays, restored

FORMAT = 1
_KINDS = "biufU"
_LONGEST_HEADER = 1 << 20

Restored = TypeVar("Restored")


def save(
    estimator: Any,
    path: str | os.PathLike[str],
    parts: Callable[[Any], tuple[dict[str, Any], dict[str, np.ndarray]]] = header_and_arrays,
) -> None:
    """Write a trained estimator, given as its ``parts``, completely or not at all. Raises OutputError."""
    header, arrays = parts(estimator)
    about = {"format": FORMAT, "class": type(estimator).__name__, "entries": sorted(arrays)}
    text = json.dumps({**about, **header})
    entries: dict[str, Any] = {"header": np.array(text), **arrays}

    def write(file: BinaryIO) -> None:
        np.savez(file, **entries)

    atomic_write(path, write)


def load(
    cls: type[Restored],
    path: str | os.PathLike[str],
    device: str | None = None,
    restore: Callable[..., Any] = restored,
) -> Restored:
    """Return the estimator of a file, on its device or ``device``. Raises MissingFileError or SnapshotError."""
    require_memory_for_file(path)
    try:
        data = read_bytes(path)
    except FileNotFoundError as error:
        raise MissingFileError(f"no such file: {path}") from error
    except OSError as error:
        raise SnapshotError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        arrays = _entries(data)
        header = json.loads(str(arrays.pop("header")))
        name, version = header["class"], header["format"]
        # A damaged directory may lack some; files of earlier versions do not say which there are.
        if sorted(arrays) != header.pop("entries", sorted(arrays)):
            raise ValueError("it has other entries than it was written with")
    except _DAMAGES as error:
        raise SnapshotError(
            f"{path} is no file of an estimator, or damaged: {error}",
            hint="estimator.save(path) writes such files",
        ) from error
    if version != FORMAT:
        raise SnapshotError(f"{path} has format {version!r:.40}; this version reads {FORMAT}")
    if name != cls.__name__:
        raise SnapshotError(
            f"{path} holds a {name!s:.60}", hint=f"{name!s:.60}.load(path) reads it"
        )
    try:
        found: Restored = restore(cls, header, arrays, device)
        return found
    except DeviceError:
        raise
    except (*_DAMAGES, MyCaffeError) as error:
        raise SnapshotError(f"{path} is damaged: {error}") from error


_DAMAGES = (
    *(zipfile.BadZipFile, EOFError, KeyError, TypeError, ValueError, AttributeError, IndexError),
    *(OverflowError, MemoryError, RecursionError, NotImplementedError, RuntimeError, OSError),
)


def _entries(data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of an archive; entries are not compressed, so they are no larger than the file."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > len(data):
                raise ValueError(f"entry {entry.filename!r:.60} is compressed")
            found[entry.filename.removesuffix(".npy")] = _array(archive.read(entry))
    return found


def _array(data: bytes) -> np.ndarray:
    """Return an array in NumPy's format; its memory is checked against its header before it is made."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array's format is not 1.0")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, _LONGEST_HEADER)
    if dtype.kind not in _KINDS or fortran and len(shape) > 1:
        raise ValueError(f"an array of {dtype} is not expected")
    rest = data[file.tell() :]
    count = 1
    for size in shape:
        count *= size
    if count * dtype.itemsize != len(rest):
        raise ValueError(f"an array of {shape} has {len(rest)} bytes")
    if not count:
        return np.zeros(shape, dtype)
    return np.frombuffer(rest, dtype).reshape(shape).copy()
