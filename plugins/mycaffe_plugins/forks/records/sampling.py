"""Drawing parts of an image that show enough of its objects: SSD's batch_sampler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.layer import Layer

from ..boxes import overlaps
from .annotations import covered

MOST_TRIALS = 100_000
"""How many parts one sampler may try for an image."""
_AT_ONCE = 64
_PAIRS_AT_ONCE = 1 << 18

_LIMITS = ("jaccard_overlap", "sample_coverage", "object_coverage")


class Samplers:
    """The ``batch_sampler`` settings of a layer: all of them give parts of the image, of which one is taken.

    A part has a scale s and an aspect ratio a drawn evenly between their limits, with a kept between s^2 and
    1 / s^2; it is s * sqrt(a) wide and s / sqrt(a) high and lies anywhere in the image. It is used if one object
    fulfils all that ``sample_constraint`` gives, or if it gives nothing.
    """

    def __init__(self, layer: Layer, samplers: Sequence[Any], field: str):
        self._samplers = [each for each in samplers if each.use_original_image]
        for number, each in enumerate(samplers):
            _check(layer, each, f"{field}[{number}]")

    def draw(self, boxes: np.ndarray, generator: np.random.Generator) -> np.ndarray | None:
        """Return a part (4) of an image with objects at ``boxes`` (N, 4), or None for the whole image."""
        found = [part for each in self._samplers for part in _parts(each, boxes, generator)]
        return found[int(generator.integers(len(found)))] if found else None


def _check(layer: Layer, sampler: Any, field: str) -> None:
    how = sampler.sampler
    if not 0 < how.min_scale <= how.max_scale <= 1:
        layer.fail(
            f"the scale is from {how.min_scale:g} to {how.max_scale:g}, but must be in rising order, above 0 and at "
            "most 1",
            field=f"{field}.sampler.min_scale",
        )
    if not 0 < how.min_aspect_ratio <= how.max_aspect_ratio < np.inf:
        layer.fail(
            f"the aspect ratio is from {how.min_aspect_ratio:g} to {how.max_aspect_ratio:g}, but must be in rising "
            "order and above 0",
            field=f"{field}.sampler.min_aspect_ratio",
        )
    if sampler.max_trials > MOST_TRIALS:
        layer.fail(
            f"max_trials is {sampler.max_trials}, but may be at most {MOST_TRIALS}",
            field=f"{field}.max_trials",
        )


def _parts(sampler: Any, boxes: np.ndarray, generator: np.random.Generator) -> list[np.ndarray]:
    """Return the parts that a sampler finds; an object's overlaps are computed for some trials at a time."""
    most = sampler.max_sample if sampler.HasField("max_sample") else sampler.max_trials
    left, found = sampler.max_trials, list[np.ndarray]()
    at_once = max(1, min(_AT_ONCE, _PAIRS_AT_ONCE // max(1, len(boxes))))
    while left > 0 and len(found) < most:
        count = min(left, at_once)
        left -= count
        drawn = _drawn(sampler.sampler, count, generator)
        found.extend(drawn[_fulfils(sampler.sample_constraint, drawn, boxes)])
    return found[:most]


def _drawn(how: Any, count: int, generator: np.random.Generator) -> np.ndarray:
    """Return ``count`` parts (count, 4)."""
    scale = generator.uniform(how.min_scale, how.max_scale, count)
    ratio = generator.uniform(how.min_aspect_ratio, how.max_aspect_ratio, count)
    ratio = np.minimum(np.maximum(ratio, scale**2), 1 / scale**2)
    size = np.minimum(np.stack((scale * np.sqrt(ratio), scale / np.sqrt(ratio)), axis=1), 1)
    start = generator.random((count, 2)) * (1 - size)
    return np.concatenate((start, start + size), axis=1)


def _fulfils(constraint: Any, parts: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return for which parts (T) one object fulfils the constraint."""
    given = [
        name
        for name in _LIMITS
        if constraint.HasField(f"min_{name}") or constraint.HasField(f"max_{name}")
    ]
    if not given:
        return np.ones(len(parts), bool)
    good: np.ndarray = np.ones((len(parts), len(boxes)), bool)
    one, other = parts[:, None], boxes[None]
    for name in given:
        if name == "jaccard_overlap":
            value = overlaps(np, one, other)
        else:
            value = covered(one, other) if name == "sample_coverage" else covered(other, one)
        if constraint.HasField(f"min_{name}"):
            good &= value >= getattr(constraint, f"min_{name}")
        if constraint.HasField(f"max_{name}"):
            good &= value <= getattr(constraint, f"max_{name}")
    return np.any(good, axis=1)
