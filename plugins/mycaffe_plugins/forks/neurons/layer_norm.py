"""The LayerNorm layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_plugins.common import Channels, NeuronLayer
from mycaffe_py.blob import Blob
from mycaffe_py.layer import blob_axis
from mycaffe_py.plugins import Only

_FIELD = "layer_norm_param"


class LayerNorm(NeuronLayer):
    """Normalises each item, or each step of it, to mean 0 and variance 1 (Ba et al. 2016).

    Bottom x, such as (N, T, C); top y of the same shape; may work in place. Over all axes from ``axis`` on, with
    their mean m and variance v: z = (x - m) / sqrt(v + eps), y = z, or y = z * scale + bias with
    ``elementwise_affine``, whose blobs scale and bias have the shape of those axes. With g = dy * scale,
    dx = (g - mean(g) - z * mean(g * z)) / sqrt(v + eps).

    Two forks have the type. MyCaffe's normalises from axis 2 on (axis 1 of two), adds ``epsilon`` (1e-10) and learns
    nothing. synopsys-caffe's normalises from axis 1 on, adds ``eps`` (1e-5) and by default learns
    scale and bias; it is the one meant where ``eps`` or ``elementwise_affine`` is given. ``axis`` chooses another one.
    """

    recordable = True

    type = "LayerNorm"
    group = "norm"
    fork = "MyCaffe"
    parameters = (_FIELD,)
    conditions = (
        Only(
            f"{_FIELD}.epsilon",
            f"{_FIELD}.axis",
            f"{_FIELD}.eps",
            f"{_FIELD}.elementwise_affine",
            when="no enable_passthrough",
        ),
    )

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read which form is meant, and create scale and bias."""
        param = self.param.layer_norm_param
        synopsys = param.HasField("eps") or param.HasField("elementwise_affine")
        if param.HasField("eps") and param.HasField("epsilon"):
            self.fail("give eps or epsilon, not both", field=f"{_FIELD}.eps")
        name = "epsilon" if param.HasField("epsilon") or not synopsys else "eps"
        self.eps = float(getattr(param, name))
        if not self.eps >= 0:
            self.fail(f"{name} is {self.eps:g}, but must not be negative", field=f"{_FIELD}.{name}")
        self.passes = param.enable_passthrough
        self.axis = self._first_axis(bottom[0], 1 if synopsys else min(2, bottom[0].num_axes - 1))
        self.learns = synopsys and param.elementwise_affine and not self.passes
        if self.learns:
            shape = bottom[0].shape[self.axis :]
            self.add_blob(shape, 1.0, "scale")
            self.add_blob(shape, 0.0, "bias")
        self.rows = Channels(self)
        self._normal, self._scratch = map(self.working_blob, ("normal", "scratch"))

    def _first_axis(self, x: Blob, default: int) -> int:
        param = self.param.layer_norm_param
        axis = blob_axis(
            self, x, param.axis if param.HasField("axis") else default, f"{_FIELD}.axis"
        )
        if not x.count_axes(axis):
            self.fail(f'bottom "{x.name}" {x.shape} has nothing to normalise from axis {axis} on')
        return axis

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that scale and bias fit; the top has the bottom's shape."""
        super().reshape(bottom, top)
        x = bottom[0]
        if x.num_axes <= self.axis:
            self.fail(f'bottom "{x.name}" {x.shape} has no axis {self.axis}')
        if self.learns and x.shape[self.axis :] != self.blobs[0].shape:
            self.fail(
                f'bottom "{x.name}" {x.shape} does not fit the blob "scale" {self.blobs[0].shape}, '
                f"which was made for its axes from {self.axis} on"
            )
        self.rows.resize(1, x.count_axes(0, self.axis), x.count_axes(self.axis))
        self._scratch.reshape_like(x)
        if self.learns:
            self._normal.reshape_like(x)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the normalised values, or the input with ``enable_passthrough``."""
        xp, rows, x, y = self.xp, self.rows, bottom[0].data, top[0].data
        if self.passes:
            xp.copyto(y, x)
        if self.passes or not bottom[0].count:
            return
        z = self._normal.data if self.learns else y
        mean = rows.sum(x) / rows.each
        variance = rows.centre(x, mean, z) / rows.each
        self._inverse = 1 / xp.sqrt(variance + self.eps)
        rows.affine(z, self._inverse, None, z)
        if self.learns:
            xp.multiply(z, self.blobs[0].data, out=y)
            xp.add(y, self.blobs[1].data, out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add the gradients of scale and bias, write that of x."""
        xp, rows, dy = self.xp, self.rows, top[0].diff
        if self.passes:
            if propagate_down[0]:
                xp.copyto(bottom[0].diff, dy)
            return
        if not bottom[0].count:
            return
        z, g = (self._normal if self.learns else top[0]).data, dy
        if self.learns:
            self._learn(z, dy)
            g = self._scratch.data
            xp.multiply(dy, self.blobs[0].data, out=g)
        if propagate_down[0]:
            total, product = rows.sum_and_dot(g, z)
            rows.without_statistics(
                g, z, product / rows.each, total / rows.each, self._inverse, bottom[0].diff
            )

    def _learn(self, z: Any, dy: Any) -> None:
        """Add the gradients of scale, the sum of dy * z over the rows, and of bias, that of dy."""
        xp, scratch = self.xp, self._scratch.data
        xp.multiply(dy, z, out=scratch)
        for blob, values, wanted in zip(
            self.blobs, (scratch, dy), self.param_propagate_down, strict=True
        ):
            if wanted:
                diff = blob.diff.reshape(-1)
                diff += xp.sum(values.reshape(-1, blob.count), axis=0)
