"""The DetectionOutput layer of SSD."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer
from mycaffe_py.plugins import Only

from ..boxes import by_score, suppress
from .box_code import BoxCode, check_predictions, split_priors
from .settings import background, number_of_classes

_FIELD = "detection_output_param"
_LOWEST = float(np.finfo(np.float32).min)


class DetectionOutput(Layer):
    """What SSD has found: for each class the boxes with the highest scores that do not overlap a better one.

    Bottoms: boxes (N, 4 P) relative to P priors (with ``share_location: false`` (N, 4 P C)), scores (N, P C), the
    priors of PriorBox (1, 2, 4 P), and perhaps the image, which is not read. Top (1, 1, n, 7): item, class, score,
    xmin, ymin, xmax, ymax, by items and classes, the highest scores first; corners are in parts of the image, and may
    lie outside. Without any, there is a row for each item with its number and -1 elsewhere; n, 1 at first, changes
    with each forward. For each class but the background, the ``nms_param.top_k`` highest scores above
    ``confidence_threshold`` are looked at, and of an item's boxes the ``keep_top_k`` best are kept. No gradient. The
    boxes are decoded on the device, and chosen on the host. Rules: SSD, detection_output_layer.cpp; files of
    ``save_output_param`` are not written, and ``visualize`` shows nothing.
    """

    fork = "SSD"

    type = "DetectionOutput"
    parameters = (_FIELD,)
    conditions = (
        Only(
            *(
                f"{_FIELD}.{name}"
                for name in ("save_output_param", "visualize", "visualize_threshold", "save_file")
            ),
            when="never",
        ),
    )
    min_bottom_blobs = 3
    max_bottom_blobs = 4
    exact_num_top_blobs = 1
    allows_in_place = False

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False: there is no gradient."""
        return False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        self.settings = param = self.param.detection_output_param
        self.classes = number_of_classes(self, param, _FIELD)
        self.background = background(self, param, self.classes, _FIELD)
        self.boxes_of_each = 1 if param.share_location else self.classes
        self.code = BoxCode(self.xp, param, not param.variance_encoded_in_target)
        nms = param.nms_param
        if not nms.nms_threshold >= 0:
            self.fail(
                f"nms_threshold is {nms.nms_threshold:g}, but must not be negative",
                field=f"{_FIELD}.nms_param.nms_threshold",
            )
        if not 0 < nms.eta <= 1:
            self.fail(
                f"eta is {nms.eta:g}, but must be above 0 and at most 1",
                field=f"{_FIELD}.nms_param.eta",
            )
        self.top_k = nms.top_k if nms.HasField("top_k") and nms.top_k >= 0 else None
        given = param.HasField("confidence_threshold")
        self.lowest = param.confidence_threshold if given else _LOWEST

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that boxes, scores and priors fit together; the top has one row until there are data."""
        self.counts = check_predictions(self, bottom, self.classes, self.boxes_of_each)
        top[0].reshape(1, 1, 1, 7)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write what was found."""
        items, priors = self.counts
        code = bottom[0].data.reshape(items, priors, self.boxes_of_each, 4)
        corners, variances = (part[:, None] for part in split_priors(bottom[2].data))
        decoded = self.code.decode(corners, variances, code)
        boxes, scores = self.device.fetch(decoded, bottom[1].data)
        scores = scores.reshape(items, priors, self.classes)
        found = [
            row for item in range(items) for row in self._rows(item, boxes[item], scores[item])
        ]
        if found:
            rows = np.concatenate(found)
        else:
            rows = np.full((items, 7), -1.0)
            rows[:, 0] = np.arange(items)
        top[0].reshape(1, 1, len(rows), 7)
        top[0].data[...] = self.device.asarray(rows[None, None], dtype=self.dtype)

    def _rows(self, item: int, boxes: np.ndarray, scores: np.ndarray) -> list[np.ndarray]:
        """Return the rows of one item, an array for each class; ``boxes`` (P, L, 4), ``scores`` (P, C)."""
        kept = {
            label: self._kept(boxes[:, label if self.boxes_of_each > 1 else 0], scores[:, label])
            for label in range(self.classes)
            if label != self.background
        }
        kept = {label: places for label, places in kept.items() if len(places)}
        most = self.settings.keep_top_k
        if most >= 0 and sum(map(len, kept.values())) > most:
            kept = self._best(kept, scores, most)
        rows = []
        for label, places in kept.items():
            each = np.empty((len(places), 7), dtype=scores.dtype)
            each[:, 0], each[:, 1], each[:, 2] = item, label, scores[places, label]
            each[:, 3:] = boxes[places, label if self.boxes_of_each > 1 else 0]
            rows.append(each)
        return rows

    def _kept(self, boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Return the priors whose boxes are kept for a class, the highest score first."""
        order = by_score(scores, self.lowest, self.top_k)
        nms = self.settings.nms_param
        return order[suppress(boxes[order], nms.nms_threshold, eta=nms.eta)]

    def _best(
        self, kept: dict[int, np.ndarray], scores: np.ndarray, most: int
    ) -> dict[int, np.ndarray]:
        """Return the ``most`` best of all classes together, the highest score of each class first."""
        labels = np.concatenate([np.full(len(places), label) for label, places in kept.items()])
        places = np.concatenate(list(kept.values()))
        order = by_score(scores[places, labels], limit=most)
        labels, places = labels[order], places[order]
        return {int(label): places[labels == label] for label in np.unique(labels)}
