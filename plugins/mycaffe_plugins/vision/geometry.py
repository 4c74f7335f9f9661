"""The geometry of kernels: size, stride, padding and dilation, from ``convolution_param``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, positive_setting

FIELD = "convolution_param"


@dataclass(frozen=True)
class Geometry:
    """For each spatial axis: the kernel's size, its stride, the zero padding, and the dilation."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def extent(self) -> tuple[int, ...]:
        """The extent of a kernel: dilation * (kernel - 1) + 1."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def pointwise(self) -> bool:
        """Whether the windows are exactly the single elements of the image."""
        ones = (1,) * len(self.kernel)
        return self.kernel == self.stride == ones and not any(self.pad)

    def output_size(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """Return the number of windows along each axis: floor((size + 2 pad - extent) / stride) + 1."""
        sizes = zip(spatial, self.pad, self.extent, self.stride, strict=True)
        return tuple((size + 2 * p - extent) // s + 1 for size, p, extent, s in sizes)

    def taps(self, image: tuple[int, ...], windows: tuple[int, ...]) -> int:
        """Return how many elements of all windows lie inside the image: what a convolution multiplies by."""
        axes = zip(image, self.kernel, self.stride, self.pad, self.dilation, windows, strict=True)
        return math.prod(taps(*axis) for axis in axes)

    def image_size(self, windows: tuple[int, ...]) -> tuple[int, ...]:
        """Return the size of the smallest image with that many windows: stride (n - 1) + extent - 2 pad."""
        sizes = zip(windows, self.pad, self.extent, self.stride, strict=True)
        return tuple(s * (count - 1) + extent - 2 * p for count, p, extent, s in sizes)


def taps(size: int, kernel: int, stride: int, pad: int, dilation: int, windows: int) -> int:
    """Return how many elements of the windows along an axis lie inside the image, not in its padding."""
    count = 0
    for element in range(kernel):
        shift = element * dilation - pad  # of the element in window 0
        first = max(0, -(shift // stride))
        last = min(windows - 1, (size - 1 - shift) // stride)
        count += max(0, last - first + 1)
    return count


def count_windows(
    layer: Layer, geometry: Geometry, bottom: Blob, spatial: tuple[int, ...]
) -> tuple[int, ...]:
    """Return the number of windows along each axis; fail if it is 0 along any."""
    windows = geometry.output_size(spatial)
    if min(windows, default=1) < 1:
        padded = tuple(size + 2 * pad for size, pad in zip(spatial, geometry.pad, strict=True))
        layer.fail(
            f'the kernel extends over {geometry.extent}, but bottom "{bottom.name}" {bottom.shape} '
            f"is only {padded} with its padding",
            field=FIELD,
        )
    return windows


def read_geometry(layer: Layer, bottom: Blob, spatial_axes: int) -> Geometry:
    """Read and check the settings for a bottom with ``spatial_axes``; fails, naming the layer."""
    return Geometry(
        kernel=_sizes(layer, bottom, spatial_axes, "kernel_size", "kernel", None),
        stride=_sizes(layer, bottom, spatial_axes, "stride", "stride", 1),
        pad=_sizes(layer, bottom, spatial_axes, "pad", "pad", 0),
        dilation=_dilation(layer, bottom, spatial_axes),
    )


def _dilation(layer: Layer, bottom: Blob, axes: int) -> tuple[int, ...]:
    """Return the dilation, which old forks call ``hole``, or ``hole_h`` and ``hole_w`` (1 where not given)."""
    param = layer.param.convolution_param
    given = [name for name in ("hole", "hole_h", "hole_w") if param.HasField(name)]
    if not given:
        return _sizes(layer, bottom, axes, "dilation", "", 1)
    field = f"{FIELD}.{given[0]}"
    if param.dilation:
        layer.fail(f"{given[0]} is another name of dilation: give one of them", field=field)
    if len(given) > 1 and given[0] == "hole":
        layer.fail("give hole, or hole_h and hole_w, not both", field=field)
    if axes != 2:
        layer.fail(
            f'{given[0]} is for two spatial axes, but bottom "{bottom.name}" {bottom.shape} has {axes}: '
            "use dilation",
            field=field,
        )
    for name in given:
        positive_setting(layer, FIELD, name)
    return (param.hole, param.hole) if given == ["hole"] else (param.hole_h, param.hole_w)


def _sizes(
    layer: Layer, bottom: Blob, axes: int, name: str, stem: str, default: int | None
) -> tuple[int, ...]:
    """Return a setting for each axis, from its repeated form or its _h and _w form."""
    param = layer.param.convolution_param
    given = list(getattr(param, name))
    pair = [f"{stem}_{side}" for side in "hw"] if stem else []
    present = [field for field in pair if param.HasField(field)]
    if present:
        sizes = _pair(layer, bottom, axes, name, pair, present[0])
    elif not given and (default is not None or not axes):
        sizes = [default or 0] * axes
    elif not given:
        layer.fail(
            f"{name} is missing: give {name}, or {' and '.join(pair)}, for the {axes} spatial axes of "
            f'bottom "{bottom.name}" {bottom.shape}',
            field=FIELD,
        )
    elif len(given) in (1, axes):
        sizes = given * axes if len(given) == 1 else given
    else:
        layer.fail(
            f"{name} must be given once, or once for each of the {axes} spatial axes of bottom "
            f'"{bottom.name}" {bottom.shape}: got {given}',
            field=f"{FIELD}.{name}",
        )
    if name != "pad" and 0 in sizes:
        wrong = pair[sizes.index(0)] if present else name
        both = f": {pair[0]} and {pair[1]} must be given together" if present else ""
        layer.fail(
            f"{wrong} is 0, but must be at least 1{both}",
            field=f"{FIELD}.{present[0] if present else name}",
        )
    return tuple(sizes)


def _pair(
    layer: Layer, bottom: Blob, axes: int, name: str, pair: list[str], present: str
) -> list[int]:
    param: Any = layer.param.convolution_param
    if getattr(param, name):
        layer.fail(f"give {name}, or {pair[0]} and {pair[1]}, not both", field=f"{FIELD}.{present}")
    if axes != 2:
        layer.fail(
            f'{present} is for two spatial axes, but bottom "{bottom.name}" {bottom.shape} has {axes}: '
            f"use {name}",
            field=f"{FIELD}.{present}",
        )
    return [getattr(param, field) for field in pair]
