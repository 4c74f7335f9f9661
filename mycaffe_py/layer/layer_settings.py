"""Helpers with which layers read their settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mycaffe_py.blob.blob import Blob, canonical_axis
from mycaffe_py.errors import ShapeError
from mycaffe_py.written_files import OPTION, why_not_there

from .layer import Layer


def blob_axis(layer: Layer, blob: Blob, axis: int, field: str) -> int:
    """Return ``axis`` of ``blob`` as a non-negative index, or fail with an error that names the layer."""
    try:
        return canonical_axis(axis, blob.num_axes)
    except ShapeError:
        layer.fail(
            f'axis {axis} is out of range for bottom "{blob.name}" {blob.shape}', field=field
        )


def output_setting(layer: Layer, name: str, field: str) -> Path:
    """Return the path of a file that a setting names and the layer will write, or fail if the user must allow it first.

    In commands, that is any place outside the current folder. ``field`` is the setting's path.
    """
    reason = why_not_there(field.rpartition(".")[2], name)
    if reason:
        may = "" if "\0" in name else f"if you trust this file, add {OPTION}"
        layer.fail(f'"{name}" {reason}', field=field, hint=may or None)
    return Path(name)


def axis_setting(layer: Layer, param: Any, blob: Blob, field: str, deprecated: str) -> int:
    """Return the axis of Concat or Slice, given as ``axis`` or under its deprecated unsigned name."""
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


def axes_end(layer: Layer, blob: Blob, start: int, num_axes: int, field: str) -> int:
    """Return the end of ``num_axes`` axes of ``blob`` from ``start`` on; -1 means all remaining axes."""
    if num_axes < -1:
        layer.fail(f"num_axes is {num_axes}, but must be -1 or more", field=f"{field}.num_axes")
    end = blob.num_axes if num_axes == -1 else start + num_axes
    if end > blob.num_axes:
        layer.fail(
            f'{num_axes} axes from axis {start} on go past the end of bottom "{blob.name}" {blob.shape}',
            field=f"{field}.num_axes",
        )
    return end


def require_an_axis(layer: Layer, blob: Blob) -> None:
    """Fail if a bottom is a scalar."""
    if not blob.num_axes:
        layer.fail(f'bottom "{blob.name}" {blob.shape} must have at least one axis')


def require_images(layer: Layer, blob: Blob) -> None:
    """Fail unless a bottom has the four axes of images."""
    if blob.num_axes != 4:
        layer.fail(f'bottom "{blob.name}" {blob.shape} must have 4 axes: (N, C, height, width)')


def positive_setting(layer: Layer, message: str, name: str) -> int:
    """Return the setting ``name`` of the layer's ``message``, a count, or fail if it is below 1."""
    value = getattr(getattr(layer.param, message), name)
    if value < 1:
        layer.fail(f"{name} is {value}, but must be at least 1", field=f"{message}.{name}")
    return value


def given_filler(param: Any, field: str, default: float | None = None) -> Any:
    """Return the filler in ``field``; if none is given, one of the constant ``default``, or None for zeros."""
    filler = getattr(param, field)
    if param.HasField(field):
        return filler
    return None if default is None else type(filler)(type="constant", value=default)


def freeze_statistics(layer: Layer, names: Sequence[str]) -> None:
    """Set ``lr_mult`` to 0 for the layer's first blobs, its statistics called ``names``; fail if another is given."""
    specs = layer.param.param
    for index, name in enumerate(names):
        spec = specs[index] if index < len(specs) else specs.add()
        if spec.HasField("lr_mult") and spec.lr_mult != 0:
            layer.fail(
                f"lr_mult of the blob {name} is {spec.lr_mult:g}, but must be 0: it is a statistic "
                "of the data, not learned",
                field=f"param.{index}.lr_mult",
                hint=f"omit lr_mult in the param specs of {layer.type}",
            )
        spec.lr_mult = 0
        if not spec.HasField("decay_mult"):
            spec.decay_mult = 0


keep_from_solver = freeze_statistics
"""The name that freeze_statistics had before 0.2."""


def along(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    """Return the index of the range [start, stop) along ``axis``."""
    return (slice(None),) * axis + (slice(start, stop),)


def enum_name(message: Any, field: str) -> str:
    """Return the name of an enum field's value."""
    enum_type = message.DESCRIPTOR.fields_by_name[field].enum_type
    return enum_type.values_by_number[getattr(message, field)].name
