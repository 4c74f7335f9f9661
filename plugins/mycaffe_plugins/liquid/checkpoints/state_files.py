"""Files with a PyTorch module's state: .safetensors, and .pt by torch where it is installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import MissingFileError, SnapshotError, require
from mycaffe_py.reading import read_bytes
from mycaffe_py.weights import atomic_write

from .torch_files import read_torch, torch_bytes

SAFETENSORS = (".safetensors",)
TORCH = (".pt", ".pth", ".ckpt", ".bin")
SUFFIXES = SAFETENSORS + TORCH
EXTRA = "torch-weights"

# By the format's names; others, such as 8-bit floats, are kept without values.
_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip


@dataclass(frozen=True)
class Tensor:
    """A tensor of a file."""

    dtype: str
    """Its type, by the file's name for it."""
    shape: tuple[int, ...]
    values: np.ndarray | None
    """The values (half precision as float32), or None if NumPy has no such type."""

    @property
    def is_float(self) -> bool:
        """Whether the values are floating-point numbers that can be read."""
        return self.values is not None and self.values.dtype.kind == "f"


State = dict[str, Tensor]


def read_state(path: Path) -> State:
    """Return the tensors of a file by name.

    Raises MissingFileError, MissingExtraError, or SnapshotError for a file that is damaged, of another kind, or that
    could run code.
    """
    state = _read(path)
    odd = next((name for name in state if not name.isprintable()), None)
    if odd is not None:  # it would be shown on a terminal
        raise SnapshotError(f"{path} has a tensor whose name has control characters: {odd!a}")
    return state


def _read(path: Path) -> State:
    try:
        data = read_bytes(path)
    except FileNotFoundError as error:
        raise MissingFileError(f"{path} does not exist") from error
    except OSError as error:
        raise SnapshotError(f"cannot read {path}: {error.strerror or error}") from error
    if path.suffix.lower() in SAFETENSORS:
        return _read_safetensors(path, data)
    return {name: _tensor(*labelled) for name, labelled in read_torch(path, data).items()}


def write_state(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as a file of the kind that its suffix names, atomically."""
    ordered = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    if path.suffix.lower() in SAFETENSORS:
        data = require("safetensors.numpy", EXTRA).save(ordered)
    else:
        data = torch_bytes(path, ordered)
    atomic_write(path, data)


def _tensor(label: str, shape: tuple[int, ...], array: np.ndarray | None) -> Tensor:
    if array is not None and array.dtype == np.float16:
        array = array.astype(np.float32)
    return Tensor(label, shape, array)


def _read_safetensors(path: Path, data: bytes) -> State:
    """Read a file by the library, which checks every length in the header before it takes memory."""
    library = require("safetensors", EXTRA)
    try:
        entries = library.deserialize(data)
    except library.SafetensorError as error:
        raise SnapshotError(
            f"{path} is not a safetensors file, or is damaged: {_reason(error)}",
            hint=_advice(data),
        ) from error
    try:
        return {name: _decoded(entry) for name, entry in sorted(entries)}
    except ValueError as error:  # an empty tensor whose other sizes are beyond any array's
        raise SnapshotError(f"{path} has a tensor of an impossible shape: {error}") from error


def _decoded(entry: Mapping[str, Any]) -> Tensor:
    label, shape = str(entry["dtype"]), tuple(entry["shape"])
    if label == "BF16":  # the upper half of a float32
        upper = np.frombuffer(entry["data"], dtype="<u2").astype(np.uint32)
        return Tensor(label, shape, (upper << 16).view(np.float32).reshape(shape))
    if label not in _DTYPES:
        return Tensor(label, shape, None)
    array = np.frombuffer(entry["data"], dtype=_DTYPES[label]).reshape(shape)
    return _tensor(label, shape, array)


def _reason(error: Exception) -> str:
    return str(error).removeprefix("Error while deserializing: ")


def _advice(data: bytes) -> str:
    if data[:2] in (b"PK", b"\x80\x02"):
        return "it begins as a file of torch.save does: give it the suffix .pt"
    return "copy the file again, and compare its size with the original's"
