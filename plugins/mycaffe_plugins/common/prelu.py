"""The PReLU layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.functions import negative_part, positive_part
from mycaffe_py.layer import given_filler

from .neuron import NeuronLayer

_DEFAULT_SLOPE = 0.25


class PReLU(NeuronLayer):
    """Rectified linear unit whose slopes for negative values are learned.

    Bottom x (N, C, ...), top y of the same shape; may work in place. Blob: slope a (C), or a single
    number () with ``channel_shared``; 0.25 unless ``filler`` says otherwise.
    y = max(x, 0) + a_c * min(x, 0); dx = dy where x > 0, else a_c * dy;
    da_c += sum of dy * min(x, 0) over channel c (over everything with ``channel_shared``).
    """

    recordable = True

    type = "PReLU"
    parameters = ("prelu_param",)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the slopes."""
        param = self.param.prelu_param
        self.shared = param.channel_shared
        self._check_axes(bottom[0])
        filler = given_filler(param, "filler", _DEFAULT_SLOPE)
        self.add_blob(() if self.shared else (bottom[0].shape[1],), filler, "slope")
        self._work, self._sum, self._input = map(self.working_blob, ("work", "sum", "input"))
        self._sum.reshape_like(self.blobs[0])
        self._in_place = top[0] is bottom[0]

    def _check_axes(self, bottom: Blob) -> None:
        if bottom.num_axes < 2:
            self.fail(
                f'bottom "{bottom.name}" {bottom.shape} has {bottom.num_axes} axes, but at least 2 '
                "are needed: axis 1 is the channel axis"
            )

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that there are as many channels as slopes."""
        super().reshape(bottom, top)
        shape, slope = bottom[0].shape, self.blobs[0]
        self._check_axes(bottom[0])
        if not self.shared and (shape[1],) != slope.shape:
            self.fail(
                f'bottom "{bottom[0].name}" {shape} has {shape[1]} channels, but blob "slope" '
                f"{slope.shape} was made for {slope.count}",
                hint="channel_shared: true takes any number of channels",
            )
        self._work.reshape(shape)
        self._summed = tuple(axis for axis in range(len(shape)) if axis != 1 or self.shared)

    def _slope(self, axes: int) -> Any:
        """Return the slopes in a shape that broadcasts to the bottom's."""
        slope = self.blobs[0].data
        return slope if self.shared else slope.reshape((-1,) + (1,) * (axes - 2))

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write max(x, 0) + a * min(x, 0)."""
        xp, x, y, work = self.xp, bottom[0].data, top[0].data, self._work.data
        if self._in_place:
            self._input.reshape(bottom[0].shape)
            xp.copyto(self._input.data, x)
        negative_part(xp, x, work)
        xp.multiply(work, self._slope(x.ndim), out=work)
        positive_part(xp, x, y)
        xp.add(y, work, out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add the gradient of the slopes, write that of x."""
        xp, dy, work = self.xp, top[0].diff, self._work.data
        x = (self._input if self._in_place else bottom[0]).data
        if self.param_propagate_down[0]:
            negative_part(xp, x, work)
            xp.multiply(work, dy, out=work)
            xp.sum(work, axis=self._summed, out=self._sum.data)
            gradient = self.blobs[0].diff
            xp.add(gradient, self._sum.data, out=gradient)
        if propagate_down[0]:
            xp.multiply(dy, self._slope(x.ndim), out=work)
            xp.copyto(work, dy, where=x > 0)
            xp.copyto(bottom[0].diff, work)
