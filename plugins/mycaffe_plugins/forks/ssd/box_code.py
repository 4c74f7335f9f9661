"""How SSD's nets give boxes: relative to priors, in one of three codes."""

from __future__ import annotations

from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, enum_name

from ..boxes import decode, encode


class BoxCode:
    """A code of boxes (..., 4) relative to priors (..., 4), whose leading axes are broadcast; on any device.

    With ``varied`` code numbers are in units of the priors' variances, as SSD's are unless its settings say that the
    variances are encoded in the target. Rules: SSD, bbox_util.cpp.
    """

    def __init__(self, xp: Any, param: Any, varied: bool):
        self.xp, self.type, self.varied = xp, enum_name(param, "code_type"), varied

    def _units(self, priors: Any) -> Any:
        """Return what CORNER_SIZE counts in: width, height, width, height of each prior."""
        sides = priors[..., 2:] - priors[..., :2]
        return self.xp.concatenate((sides, sides), axis=priors.ndim - 1)

    def encode(self, priors: Any, variances: Any, boxes: Any) -> Any:
        """Return the code of boxes."""
        if self.type == "CENTER_SIZE":
            code = encode(self.xp, priors, boxes)
        else:
            code = boxes - priors
            if self.type == "CORNER_SIZE":
                code = code / self._units(priors)
        return code / variances if self.varied else code

    def decode(self, priors: Any, variances: Any, code: Any) -> Any:
        """Return the boxes that a code stands for."""
        code = code * variances if self.varied else code
        if self.type == "CENTER_SIZE":
            return decode(self.xp, priors, code)
        if self.type == "CORNER_SIZE":
            code = code * self._units(priors)
        return priors + code


def split_priors(array: Any) -> tuple[Any, Any]:
    """Return corners (P, 4) and variances (P, 4) of a top of PriorBox, (1, 2, 4 P), or of several concatenated."""
    both = array.reshape(2, -1, 4)
    return both[0], both[1]


def check_predictions(
    layer: Layer, bottom: Any, classes: int, boxes_of_each: int
) -> tuple[int, int]:
    """Return how many items and priors there are; fail unless boxes, scores and priors fit together.

    ``boxes_of_each`` is the number of boxes that are predicted for a prior: 1, or one for each class.
    """
    boxes, scores, priors = bottom[:3]
    if (
        priors.num_axes != 3
        or priors.shape[:2] != (1, 2)
        or not priors.count
        or priors.shape[2] % 4
    ):
        layer.fail(
            f'the priors, bottom "{priors.name}" {priors.shape}, must be (1, 2, 4 P): boxes and variances, as PriorBox '
            "gives them",
        )
    count = priors.shape[2] // 4
    items = boxes.shape[0] if boxes.num_axes else 0
    _require(layer, boxes, items, count, 4 * boxes_of_each, "boxes")
    _require(layer, scores, items, count, classes, "scores")
    return items, count


def _require(layer: Layer, blob: Blob, items: int, priors: int, each: int, what: str) -> None:
    if not blob.num_axes or blob.shape[0] != items or blob.count_axes(1) != priors * each:
        layer.fail(
            f'the {what}, bottom "{blob.name}" {blob.shape}, must have {priors} x {each} = {priors * each} numbers for '
            f"each of {items} images, because there are {priors} priors"
        )
