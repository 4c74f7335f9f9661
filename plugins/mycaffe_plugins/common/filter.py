"""The Filter layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer


class Filter(Layer):
    """Keeps some items of the batch.

    Two or more bottoms of N items each; the last is the selector, of shape (N) or (N, 1, ...), and
    there is a top for each of the others. A top has the items where the selector is not 0, in
    order: its first dimension may change with each forward, and may be 0; at setup, before there are
    data, it is N. dx is dy where an item was kept, 0 elsewhere; the selector has no gradient.
    """

    type = "Filter"
    group = "shape"
    parameters = ()
    min_bottom_blobs = 2
    min_top_blobs = 1
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return True for every bottom but the selector."""
        return bottom_index != self._selector

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the number of tops."""
        if len(top) != len(bottom) - 1:
            self.fail(
                f"needs a top for each bottom but the last, the selector: {len(bottom)} bottoms "
                f"and {len(top)} tops"
            )
        self._selector = len(top)
        self._has_data = False

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the selector and size the tops to the items that it keeps."""
        *others, selector = bottom
        if not selector.num_axes or selector.count != selector.shape[0]:
            self.fail(
                f'the selector, bottom "{selector.name}" {selector.shape}, must hold one value for each '
                "item: expected (N) or (N, 1, ...)"
            )
        for blob in others:
            if blob.shape[:1] != selector.shape[:1]:
                self.fail(
                    f'bottom "{blob.name}" {blob.shape} and the selector, bottom "{selector.name}" '
                    f"{selector.shape}, must have the same first dimension"
                )
        keeps = self.device.to_host(selector.data) if self._has_data else np.ones(selector.count)
        self._has_data = True
        kept = np.flatnonzero(keeps)
        self.kept = self.device.asarray(kept)
        for blob, x in zip(top, others, strict=True):
            blob.reshape(len(kept), *x.shape[1:])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the selected items."""
        for x, blob in zip(bottom, top, strict=False):
            if blob.count:
                self.xp.take(x.data, self.kept, axis=0, out=blob.data)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of the selected items, and 0 for the others."""
        if propagate_down[-1]:
            self.fail(
                f'the selector, bottom "{bottom[-1].name}", has no gradient, but one is needed here',
                hint="give propagate_down for each bottom, false for the selector",
            )
        for x, blob, wanted in zip(bottom, top, propagate_down, strict=False):
            if wanted:
                dx = x.diff
                dx[...] = 0
                if blob.count:
                    dx[self.kept] = blob.diff
