"""The axis rules that Scale and Bias share."""

from __future__ import annotations

from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, axes_end, blob_axis


def learns_values(param: Any) -> bool:
    """Whether a LayerParameter has a single bottom, so that the layer learns what it applies to it."""
    return len(param.bottom) == 1


def spanned_shape(layer: Layer, param: Any, bottom: Blob, field: str) -> tuple[int, ...]:
    """Return the shape of learned values: ``num_axes`` axes of ``bottom`` from ``axis`` on.

    -1 means all remaining axes, 0 a single value.
    """
    if param.num_axes == 0:
        return ()
    start = blob_axis(layer, bottom, param.axis, f"{field}.axis")
    return bottom.shape[start : axes_end(layer, bottom, start, param.num_axes, field)]


def spanned_sizes(
    layer: Layer, param: Any, bottom: Blob, values: Blob, field: str
) -> tuple[int, int, int]:
    """Return the sizes of ``bottom`` before, under and after the axes of ``values``.

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
