"""Which priors count for MultiBoxLoss: SSD's rules (bbox_util.cpp, MineHardExamples)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.layer import Layer, enum_name

from ..boxes import areas, by_score, suppress
from .matching import NONE, Matches

_SMALLEST_AREA = 1e-5


class Mining:
    """The settings of a MultiBoxLoss that say which priors count; ``field`` is its message's name."""

    def __init__(self, layer: Layer, param: Any, field: str):
        self.type = enum_name(param, "mining_type")
        if param.HasField("do_neg_mining"):
            wanted = param.do_neg_mining
            if not param.HasField("mining_type"):
                self.type = "MAX_NEGATIVE" if wanted else "NONE"
            elif wanted != (self.type != "NONE"):
                layer.fail(
                    f"do_neg_mining, the old form, contradicts mining_type: {self.type}",
                    field=f"{field}.do_neg_mining",
                )
        self.ratio, self.neg_overlap = param.neg_pos_ratio, param.neg_overlap
        self.sample_size = param.sample_size
        if self.type == "MAX_NEGATIVE" and not (np.isfinite(self.ratio) and self.ratio >= 0):
            layer.fail(
                f"neg_pos_ratio is {self.ratio:g}, but must not be negative",
                field=f"{field}.neg_pos_ratio",
            )
        if self.type == "HARD_EXAMPLE" and self.sample_size < 1:
            layer.fail(
                f"sample_size is {self.sample_size}, but must be at least 1",
                field=f"{field}.sample_size",
            )
        nms = param.nms_param
        self.suppresses = param.HasField("nms_param") and nms.nms_threshold > 0
        self.nms_threshold = nms.nms_threshold
        self.top_k = nms.top_k if nms.HasField("top_k") and nms.top_k >= 0 else None

    def choose(
        self, matches: Matches, losses: np.ndarray, boxes: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the priors with objects that count, and those without, as indices.

        ``losses`` (P) are the priors'; ``boxes`` (P, 4) those to be compared where overlapping ones are dropped.
        """
        positive, negative = matches.objects > NONE, matches.objects == NONE
        hard = self.type == "HARD_EXAMPLE"
        eligible = np.ones_like(negative)
        if not hard:
            eligible = negative & (matches.overlaps < self.neg_overlap)
        places = np.flatnonzero(eligible)
        wanted = self.sample_size if hard else int(positive.sum() * self.ratio)
        best = by_score(losses[places])
        if self.suppresses and boxes is not None:
            best = best[: self.top_k]
            best = best[areas(np, boxes[places[best]]) >= _SMALLEST_AREA]
            best = best[suppress(boxes[places[best]], self.nms_threshold)]
        chosen = np.zeros_like(negative)
        chosen[places[best[:wanted]]] = True
        if hard:
            positive = positive & chosen
        return np.flatnonzero(positive), np.flatnonzero(negative & chosen)
