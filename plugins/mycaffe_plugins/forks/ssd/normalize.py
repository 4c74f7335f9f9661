"""The Normalize layer of SSD, also called Normalization2, and that of NormFace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, given_filler

from .settings import one_of_two

_EPS_OF_NORMFACE = 1e-6


def _has_settings(param: Any) -> bool:
    return param.HasField("norm_param") or param.HasField("normalization2_param")


class Normalize(Layer):
    """Divides by the Euclidean norm and multiplies by learned scales.

    Bottom x (N, C, ...), top y of the same shape. With ``across_spatial`` (the default) an item has one norm, else
    each of its places has one, over the channels. n = sqrt(sum x^2 + eps), y = s * x / n, with one scale s for all
    channels or, with ``channel_shared: false``, one for each, which start at 1 unless there is a ``scale_filler``.
    dx = s * dy / n - x * sum(s * dy * x) / n^3; ds, the sum of dy * x / n, is ADDED to the blob's diff. Rules: SSD,
    normalize_layer.cpp. A layer of type Normalize without settings is NormFace's: each place has its norm, eps is
    1e-6, there are no scales, and a second top is the norm (N, 1, ...), without gradient.
    """

    recordable = True
    fork = "SSD"

    type = "Normalize"
    group = "norm"
    parameters = ("norm_param", "normalization2_param")
    exact_num_bottom_blobs = 1
    min_top_blobs = 1
    max_top_blobs = 2
    scaled_without_settings = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the scales."""
        self._require_channels(bottom[0])
        field, param = one_of_two(self, "norm_param", "normalization2_param")
        self.scaled = self.scaled_without_settings or _has_settings(self.param)
        self.across_spatial, self.eps = False, _EPS_OF_NORMFACE
        if self.scaled:
            self.across_spatial = param.across_spatial
            if param.HasField("eps") and param.HasField("esp"):
                self.fail("give eps or esp, MyCaffe's spelling, not both", field=f"{field}.esp")
            self.eps = param.esp if param.HasField("esp") else param.eps
            if not self.eps >= 0:
                self.fail(f"eps is {self.eps:g}, but must not be negative", field=f"{field}.eps")
            shape = () if param.channel_shared else bottom[0].shape[1:2]
            self.add_blob(shape, given_filler(param, "scale_filler", 1), "scale")
            if len(top) > 1:
                self.fail(
                    "takes one top, as there are settings; without any, the second is the norm"
                )
        self._norm = self.working_blob("norm")

    def _require_channels(self, x: Blob) -> None:
        if x.num_axes < 2:
            self.fail(f'bottom "{x.name}" {x.shape} must have at least two axes: (N, C, ...)')

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the tops."""
        x = bottom[0]
        self._require_channels(x)
        if self.scaled and self.blobs[0].shape not in ((), x.shape[1:2]):
            self.fail(
                f'bottom "{x.name}" {x.shape} has {x.shape[1]} channels, but there are scales for '
                f"{self.blobs[0].count}"
            )
        top[0].reshape_like(x)
        self._axes = tuple(range(1, x.num_axes)) if self.across_spatial else (1,)
        norm = [size if axis not in self._axes else 1 for axis, size in enumerate(x.shape)]
        self._norm.reshape(norm)
        if len(top) > 1:
            top[1].reshape(norm)

    def _scale(self, x: Blob) -> Any:
        """Return the scales in a shape that spreads over x."""
        scale = self.blobs[0].data
        return scale.reshape((1, scale.size) + (1,) * (x.num_axes - 2))

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write s * x / n."""
        xp, x, y, norm = self.xp, bottom[0].data, top[0].data, self._norm.data
        xp.multiply(x, x, out=y)
        xp.sum(y, axis=self._axes, keepdims=True, out=norm)
        xp.add(norm, self.eps, out=norm)
        xp.sqrt(norm, out=norm)
        xp.divide(x, norm, out=y)
        if self.scaled:
            xp.multiply(y, self._scale(bottom[0]), out=y)
        if len(top) > 1:
            xp.copyto(top[1].data, norm)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradient without the component along x; add that of the scales."""
        xp, x, dy, norm = self.xp, bottom[0].data, top[0].diff, self._norm.data
        if self.scaled and self.param_propagate_down[0]:
            along = dy * x / norm
            if self.blobs[0].num_axes:
                along = xp.sum(along, axis=tuple(axis for axis in range(x.ndim) if axis != 1))
            self.blobs[0].diff[...] += along if self.blobs[0].num_axes else xp.sum(along)
        if not propagate_down[0]:
            return
        dx = bottom[0].diff
        if self.scaled:
            xp.multiply(dy, self._scale(bottom[0]), out=dx)
        else:
            xp.copyto(dx, dy)
        dot = xp.sum(dx * x, axis=self._axes, keepdims=True)
        xp.subtract(dx, x * (dot / (norm * norm)), out=dx)
        xp.divide(dx, norm, out=dx)


class Normalization2(Normalize):
    """Normalize under MyCaffe's name; without settings it has one scale and one norm for each item."""

    recordable = True
    fork = "MyCaffe"

    type = "Normalization2"
    parameters = ("normalization2_param", "norm_param")
    scaled_without_settings = True
