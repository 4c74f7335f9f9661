"""Mean average precision over a whole test, as SSD's solver computes it of DetectionEvaluate's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.layer import Layer

VERSIONS = ("Integral", "11point", "MaxIntegral")


class MeanPrecision:
    """A :class:`~mycaffe_py.layer.Tally` of rows (1, 1, n, 5): the mean of the classes' average precisions.

    A class without objects or without detections counts as 0. Rules: SSD, solver.cpp, TestDetection.
    """

    higher_is_better = True

    def __init__(self, name: str, version: str = "Integral", each_class: bool = False):
        self.name, self.version, self.each_class = name, version, each_class
        self._objects: dict[int, int] = {}
        self._rows: list[np.ndarray] = []

    @classmethod
    def of(cls, layer: Layer, settings: Any) -> MeanPrecision:
        """Return that of a layer's top, by the SolverParameter of a detection; ``settings`` may be None."""
        name = layer.param.top[0] if layer.param.top else layer.name
        if settings is None or settings.eval_type != "detection":
            return cls(name)
        if settings.ap_version not in VERSIONS:
            raise ConfigError(
                f'solver: unknown ap_version "{settings.ap_version}"',
                hint=f"valid: {', '.join(VERSIONS)}",
                field="ap_version",
            )
        return cls(name, settings.ap_version, settings.show_per_class_result)

    def add(self, tops: Sequence[np.ndarray]) -> None:
        """Take the rows of one pass."""
        rows = np.asarray(tops[0], dtype=np.float64).reshape(-1, 5)
        for _, label, count, _, _ in rows[rows[:, 0] == -1]:
            self._objects[int(label)] = self._objects.get(int(label), 0) + int(count)
        rows = rows[rows[:, 0] != -1]
        counted = (rows[:, 3] != 0) | (rows[:, 4] != 0)  # not those at difficult objects
        self._rows.append(rows[counted, 1:4])

    def figures(self) -> dict[str, float]:
        """Return the mean, under the top's name, and with ``show_per_class_result`` the precision of each class."""
        rows = np.concatenate([np.zeros((0, 3)), *self._rows])
        each = {}
        for label, count in sorted(self._objects.items()):
            own = rows[rows[:, 0] == label]
            right = own[np.argsort(-own[:, 1], kind="stable"), 2]
            each[label] = average_precision(right, count, self.version)
        mean = sum(each.values()) / len(each) if each else 0.0
        if not self.each_class:
            return {self.name: mean}
        return {self.name: mean, **{f"{self.name}_class{label}": ap for label, ap in each.items()}}


def average_precision(right: np.ndarray, objects: int, version: str) -> float:
    """Return the average precision of detections in the order of falling scores.

    ``right`` is 1 for those that are right and 0 for others, ``objects`` the number of objects to be found. ``11point``
    is the mean of the largest precisions from recalls 0, 0.1, ... 1 on (VOC 2007), ``MaxIntegral`` the area below the
    largest precision from each recall on (VOC 2012), ``Integral`` the area below the precision itself.
    """
    if not len(right) or not objects:
        return 0.0
    found = np.cumsum(right)
    precision = found / np.arange(1, len(right) + 1)
    recall = found / objects
    largest = np.maximum.accumulate(precision[::-1])[::-1]
    if version == "11point":
        # With room for rounding, as recalls such as 3 / 10 are to reach 0.3.
        starts = np.searchsorted(recall, np.arange(11) / 10 - 1e-12)
        return float(np.append(largest, 0)[starts].mean())
    steps = np.diff(recall, prepend=0.0)
    return float(np.sum((largest if version == "MaxIntegral" else precision) * steps))
