"""The BatchReindex layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer

from .row_sums import RowSums


class BatchReindex(Layer):
    """Picks items of the batch by index: some more than once, some never.

    Bottoms: x (N, ...) and indices (M), each in [0, N); top y (M, ...). y[i] = x[indices[i]]; dx[n]
    is the sum of dy[i] over all i with indices[i] = n. The indices have no gradient.
    """

    type = "BatchReindex"
    parameters = ()
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Every bottom but the indices."""
        return bottom_index == 0

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """The top has as many items as there are indices."""
        x, indices = bottom
        if not x.num_axes:
            self.fail(f'bottom "{x.name}" {x.shape} must have at least one axis')
        if indices.num_axes != 1:
            self.fail(
                f'the indices, bottom "{indices.name}" {indices.shape}, must have one axis; '
                f'they pick items of bottom "{x.name}" {x.shape}'
            )
        top[0].reshape(indices.count, *x.shape[1:])

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the items that the indices name."""
        x, named = bottom
        values = self.device.to_host(named.data)
        inside = (values >= 0) & (values < x.shape[0])
        if not inside.all():
            place = int(np.argmin(inside))
            self.fail(
                f'bottom "{named.name}" {named.shape} holds {values[place]:g} at index {place}, but '
                f'bottom "{x.name}" {x.shape} has {x.shape[0]} items, counted from 0'
            )
        self.indices = values.astype(np.int64)
        if top[0].count:
            self.xp.take(x.data, self.device.asarray(self.indices), axis=0, out=top[0].data)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add up the gradients of each item's copies."""
        if propagate_down[1]:
            self.fail(
                f'the indices, bottom "{bottom[1].name}", have no gradient, but one is needed here',
                hint="give propagate_down for each bottom, false for the indices",
            )
        if propagate_down[0]:
            RowSums(self.indices, self.device).write(top[0].diff, bottom[0].diff)
