"""The Proposal layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, positive_setting, require_images

from .. import boxes
from .anchors import all_anchors, base_anchors

FIELD = "proposal_param"
MAX_ANCHORS = 10_000
"""The most anchors of a cell."""


class Proposal(Layer):
    """Regions from the scores and deltas of a region proposal net (the C++ form of PVANet and OpenVINO's Caffe).

    Bottoms: scores (N, 2 A, H, W), of which the second half are those of objects, deltas (N, 4 A, H, W), and the size
    of each image, N rows of (height, width, scale) or (height, width, scale of y, scale of x). Tops: regions (R, 5),
    rows of (image, x1, y1, x2, y2), and, if wanted, their scores (R). The A anchors, each of ``scale`` for each of
    ``ratio``, are moved by their deltas and clipped to the image; scores of regions that are smaller than ``min_size``
    times the image's scale become 0. The ``pre_nms_topn`` highest go through suppression at ``nms_thresh``, and
    ``post_nms_topn`` of each image remain. The number of regions is known after forward. It runs on the host and has
    no gradient: bottoms get 0.
    """

    type = "Proposal"
    fork = "PVANet"
    group = "other"
    parameters = (FIELD,)
    exact_num_bottom_blobs = 3
    min_top_blobs = 1
    max_top_blobs = 2
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False: nothing here has a gradient."""
        return False

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return sizes of images that fit the maps, and small deltas."""
        if bottom_index == 2:
            row = [*(size * self.stride for size in shapes[0][2:]), 1, 1]
            return np.resize(row[: shapes[2][-1]], shapes[2])
        return rng.uniform(0, 0.5, shapes[bottom_index])

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings and make the anchors."""
        param = self.param.proposal_param
        self.stride, size, self.before, self.after = (
            positive_setting(self, FIELD, name)
            for name in ("feat_stride", "base_size", "pre_nms_topn", "post_nms_topn")
        )
        self.min_size, self.threshold = param.min_size, float(param.nms_thresh)
        if not 0 <= self.threshold <= 1:
            self.fail(
                f"nms_thresh is {self.threshold:g}, but must be from 0 to 1",
                field=f"{FIELD}.nms_thresh",
            )
        ratios, scales = self._list("ratio", "0.5, 1 and 2"), self._list("scale", "8, 16 and 32")
        if len(ratios) * len(scales) > MAX_ANCHORS:
            self.fail(
                f"{len(ratios)} ratios and {len(scales)} scales are more than {MAX_ANCHORS} anchors",
                field=f"{FIELD}.scale",
            )
        self.anchors = base_anchors(size, ratios, scales).astype(self.dtype)

    def _list(self, name: str, usual: str) -> list[float]:
        """Return a repeated setting, or fail if it has no number or one that is not above 0."""
        values = [float(value) for value in getattr(self.param.proposal_param, name)]
        field = f"{FIELD}.{name}"
        if not values:
            self.fail(
                f"{name} must be given at least once",
                field=FIELD,
                hint=f"Faster R-CNN's are {usual}",
            )
        for index, value in enumerate(values):
            if not 1e-3 <= value <= 1e4:
                self.fail(
                    f"{name} is {value:g}, but must be from 0.001 to 10000",
                    field=f"{field}.{index}",
                )
        return values

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; the tops get room for as many regions as there may be."""
        scores, deltas, sizes = bottom
        count = len(self.anchors)
        for blob, channels in ((scores, 2 * count), (deltas, 4 * count)):
            require_images(self, blob)
            if blob.shape != (scores.shape[0], channels, *scores.shape[2:]):
                self.fail(
                    f'bottom "{blob.name}" {blob.shape} must be ({scores.shape[0]}, {channels}, '
                    f"{scores.shape[2]}, {scores.shape[3]}), as there are {count} anchors",
                    field=FIELD,
                    hint="there is an anchor for each ratio and each scale",
                )
        images = scores.shape[0]
        if sizes.count not in (3 * images, 4 * images):
            self.fail(
                f'bottom "{sizes.name}" {sizes.shape} must hold (height, width, scale), or (height, '
                f"width, scale of y, scale of x), for each of {images} images"
            )
        cells = count * scores.count_axes(2)
        self._resize(top, images * min(self.after, self.before, cells))

    def _resize(self, top: Sequence[Blob], regions: int) -> None:
        top[0].reshape(regions, 5)
        for blob in top[1:]:
            blob.reshape(regions)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the regions of all images, one image after the other, the highest scores first."""
        scores, deltas, sizes = self.device.fetch(*(blob.data for blob in bottom))
        count, (images, _, height, width) = len(self.anchors), scores.shape
        sizes = sizes.reshape(images, bottom[2].count // max(1, images))
        if not np.isfinite(sizes).all():
            self.fail(
                f'bottom "{bottom[2].name}" {bottom[2].shape} must hold finite sizes of images'
            )
        anchors = all_anchors(self.anchors, height, width, self.stride)
        regions, kept_scores = [], []
        for image in range(images):
            moves = deltas[image].reshape(count, 4, -1).transpose(2, 0, 1).reshape(-1, 4)
            of_objects = scores[image, count:].reshape(count, -1).T.reshape(-1)
            proposed, score = self._of_image(anchors, moves, of_objects, sizes[image])
            regions.append(np.insert(proposed, 0, image, axis=1))
            kept_scores.append(score)
        rows = np.concatenate([np.empty((0, 5), self.dtype), *regions])
        self._resize(top, len(rows))
        top[0].data[...] = self.device.asarray(rows.astype(self.dtype))
        for blob in top[1:]:
            values = np.concatenate([np.empty(0, self.dtype), *kept_scores])
            blob.data[...] = self.device.asarray(values)

    def _of_image(
        self, anchors: np.ndarray, moves: np.ndarray, scores: np.ndarray, size: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the regions (R, 4) and scores (R) of an image."""
        with np.errstate(over="ignore", invalid="ignore"):
            moved = boxes.decode(np, anchors, moves, pixel=1)
        moved = boxes.clip(np, np.nan_to_num(moved), size[1], size[0], pixel=1)
        least = self.min_size * size[3 if len(size) > 3 else 2], self.min_size * size[2]
        sides = moved[:, 2:] - moved[:, :2] + 1
        scores = scores * ((sides[:, 0] >= least[0]) & (sides[:, 1] >= least[1]))
        order = boxes.by_score(scores, limit=self.before)
        moved, scores = moved[order], scores[order]
        kept = boxes.suppress(moved, self.threshold, limit=self.after, pixel=1)
        return moved[kept], scores[kept]

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write 0 as each gradient that is asked for."""
        for blob, wanted in zip(bottom, propagate_down, strict=True):
            if wanted:
                blob.diff.fill(0)
