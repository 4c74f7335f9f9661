"""Conversion between BlobProto messages and arrays."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import SnapshotError, naming_place
from mycaffe_py.reading import read_bytes

_LEGACY_DIMS = ("num", "channels", "height", "width")
_LENGTH_DELIMITED = 2
_RAW_TYPES = ("<f8", "<f4", "<f2", "<i4", "<u4")
"""The types of raw bytes, by the numbers of BlobProto.RawType."""


def is_legacy(proto: Any) -> bool:
    """Whether a BlobProto gives its shape in the four fields that preceded ``shape``."""
    return any(proto.HasField(name) for name in _LEGACY_DIMS)


def proto_shape(proto: Any) -> tuple[int, ...]:
    """Return the shape that a BlobProto declares, in ``shape`` or in the four legacy fields."""
    if is_legacy(proto):
        return tuple(getattr(proto, name) for name in _LEGACY_DIMS)
    return tuple(proto.shape.dim)


def shape_fits(proto: Any, shape: tuple[int, ...]) -> bool:
    """Whether a stored blob has ``shape``; a legacy one may have extra leading ones."""
    stored = proto_shape(proto)
    if is_legacy(proto):
        return len(shape) <= 4 and stored == (1,) * (4 - len(shape)) + tuple(shape)
    return stored == tuple(shape)


def as_type(values: np.ndarray, dtype: Any) -> np.ndarray:
    """Return stored values in a blob's type; a double beyond float32's range becomes infinite, as in Caffe."""
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(dtype, copy=False)


def array_from_proto(proto: Any, *, diff: bool = False) -> np.ndarray:
    """Return the values (or the diff) of a BlobProto as an array: NVIDIA's raw bytes, or doubles, or floats.

    Of several forms the first counts, as in NVIDIA's Caffe and in Caffe. Raises SnapshotError if the number of
    values does not match the shape.
    """
    values = _raw_values(proto, "diff" if diff else "data")
    if values is None:
        doubles = proto.double_diff if diff else proto.double_data
        floats = proto.diff if diff else proto.data
        double = bool(len(doubles))
        values = np.array(doubles if double else floats, np.float64 if double else np.float32)
    shape = proto_shape(proto)
    fits = all(dim >= 0 for dim in shape) and math.prod(shape) == values.size
    try:
        if fits:
            return values.reshape(shape)
    except ValueError:  # more axes, or longer ones, than an array can have
        pass
    raise SnapshotError(
        f"a stored blob declares shape {shape} but has {values.size} values: the file is damaged"
    )


def has_diff(proto: Any) -> bool:
    """Whether a BlobProto has gradients, in any form."""
    return bool(proto.diff or proto.double_diff or proto.raw_diff)


def _raw_values(proto: Any, part: str) -> np.ndarray | None:
    """Return the values (part "data" or "diff") that NVIDIA's Caffe stored as bytes, or None if it did not."""
    if not proto.HasField(f"raw_{part}"):
        return None
    raw = getattr(proto, f"raw_{part}")
    if not proto.HasField(f"raw_{part}_type"):
        raise SnapshotError(
            f"a stored blob has raw_{part} of {len(raw)} bytes, but no raw_{part}_type, which says what they are"
        )
    dtype = np.dtype(_RAW_TYPES[getattr(proto, f"raw_{part}_type")])
    if len(raw) % dtype.itemsize:
        raise SnapshotError(
            f"a stored blob has raw_{part} of {len(raw)} bytes, which are not whole numbers of "
            f"{dtype.itemsize} bytes: the file is damaged"
        )
    wide = np.float32 if dtype.kind == "f" and dtype.itemsize < 8 else np.float64
    return np.frombuffer(raw, dtype).astype(wide)


def array_from_file(path: Path, schema: Any) -> np.ndarray:
    """Return the values of a .binaryproto file, which contains one BlobProto.

    Raises SnapshotError if the file cannot be read or contains something else.
    """
    try:
        proto = schema.parse_binary(read_bytes(path), "BlobProto")
    except OSError as error:
        raise SnapshotError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise SnapshotError(f"{path} does not contain a BlobProto message") from error
    with naming_place(str(path), SnapshotError):
        return array_from_proto(proto)


def array_to_proto(array: np.ndarray, proto: Any, diff: np.ndarray | None = None) -> None:
    """Write ``array`` (and ``diff``) into a BlobProto: float64 as doubles, everything else as floats."""
    proto.shape.dim[:] = array.shape
    _extend(proto, "double_data" if array.dtype == np.float64 else "data", array)
    if diff is not None:
        _extend(proto, "double_diff" if array.dtype == np.float64 else "diff", diff)


def _extend(proto: Any, name: str, array: np.ndarray) -> None:
    """Append to a packed field in its wire format: many times faster than value by value."""
    values = np.ascontiguousarray(array, dtype="<f8" if name.startswith("double") else "<f4")
    if not values.size:
        return
    tag = proto.DESCRIPTOR.fields_by_name[name].number << 3 | _LENGTH_DELIMITED
    proto.MergeFromString(bytes([tag]) + _varint(values.nbytes) + values.tobytes())


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
