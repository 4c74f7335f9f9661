"""What layers need to read their settings."""

from __future__ import annotations

from typing import Any

from .blob import Blob, canonical_axis
from .errors import ShapeError
from .layer import Layer


def blob_axis(layer: Layer, blob: Blob, axis: int, field: str) -> int:
    """Return ``axis`` counted from the front of ``blob``, or fail in the layer's name."""
    try:
        return canonical_axis(axis, blob.num_axes)
    except ShapeError:
        layer.fail(
            f'axis {axis} is out of range for bottom "{blob.name}" {blob.shape}', field=field
        )


def axis_setting(layer: Layer, param: Any, blob: Blob, field: str, deprecated: str) -> int:
    """Return the axis of Concat or Slice, given by ``axis`` or by its deprecated unsigned name."""
    if not param.HasField(deprecated):
        return blob_axis(layer, blob, param.axis, f"{field}.axis")
    if param.HasField("axis"):
        layer.fail(
            f"give axis or {deprecated} (its old name), not both", field=f"{field}.{deprecated}"
        )
    axis = getattr(param, deprecated)
    if axis >= blob.num_axes:
        layer.fail(
            f'{deprecated} {axis} is out of range for bottom "{blob.name}" {blob.shape}',
            field=f"{field}.{deprecated}",
        )
    return axis


def along(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    """Return the index of the part [start, stop) along ``axis``."""
    return (slice(None),) * axis + (slice(start, stop),)


def enum_name(message: Any, field: str) -> str:
    """Return the name of the value that an enum field has."""
    enum_type = message.DESCRIPTOR.fields_by_name[field].enum_type
    return enum_type.values_by_number[getattr(message, field)].name
