"""The BatchReindex layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob
from mycaffe_py.layer import require_an_axis

from .indexing import PickingLayer


class BatchReindex(PickingLayer):
    """Picks items of the batch by index, in any order and with repetitions.

    Bottoms: x (N, ...) and indices (M), each in [0, N); top y (M, ...). y[i] = x[indices[i]]; dx[n]
    is the sum of dy[i] over all i with indices[i] = n. The indices have no gradient.
    """

    type = "BatchReindex"
    parameters = ()

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Give the top as many items as there are indices."""
        x, indices = bottom
        require_an_axis(self, x)
        if indices.num_axes != 1:
            self.fail(
                f'the indices, bottom "{indices.name}" {indices.shape}, must have one axis; '
                f'they pick items of bottom "{x.name}" {x.shape}'
            )
        self.pick_along(0, bottom, top)
