"""Shapes as forks of Caffe of before general blobs see them."""

from __future__ import annotations

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer


def legacy_shape(layer: Layer, blob: Blob) -> tuple[int, int, int, int]:
    """Return (num, channels, height, width) of a bottom with at most four axes, 1 for those that it lacks."""
    if blob.num_axes > 4:
        layer.fail(f'bottom "{blob.name}" {blob.shape} must have at most 4 axes')
    num, channels, height, width = (*blob.shape, 1, 1, 1, 1)[:4]
    return num, channels, height, width
