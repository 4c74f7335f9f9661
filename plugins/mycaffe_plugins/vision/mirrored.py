"""Both gradients of a correlation of stride 1, computed from a single gathering of windows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mycaffe_py.device import Device

from .correlation import Correlation
from .geometry import Geometry

GATHER_COST, SCATTER_COST = 5, 12
"""Cost on a CPU, in multiply-adds, of gathering an element into columns or scattering it back, approximately."""


class MirroredGradients:
    """Computes the images' gradient as the maps' gradient correlated with the flipped, transposed kernels.

    The columns are windows of the maps' gradient, padded by dilation * (kernel - 1) - pad. Their product with the
    images is the gradient of the flipped kernels. That saves the scattering of ``Correlation.spread`` and one
    gathering, but needs a column for each position of the images instead of one for each of the maps.
    """

    def __init__(self, device: Device, dtype: Any, geometry: Geometry, group: int):
        self.device, self.xp, self.dtype, self.group = device, device.xp, dtype, group
        pad = tuple(extent - 1 - p for extent, p in zip(geometry.extent, geometry.pad, strict=True))
        self.possible = (
            not geometry.pointwise
            and all(stride == 1 for stride in geometry.stride)
            and min(pad, default=-1) >= 0
        )
        self.pays = False
        """Whether this is faster than ``Correlation``'s two gradients for the current shapes."""
        if self.possible:
            mirrored = Geometry(geometry.kernel, geometry.stride, pad, geometry.dilation)
            self.correlation = Correlation(device, dtype, mirrored, group)
            self._flipped = (..., *(slice(None, None, -1),) * len(pad))

    def reshape(self, images: Sequence[int], maps: Sequence[int]) -> None:
        """Set the shapes of images and maps."""
        if self.possible:
            product = images[1] * maps[1] // self.group
            usual_cost = math.prod(maps[2:]) * (images[1] * (GATHER_COST + SCATTER_COST) + product)
            cost = math.prod(images[2:]) * (maps[1] * GATHER_COST + product)
            # With more channels in the maps, the columns are larger than those of the images: no gain, as measured.
            self.pays = maps[1] <= images[1] and cost < usual_cost
            self.correlation.reshape(maps, images)

    def add_gradients(self, images: Any, maps: Any, weight: Any, gradient: Any, out: Any) -> None:
        """Write the images' gradient to ``out`` and add the weight's, given that of the maps."""
        flipped = self.mirror(weight)
        shape = (flipped.shape[0] * flipped.shape[1], *flipped.shape[2:])
        kernels, found = (
            self.device.scratch(f"mirrored {name}", shape, self.dtype)
            for name in ("weight", "gradient")
        )
        self.xp.copyto(kernels.reshape(flipped.shape), flipped)
        found.fill(0)
        self.correlation.correlate_and_add(maps, kernels, out, images, found)
        target = self.mirror(gradient)
        self.xp.add(target, found.reshape(target.shape), out=target)

    def mirror(self, weight: Any) -> Any:
        """Return a flipped view (group, C / group, M / group, *kernel) of a weight (M, C / group, *kernel)."""
        by_group = weight.reshape(self.group, -1, *weight.shape[1:])
        return by_group.swapaxes(1, 2)[self._flipped]
