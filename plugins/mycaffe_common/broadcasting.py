"""The axis rules that Scale and Bias share."""

from __future__ import annotations

from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer
from mycaffe_py.layer_settings import blob_axis


def spanned_shape(layer: Layer, param: Any, bottom: Blob, field: str) -> tuple[int, ...]:
    """Return the shape of learned values: ``num_axes`` axes of ``bottom`` from ``axis`` on.

    -1 stands for all the rest, 0 for a single value.
    """
    number = param.num_axes
    if number < -1:
        layer.fail(f"num_axes is {number}, but must be -1 or more", field=f"{field}.num_axes")
    if number == 0:
        return ()
    start = blob_axis(layer, bottom, param.axis, f"{field}.axis")
    end = bottom.num_axes if number == -1 else start + number
    if end > bottom.num_axes:
        layer.fail(
            f'{number} axes from axis {start} on go past the end of bottom "{bottom.name}" '
            f"{bottom.shape}",
            field=f"{field}.num_axes",
        )
    return bottom.shape[start:end]


def spanned_sizes(
    layer: Layer, param: Any, bottom: Blob, values: Blob, field: str
) -> tuple[int, int, int]:
    """Return how ``values`` divides ``bottom``: the sizes before, under and behind it.

    Fails unless ``values`` has the dimensions of ``bottom`` from ``axis`` on. A single value (no
    axes) spans any bottom, whatever ``axis`` is.
    """
    start = blob_axis(layer, bottom, param.axis, f"{field}.axis") if values.num_axes else 0
    end = start + values.num_axes
    if bottom.shape[start:end] != values.shape:
        kind = "blob" if any(values is blob for blob in layer.blobs) else "bottom"
        layer.fail(
            f'{kind} "{values.name}" {values.shape} does not fit bottom "{bottom.name}" '
            f"{bottom.shape} from axis {start} on: expected the same dimensions there",
            field=f"{field}.axis" if param.HasField("axis") else "",
        )
    return bottom.count_axes(0, start), values.count, bottom.count_axes(end)


def default_filler(param: Any, field: str, value: float) -> Any:
    """Return the filler given in ``field``, or else one of the constant ``value``."""
    filler = getattr(param, field)
    if param.HasField(field):
        return filler
    filler = type(filler)()
    filler.type, filler.value = "constant", value
    return filler
