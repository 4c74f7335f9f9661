"""MultiBoxLoss decides: which priors of a batch have which objects, and which others count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from mycaffe_py.layer import Layer

from .matching import MOST_PAIRS, NONE, Matches, match
from .multibox_settings import MultiBoxSettings
from .objects import Objects


@dataclass
class Assignment:
    """M priors with an object, in the order of items, classes and priors; host arrays."""

    items: np.ndarray
    """(M), the item."""
    classes: np.ndarray
    """(M), which of a prior's predicted boxes; 0 where there is one."""
    priors: np.ndarray
    """(M), the prior."""
    boxes: np.ndarray
    """(M, 4), the object's box."""
    labels: np.ndarray
    """(M), the object's class."""
    outside: np.ndarray
    """(M, 4), whether the coordinate of the box that was matched is outside of the image."""
    rows: np.ndarray | None = None
    """(K), item * P + prior of those whose classes count; None: all."""
    targets: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """(K), their classes; or (K, C), 0 and 1, where classes are independent."""


LossesOf = Callable[[Assignment, np.ndarray], np.ndarray]


class Assigner:
    """Matches the objects of a batch with its priors, and chooses those that count."""

    def __init__(self, settings: MultiBoxSettings):
        self.settings = settings
        param, mining = settings.param, settings.mining
        self.needs_predictions = not param.use_prior_for_matching or (
            mining.type != "NONE" and mining.suppresses and not param.use_prior_for_nms
        )

    def assign(
        self,
        layer: Layer,
        objects: Mapping[int, Objects],
        priors: np.ndarray,
        decoded: np.ndarray | None,
        items: int,
        losses_of: LossesOf,
    ) -> Assignment:
        """Return what is decided.

        ``objects`` are those of each of N = ``items`` that has any, ``priors`` (P, 4), ``decoded`` the predicted boxes
        (N, P, L, 4) if ``needs_predictions``, all on the host. ``losses_of`` returns the losses (N P) of all priors
        for the priors that have objects, and the targets of all.
        """
        most = max((len(each.labels) for each in objects.values()), default=0)
        if most * len(priors) > MOST_PAIRS:
            layer.fail(
                f"an image has {most} objects, too many to be matched with {len(priors)} priors"
            )
        matched = {
            item: self._match(each, priors, None if decoded is None else decoded[item])
            for item, each in sorted(objects.items())
        }
        found = self._positives(matched, objects, priors, decoded)
        if self.settings.mining.type == "NONE":
            found.targets = self._all_targets(found, items * len(priors), len(priors))
            return found
        labels = np.full(items * len(priors), self.settings.background)
        labels[found.items * len(priors) + found.priors] = found.labels
        losses = losses_of(found, self._targets(labels)).reshape(items, len(priors))
        return self._mined(matched, objects, priors, decoded, losses)

    def _match(
        self, objects: Objects, priors: np.ndarray, decoded: np.ndarray | None
    ) -> dict[int, Matches]:
        """Return the matches of one image for each predicted box of a prior: 0, or the classes."""
        settings, param = self.settings, self.settings.param
        how = {"threshold": settings.threshold, "ignore_outside": settings.ignore_outside}
        if param.use_prior_for_matching:
            shared = match(priors, objects.boxes, **how)
            if param.share_location:
                return {0: shared}
            labels = np.append(objects.labels, NONE)[np.maximum(shared.objects, NONE)]
            return {
                label: Matches(np.where(labels == label, shared.objects, NONE), shared.overlaps)
                for label in range(settings.classes)
                if label != settings.background
            }
        assert decoded is not None
        if param.share_location:
            return {0: match(decoded[:, 0], objects.boxes, **how)}
        found = {}
        for label in range(settings.classes):
            if label != settings.background:
                own = np.flatnonzero(objects.labels == label)
                one = match(decoded[:, label], objects.boxes[own], **how)
                numbers = np.append(own, NONE)[np.maximum(one.objects, NONE)]
                found[label] = Matches(
                    np.where(one.objects >= 0, numbers, one.objects), one.overlaps
                )
        return found

    def _positives(
        self,
        matched: Mapping[int, Mapping[int, Matches]],
        objects: Mapping[int, Objects],
        priors: np.ndarray,
        decoded: np.ndarray | None,
        kept: Mapping[int, np.ndarray] | None = None,
    ) -> Assignment:
        """Return the priors with an object; ``kept`` are those of each item that count, if not all do."""
        parts: dict[str, list[np.ndarray]] = {name: [] for name in ("i", "c", "p", "b", "l", "o")}
        for item, each in matched.items():
            for label, matches in each.items():
                places = np.flatnonzero(matches.objects > NONE) if kept is None else kept[item]
                numbers = matches.objects[places]
                compared = priors
                if decoded is not None and not self.settings.param.use_prior_for_matching:
                    compared = decoded[item][:, label]
                corners = compared[places]
                parts["i"].append(np.full(len(places), item))
                parts["c"].append(np.full(len(places), label))
                parts["p"].append(places)
                parts["b"].append(objects[item].boxes[numbers])
                parts["l"].append(objects[item].labels[numbers])
                parts["o"].append((corners < 0) | (corners > 1))
        empty = {"b": np.zeros((0, 4)), "o": np.zeros((0, 4), dtype=bool)}
        whole = np.zeros(0, dtype=np.int64)
        joined = {
            name: np.concatenate([empty.get(name, whole), *arrays])
            for name, arrays in parts.items()
        }
        labels = self.settings.label_of(joined["l"])
        return Assignment(joined["i"], joined["c"], joined["p"], joined["b"], labels, joined["o"])

    def _targets(self, labels: np.ndarray) -> np.ndarray:
        """Return the targets of rows with these classes; -1 is none."""
        if self.settings.softmax:
            return labels
        targets = np.zeros((len(labels), self.settings.classes), dtype=bool)
        rows = np.flatnonzero(labels >= 0)
        targets[rows, labels[rows]] = True
        return targets

    def _all_targets(self, found: Assignment, rows: int, priors: int) -> np.ndarray:
        """Return the targets of all priors; those without an object are background."""
        places = found.items * priors + found.priors
        if self.settings.softmax:
            labels = np.full(rows, self.settings.background)
            labels[places] = found.labels
            return labels
        # As in SSD, nothing is the right class of what is no object, not even the background.
        targets = np.zeros((rows, self.settings.classes), dtype=bool)
        targets[places, found.labels] = True
        return targets

    def _mined(
        self,
        matched: Mapping[int, Mapping[int, Matches]],
        objects: Mapping[int, Objects],
        priors: np.ndarray,
        decoded: np.ndarray | None,
        losses: np.ndarray,
    ) -> Assignment:
        """Return the priors with an object that count, with the rows of all that count."""
        settings, count = self.settings, len(priors)
        kept: dict[int, np.ndarray] = {}
        rows: list[np.ndarray] = []
        for item, each in matched.items():
            compared = priors if settings.mining.suppresses else None
            if (
                compared is not None
                and decoded is not None
                and not settings.param.use_prior_for_nms
            ):
                compared = decoded[item][:, 0]
            kept[item], negative = settings.mining.choose(each[0], losses[item], compared)
            rows.append(item * count + negative)
        chosen = self._positives(matched, objects, priors, decoded, kept)
        none = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
        chosen.rows = np.concatenate([chosen.items * count + chosen.priors, none])
        labels = np.concatenate([chosen.labels, np.full(len(none), settings.background)])
        chosen.targets = self._targets(labels)
        return chosen
