"""The BoxAnnotatorOHEM layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, positive_setting

from .legacy_shape import legacy_shape

FIELD = "box_annotator_ohem_param"


class BoxAnnotatorOHEM(Layer):
    """Keeps the labels and weights of the regions with the largest losses (R-FCN's online hard example mining).

    Bottoms: regions (R, 5, H, W), whose first channel is the image, losses and labels (R, 1, H, W), weights (R, C, H,
    W); H and W are 1 in published nets and may be missing. Tops: labels and weights, with four axes. Of each image the
    ``roi_per_img`` places of the largest losses, of equal ones the first, keep theirs; the others get ``ignore_label``
    and 0. A NaN counts as the largest loss. Nothing has a gradient: bottoms get 0. The choice is made on the host.
    """

    type = "BoxAnnotatorOHEM"
    fork = "R-FCN"
    group = "loss"
    parameters = (FIELD,)
    exact_num_bottom_blobs = 4
    exact_num_top_blobs = 2
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False: nothing here has a gradient."""
        return False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read how many to keep."""
        self.most = positive_setting(self, FIELD, "roi_per_img")
        self.ignore_label = self.param.box_annotator_ohem_param.ignore_label

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms and size the tops."""
        regions = legacy_shape(self, bottom[0])
        rows, _, *places = regions
        if regions[1] != 5:
            self.fail(
                f'bottom "{bottom[0].name}" {bottom[0].shape} must hold regions (R, 5), each '
                "(image, x1, y1, x2, y2)"
            )
        for blob in bottom[1:]:
            channels = legacy_shape(self, blob)[1] if blob is bottom[3] else 1
            if legacy_shape(self, blob) != (rows, channels, *places):
                what = "C" if blob is bottom[3] else "1"
                self.fail(
                    f'bottom "{blob.name}" {blob.shape} must be ({rows}, {what}, '
                    f"{places[0]}, {places[1]}), to fit bottom "
                    f'"{bottom[0].name}" {bottom[0].shape}'
                )
        top[0].reshape(rows, 1, *places)
        top[1].reshape(legacy_shape(self, bottom[3]))

    def _chosen(self, bottom: Sequence[Blob]) -> np.ndarray:
        """Return, for each place, whether its image keeps it."""
        regions, losses = self.device.fetch(bottom[0].data, bottom[1].data)
        images = regions.reshape(legacy_shape(self, bottom[0]))[:, 0].reshape(-1)
        losses = np.where(np.isnan(losses), np.inf, losses).reshape(-1)
        order = np.argsort(-losses, kind="stable")
        _, group = np.unique(images[order], return_inverse=True)
        by_image = np.argsort(group, kind="stable")
        starts = np.searchsorted(group[by_image], group[by_image])
        chosen = np.zeros(len(order), dtype=bool)
        chosen[order[by_image]] = np.arange(len(order)) - starts < self.most
        return chosen

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write what is kept."""
        xp, (labels, weights) = self.xp, (blob.data for blob in top)
        chosen = self.device.asarray(self._chosen(bottom)).reshape(labels.shape)
        xp.copyto(labels, xp.where(chosen, bottom[2].data.reshape(labels.shape), self.ignore_label))
        xp.copyto(weights, xp.where(chosen, bottom[3].data.reshape(weights.shape), 0))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write 0 as each gradient that is asked for."""
        for blob, wanted in zip(bottom, propagate_down, strict=True):
            if wanted:
                blob.diff.fill(0)
