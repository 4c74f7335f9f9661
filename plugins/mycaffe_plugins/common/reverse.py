"""The Reverse layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, blob_axis


class Reverse(Layer):
    """Reverses a blob along one axis, such as the steps of sequences.

    Bottoms x and, if sequences are padded, mask (N, T, ...), 1 where observed: then ``axis`` must be 1, x is
    (N, T, ...), and the steps up to each sequence's last observed one are reversed; those after it stay. Top y of the
    shape of x. With ``keep_first``, the first step stays and the others are reversed: so spans of time since the step
    before fit the reversed steps. Applied twice, the layer changes nothing. The gradient of the mask is 0.
    """

    type = "Reverse"
    aliases = ("REVERSE",)
    group = "shape"
    parameters = ("reverse_param",)
    min_bottom_blobs = 1
    max_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: everything depends on the shapes."""

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check axis and mask, and shape the top."""
        x, param = bottom[0], self.param.reverse_param
        self.axis = blob_axis(self, x, param.axis, "reverse_param.axis")
        if len(bottom) > 1:
            self._check_mask(x, bottom[1])
        top[0].reshape(x.shape)

    def _check_mask(self, x: Blob, mask: Blob) -> None:
        if self.axis != 1:
            self.fail(
                f"a mask needs axis 1, the steps of x (N, T, ...), but axis is {self.param.reverse_param.axis}",
                field="reverse_param.axis",
            )
        if mask.num_axes < 2 or mask.shape[:2] != x.shape[:2]:
            self.fail(
                f'the mask, bottom "{mask.name}" {mask.shape}, must be (N, T, ...) with the first two axes of '
                f'bottom "{x.name}" {x.shape}'
            )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Reverse x."""
        self._reverse(bottom, bottom[0].data, top[0].data)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Reverse dy: each step goes back to its place."""
        if propagate_down[0]:
            self._reverse(bottom, top[0].diff, bottom[0].diff)
        if any(propagate_down[1:]):
            bottom[1].diff.fill(0)

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for a mask, which has no gradient."""
        return bottom_index == 0

    def _reverse(self, bottom: Sequence[Blob], source: Any, target: Any) -> None:
        first = int(self.param.reverse_param.keep_first)
        if not source.size:
            return
        if len(bottom) > 1:
            items = self.xp.arange(source.shape[0])[:, None]
            target[...] = source[items, self._places(bottom[1].data, first)]
            return
        source, target = (self.xp.moveaxis(each, self.axis, 0) for each in (source, target))
        target[:first] = source[:first]
        target[first:] = source[first:][::-1]

    def _places(self, mask: Any, first: int) -> Any:
        """Return from which step each one is taken, (N, T)."""
        xp, (count, steps) = self.xp, mask.shape[:2]
        step = xp.arange(steps)
        observed = (mask.reshape(count, steps, -1) != 0).any(axis=2)
        lengths = ((step + 1) * observed).max(axis=1)[:, None]
        moved = (step >= first) & (step < lengths)
        return xp.where(moved, lengths - 1 + first - step, step)
