"""Matching of priors with objects, beside a plain form of the rule."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.forks.ssd.matching import IGNORED, NONE, match

BOXES = np.array(
    [[0, 0, 0.5, 0.5], [0, 0, 0.4, 0.5], [0.5, 0.5, 1, 1], [0.6, 0.6, 1.1, 1.1], [0, 0.9, 0.1, 1]]
)


def plain(boxes, objects, threshold):
    """Return the objects of boxes, by loops."""

    def overlap(a, b):
        sides = [min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1)]
        if min(sides) <= 0:
            return 0
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
        return sides[0] * sides[1] / (sum(areas) - sides[0] * sides[1])

    found, left = [NONE] * len(boxes), list(range(len(objects)))
    while left:
        pairs = [
            (overlap(box, objects[g]), -p, -g)
            for p, box in enumerate(boxes)
            for g in left
            if found[p] == NONE
        ]
        best = max(pairs, default=(0, 0, 0))
        if best[0] <= 1e-6:
            break
        found[-best[1]] = -best[2]
        left.remove(-best[2])
    for p, box in enumerate(boxes):
        values = [overlap(box, one) for one in objects]
        if found[p] == NONE and threshold is not None and max(values) >= threshold:
            found[p] = values.index(max(values))
    return found


def test_each_object_gets_its_best_prior_and_others_by_the_threshold():
    objects = np.array([[0, 0, 0.5, 0.5], [0.55, 0.55, 1, 1]])
    found = match(BOXES, objects, threshold=None)
    assert found.objects.tolist() == [0, NONE, 1, NONE, NONE]
    found = match(BOXES, objects, threshold=0.5)
    assert found.objects.tolist() == [0, 0, 1, 1, NONE]
    np.testing.assert_allclose(found.overlaps[:3], [1, 0.8, 0.81])


def test_two_objects_at_one_prior_share_the_others():
    objects = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5]])
    assert match(BOXES, objects, threshold=None).objects.tolist() == [0, 1, NONE, NONE, NONE]


def test_an_object_that_meets_no_prior_has_none():
    assert (match(BOXES, np.array([[2.0, 2, 3, 3]]), threshold=0.0).objects == NONE).all()
    assert (match(BOXES, np.zeros((0, 4)), threshold=0.5).objects == NONE).all()


def test_boxes_that_leave_the_image_can_be_left_out():
    found = match(BOXES, np.array([[0.6, 0.6, 1, 1]]), threshold=0.1, ignore_outside=True)
    assert found.objects.tolist() == [NONE, NONE, 0, IGNORED, NONE]


@pytest.mark.parametrize("threshold", [None, 0.2, 0.5])
def test_it_is_the_plain_rule(threshold):
    rng = np.random.default_rng(1)
    for _ in range(30):
        # Few places, so that overlaps are often equal.
        low = rng.integers(0, 4, (12, 2)) / 8
        boxes = np.concatenate([low, low + rng.integers(1, 5, (12, 2)) / 8], axis=1)
        low = rng.integers(0, 4, (5, 2)) / 8
        objects = np.concatenate([low, low + rng.integers(1, 5, (5, 2)) / 8], axis=1)
        found = match(boxes, objects, threshold=threshold)
        assert found.objects.tolist() == plain(boxes, objects, threshold)
