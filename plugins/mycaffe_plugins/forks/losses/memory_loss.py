"""The MemoryLoss layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mycaffe_plugins.common import (
    NO_CLASS_WEIGHTS,
    ONE_NORMALIZATION,
    PRE_FIXED_NORMALIZER,
    Normalization,
)
from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer
from mycaffe_py.plugins import Only
from mycaffe_py.wording import counted

Handler = Callable[..., Any]
"""Takes the bottoms' values, a NumPy array each, and returns a loss, or (loss, gradients)."""


class MemoryLoss(LossLayer):
    """A loss whose value and gradients a function returns: that of a trainer, or of one's own code.

    Bottoms: one or two of any shape; top: a scalar. ``handler`` is called in each forward pass with the values of the
    bottoms, copies in NumPy arrays on every device, and returns (loss, gradients): a number, and an array of the
    bottom's shape, or with two bottoms a pair of them; None stands for one that is not needed. A number alone will do
    if backward is not called. For example, the mean squared error from 1::

        def handler(x):
            return ((x - 1) ** 2).mean(), 2 * (x - 1) / x.size

        net.layer_dict["loss"].handler = handler

    y = loss / n and dx = dy * gradient / n. By ``loss_param.normalization`` n is the number of items and places,
    N * H * W for (N, C, H, W) (VALID, the default, and FULL), N (BATCH_SIZE) or 1 (NONE, and where two bottoms
    have items of different sizes), as in MyCaffe: in the example, ``normalization: NONE`` keeps the loss as it is.
    """

    type = "MemoryLoss"
    aliases = ("MEMORY_LOSS",)
    fork = "MyCaffe"
    parameters = ("loss_param",)
    conditions = (
        ONE_NORMALIZATION,
        PRE_FIXED_NORMALIZER,
        NO_CLASS_WEIGHTS,
        Only("loss_param.ignore_label", when="never"),
    )
    exact_num_bottom_blobs = None
    min_bottom_blobs = 1
    max_bottom_blobs = 2
    label_bottoms = ()
    allows_in_place = False

    _handler: Handler | None = None

    @property
    def handler(self) -> Handler | None:
        """The function that returns the loss, None as long as none is set. TypeError for what cannot be called."""
        return self._handler

    @handler.setter
    def handler(self, handler: Handler | None) -> None:
        if handler is not None and not callable(handler):
            raise TypeError(f"handler must be a function, not {type(handler).__name__}")
        self._handler = handler

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read how to normalize."""
        self._normalization = Normalization(self.param.loss_param)
        self._gradients: list[np.ndarray | None] = []

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Find n; the top is a scalar."""
        top[0].reshape(())
        first = bottom[0]
        sizes = {blob.count_axes(1) if blob.num_axes else 1 for blob in bottom}
        items = first.shape[0] if first.num_axes else 1
        places = first.count_axes(2) if first.num_axes > 2 else 1
        self._normalizer = (
            self._normalization.divisor(items * places, items) if len(sizes) == 1 else 1
        )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Ask the handler for the loss and the gradients."""
        if self._handler is None:
            self.fail(
                "has no handler: this layer's loss is what a function returns",
                hint=f'set one: net.layer_dict["{self.name}"].handler = function; it gets the bottoms '
                "as arrays and returns (loss, gradients)",
            )
        values = [np.array(self.device.to_host(blob.data)) for blob in bottom]
        loss, self._gradients = self._read(self._handler(*values), bottom)
        top[0].data[...] = loss / self._normalizer

    def _read(self, answer: Any, bottom: Sequence[Blob]) -> tuple[float, list[np.ndarray | None]]:
        """Return the loss and a gradient, or None, for each bottom, or fail with what is wrong with the answer."""
        loss, gradients = answer, None
        if isinstance(answer, tuple):
            if len(answer) != 2:
                self.fail(f"its handler returned {len(answer)} values, not (loss, gradients)")
            loss, gradients = answer
        try:
            number = float(loss)
        except (TypeError, ValueError, OverflowError):
            self.fail(f"its handler returned a {type(loss).__name__} as the loss, not a number")
        if gradients is None or not isinstance(gradients, (tuple, list)):
            gradients = [gradients, *[None] * (len(bottom) - 1)]
        if len(gradients) != len(bottom):
            self.fail(
                f"its handler returned {counted(len(gradients), 'gradient')} for {counted(len(bottom), 'bottom')}"
            )
        return number, [self._gradient(*pair) for pair in zip(gradients, bottom, strict=True)]

    def _gradient(self, gradient: Any, blob: Blob) -> np.ndarray | None:
        if gradient is None:
            return None
        try:
            values = np.asarray(gradient)
            values = values.astype(
                self.dtype, casting="unsafe" if values.dtype == object else "same_kind"
            )
        except (TypeError, ValueError, OverflowError):
            self.fail(f'its handler returned no array of numbers as the gradient of "{blob.name}"')
        if values.shape != blob.shape:
            self.fail(
                f'its handler returned a gradient {values.shape} for bottom "{blob.name}" {blob.shape}'
            )
        return values

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients that the handler returned, over n, times the loss weight."""
        for blob, gradient, wanted in zip(bottom, self._gradients, propagate_down, strict=True):
            if not wanted:
                continue
            if gradient is None:
                self.fail(
                    f'its handler returned no gradient of bottom "{blob.name}", but one is needed here',
                    hint="return (loss, gradients), or give propagate_down: false for that bottom",
                )
            scale = top[0].diff / self._normalizer
            self.xp.multiply(self.device.asarray(gradient), scale, out=blob.diff)
