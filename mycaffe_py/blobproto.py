"""BlobProto messages to arrays and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import SnapshotError

_LEGACY_DIMS = ("num", "channels", "height", "width")


def proto_shape(proto: Any) -> tuple[int, ...]:
    """Return the shape that a BlobProto states, by ``shape`` or by the legacy four fields."""
    if any(proto.HasField(name) for name in _LEGACY_DIMS):
        return tuple(getattr(proto, name) for name in _LEGACY_DIMS)
    return tuple(proto.shape.dim)


def array_from_proto(proto: Any, *, diff: bool = False) -> np.ndarray:
    """Return the values (or the diff) of a BlobProto as an array; doubles come before floats."""
    doubles = proto.double_diff if diff else proto.double_data
    floats = proto.diff if diff else proto.data
    values = (
        np.array(doubles, dtype=np.float64) if len(doubles) else np.array(floats, dtype=np.float32)
    )
    shape = proto_shape(proto)
    if int(np.prod(shape)) != values.size:
        raise SnapshotError(
            f"a stored blob says shape {shape} but holds {values.size} values: the file is damaged"
        )
    return values.reshape(shape)


def array_to_proto(array: np.ndarray, proto: Any, diff: np.ndarray | None = None) -> None:
    """Write ``array`` (and ``diff``) into a BlobProto: float64 as doubles, all else as floats."""
    proto.shape.dim[:] = array.shape
    double = array.dtype == np.float64
    _extend(proto.double_data if double else proto.data, array, double)
    if diff is not None:
        _extend(proto.double_diff if double else proto.diff, diff, double)


def _extend(repeated: Any, array: np.ndarray, double: bool) -> None:
    values = np.ascontiguousarray(array, dtype=np.float64 if double else np.float32)
    repeated.extend(values.reshape(-1).tolist())
