"""The SmoothL1Loss layer."""

from __future__ import annotations

from collections.abc import Sequence

from mycaffe_py.blob import Blob

from .smooth_l1_cost import SmoothL1Cost

FIELD = "smooth_l1_loss_param"


class SmoothL1Loss(SmoothL1Cost):
    """The sum of smooth L1 distances over the number of items (Fast R-CNN).

    Bottoms a and b of N items, equally many elements each, and, if wanted, inside weights u, or inside and outside
    weights u and v, of as many; top: a scalar. y = sum(v f(u (a - b))) / N with f(d) = s d^2 / 2 where |d| < 1 / s,
    else |d| - 1 / (2 s), and s = ``sigma``^2. da = dy v u f'(u (a - b)) / N; db = -da; weights get 0. Three bottoms
    are the form of SSD and MyCaffe, whose gradient in MyCaffe lacks the factor u.
    """

    recordable = True

    type = "SmoothL1Loss"
    fork = "Fast R-CNN"
    parameters = (FIELD,)
    exact_num_bottom_blobs = None
    min_bottom_blobs = 2
    max_bottom_blobs = 4
    label_bottoms = (2, 3)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read sigma and allocate buffers."""
        super().setup(bottom, top)
        sigma = float(self.param.smooth_l1_loss_param.sigma)
        self.steepness = sigma * sigma
        if not 1e-6 <= sigma <= 1e6:
            self.fail(f"sigma is {sigma:g}, but must be from 1e-6 to 1e6", field=f"{FIELD}.sigma")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the top is a scalar."""
        super().reshape(bottom, top)
        for other in bottom[1:]:
            if other.shape[:1] != bottom[0].shape[:1]:
                self.fail(
                    f'bottom "{bottom[0].name}" {bottom[0].shape} and bottom "{other.name}" '
                    f"{other.shape} must have the same first dimension"
                )
            self.require_same_count((bottom[0], other))
        self.reshape_buffers(bottom[0])
        self.normalizer = max(1, bottom[0].count_axes(0, 1))

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sum of the distances over the number of items."""
        top[0].data[...] = self.xp.sum(self.costs(bottom)) / self.normalizer
