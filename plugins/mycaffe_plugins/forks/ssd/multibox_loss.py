"""The MultiBoxLoss layer of SSD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import LossLayer

from ..smooth_l1 import smooth_l1, smooth_l1_slope
from .assigning import Assigner, Assignment
from .box_code import BoxCode, check_predictions, split_priors
from .class_losses import logistic_losses, softmax_losses
from .multibox_settings import CONDITIONS, FIELDS, MultiBoxSettings
from .objects import (
    COLUMNS,
    MOST_CLASSES,
    Objects,
    easy_objects,
    read_objects,
    require_label_blob,
)


class MultiBoxLoss(LossLayer):
    """SSD's loss: of the boxes of priors with an object, and of the classes of these and of the worst others.

    Bottoms: boxes (N, 4 P) relative to P priors, in their order (with ``share_location: false`` (N, 4 P C), one for
    each of C classes), scores (N, P C), the priors of PriorBox (1, 2, 4 P), and the objects (1, 1, n, 8): item, class,
    instance, xmin, ymin, xmax, ymax, difficult; rows of item -1 are none. Each object is matched with the prior that
    overlaps it most, and with ``PER_PREDICTION`` with all that overlap it by ``overlap_threshold``. The loss is
    (loc_weight * sum of L(box - code of the object) + sum of the cross entropies of the classes) / n, with n the
    number of matched priors, or another by ``loss_param.normalization``. An image without objects adds nothing if
    negatives are mined. Gradients are those of this loss with matches and choice held constant; priors get 0, objects
    have none. Matching and choice are made on the host, losses on the device. Rules: SSD, multibox_loss_layer.cpp and
    bbox_util.cpp; differences are in docs/forks.md.
    """

    fork = "SSD"

    type = "MultiBoxLoss"
    parameters = (*FIELDS, "loss_param")
    conditions = CONDITIONS
    exact_num_bottom_blobs = 4
    label_bottoms = (2, 3)

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the settings."""
        self.settings = MultiBoxSettings(self)
        param = self.settings.param
        self.code = BoxCode(self.xp, param, not param.encode_variance_in_target)
        self.assigner = Assigner(self.settings)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that boxes, scores, priors and objects fit together, and make the top a scalar."""
        super().reshape(bottom, top)
        self.counts = check_predictions(
            self, bottom, self.settings.classes, self.settings.boxes_of_each
        )
        require_label_blob(self, bottom[3], COLUMNS, "the objects")

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Match the objects, and write the loss; its gradients are kept for backward."""
        settings, (items, priors) = self.settings, self.counts
        self._boxes = bottom[0].data.reshape(items, priors, settings.boxes_of_each, 4)
        self._scores = bottom[1].data.reshape(items * priors, settings.classes)
        self._priors, self._variances = split_priors(bottom[2].data)
        assignment = self._assign(bottom)
        losses, self.box_gradient = self._box_losses(assignment)
        loss = self.xp.zeros((), dtype=self.dtype)
        if settings.counts_boxes:
            loss = loss + self.xp.sum(losses) * settings.param.loc_weight
        self.rows = None if assignment.rows is None else self.device.asarray(assignment.rows)
        scores = self._scores if self.rows is None else self._scores[self.rows]
        losses, self.class_gradient = self._class_losses(scores, assignment.targets)
        if settings.counts_classes:
            loss = loss + self.xp.sum(losses)
        matched = len(assignment.items)
        self.normalizer = settings.normalization.divisor(items * priors, items, matched)
        top[0].data[...] = loss / self.normalizer

    def _assign(self, bottom: Sequence[Blob]) -> Assignment:
        """Return which priors have which objects, and which others count."""
        param, to_host = self.settings.param, self.device.to_host
        decoded = None
        if self.assigner.needs_predictions:
            found = self.code.decode(self._priors[:, None], self._variances[:, None], self._boxes)
            decoded = to_host(found)
        objects = self._objects(bottom[3], bottom[0])
        if not param.use_difficult_gt:
            objects = easy_objects(objects)
        return self.assigner.assign(
            self,
            objects,
            to_host(self._priors),
            decoded,
            self.counts[0],
            self._losses_of_each,
        )

    def _objects(self, blob: Blob, boxes: Blob) -> dict[int, Objects]:
        """Return the objects of each item."""
        settings = self.settings
        classes = MOST_CLASSES if settings.param.map_object_to_agnostic else settings.classes
        values = self.device.to_host(blob.data)
        objects = read_objects(self, blob, values, classes, settings.background)
        late = [item for item in objects if item >= self.counts[0]]
        if late:
            self.fail(
                f'bottom "{blob.name}" {blob.shape} has an object of item {late[0]}, but bottom "{boxes.name}" '
                f"{boxes.shape} has {self.counts[0]}, from 0 on"
            )
        return objects

    def _losses_of_each(self, found: Assignment, targets: np.ndarray) -> np.ndarray:
        """Return the loss of each prior of each item, (N * P), on the host."""
        to_host = self.device.to_host
        losses = np.array(to_host(self._class_losses(self._scores, targets)[0]))
        if self.settings.mining.type == "HARD_EXAMPLE" and len(found.items):
            places = found.items * self.counts[1] + found.priors
            losses[places] += to_host(self._box_losses(found)[0])
        return losses

    def _box_losses(self, assignment: Assignment) -> tuple[Any, Any]:
        """Return the loss of each matched box, and its gradient (M, 4)."""
        xp, param, device = self.xp, self.settings.param, self.device
        self.places = tuple(
            device.asarray(each)
            for each in (assignment.items, assignment.priors, assignment.classes)
        )
        corners, variances = self._priors[self.places[1]], self._variances[self.places[1]]
        targets = device.asarray(assignment.boxes, dtype=self.dtype)
        error = self._boxes[self.places] - self.code.encode(corners, variances, targets)
        if param.encode_variance_in_target:
            error = error / variances
        if param.bp_inside:
            error = xp.where(device.asarray(assignment.outside), 0, error)
        if self.settings.smooth:
            losses, gradient = xp.empty_like(error), xp.empty_like(error)
            smooth_l1(xp, error, 1.0, losses, gradient)
            smooth_l1_slope(xp, error, 1.0, gradient)
        else:
            losses, gradient = error * error / 2, error
        if param.encode_variance_in_target:
            gradient = gradient / variances
        return xp.sum(losses, axis=1), gradient

    def _class_losses(self, scores: Any, targets: np.ndarray) -> tuple[Any, Any]:
        """Return the loss of each row of scores against targets of the host, and its gradient.

        Targets are classes (K), or numbers of 0 and 1 (K, C) where the classes are independent.
        """
        if self.settings.softmax:
            return softmax_losses(self.xp, scores, self.device.asarray(targets))
        return logistic_losses(self.xp, scores, self.device.asarray(targets, dtype=self.dtype))

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write the gradients of boxes and scores, times the loss weight, and 0 for the priors."""
        self.refuse_gradients(propagate_down, bottom, (3,))
        scale = top[0].diff / self.normalizer
        if propagate_down[0]:
            diff = bottom[0].diff
            diff.fill(0)
            shaped = diff.reshape(*self.counts, self.settings.boxes_of_each, 4)
            if len(self.box_gradient):
                shaped[self.places] = self.box_gradient * (scale * self.settings.param.loc_weight)
        if propagate_down[1]:
            diff = bottom[1].diff.reshape(-1, self.settings.classes)
            if self.rows is None:
                self.xp.multiply(self.class_gradient, scale, out=diff)
            else:
                diff.fill(0)
                if len(self.rows):
                    diff[self.rows] = self.class_gradient * scale
        if propagate_down[2]:
            bottom[2].diff.fill(0)

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return priors in the image, and an object for each item at one of them."""
        if bottom_index == 2:
            corners = rng.uniform(0, 0.5, (shapes[2][2] // 4, 4))
            corners[:, 2:] += 0.5
            return np.stack([corners, np.full_like(corners, 0.1)]).reshape(shapes[2])
        if bottom_index == 3:
            rows = np.full(shapes[3][2:], -1.0)
            for item, row in zip(range(shapes[0][0]), rows, strict=False):
                label = 1 if self.settings.background == 0 else 0
                row[:] = item, label, 0, *rng.uniform(0, 0.4, 2), *rng.uniform(0.6, 1, 2), 0
            return rows.reshape(shapes[3])
        return None
