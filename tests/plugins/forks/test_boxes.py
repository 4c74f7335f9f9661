"""Formulas of boxes: against plain loops over the definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mycaffe_plugins.forks import boxes


def drawn(rng, count, size=20):
    first = rng.uniform(0, size, (count, 2))
    return np.concatenate((first, first + rng.uniform(0, size, (count, 2))), axis=1)


def overlap(a, b, pixel):
    width = min(a[2], b[2]) - max(a[0], b[0]) + pixel
    height = min(a[3], b[3]) - max(a[1], b[1]) + pixel
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    both = sum((box[2] - box[0] + pixel) * (box[3] - box[1] + pixel) for box in (a, b))
    return common / (both - common)


@pytest.mark.parametrize("pixel", [0, 1])
def test_overlaps_by_their_definition(rng, pixel):
    first, second = drawn(rng, 7), drawn(rng, 9)
    expected = [[overlap(a, b, pixel) for b in second] for a in first]
    np.testing.assert_allclose(boxes.overlap_matrix(np, first, second, pixel), expected, rtol=1e-12)
    assert np.count_nonzero(expected) > 20


def test_boxes_without_area_meet_nothing():
    point, box, turned = (
        np.array([[3.0, 3, 3, 3]]),
        np.array([[0.0, 0, 9, 9]]),
        np.array([[5.0, 5, 2, 9]]),
    )
    assert boxes.overlap_matrix(np, point, np.concatenate((point, box, turned))).tolist() == [
        [0, 0, 0]
    ]
    assert boxes.areas(np, np.concatenate((point, turned))).tolist() == [0, 0]
    assert boxes.areas(np, point, pixel=1).tolist() == [1]
    assert boxes.overlaps(np, point[0], point[0], pixel=1) == 1


@pytest.mark.parametrize("pixel", [0, 1])
def test_deltas_lead_to_the_box(rng, pixel):
    anchors, targets = drawn(rng, 50), drawn(rng, 50)
    deltas = boxes.encode(np, anchors, targets, pixel)
    x1, y1, x2, y2 = anchors[0]
    u1, v1, u2, v2 = targets[0]
    width, height = x2 - x1 + pixel, y2 - y1 + pixel
    assert deltas[0] == pytest.approx(
        [
            (u1 + (u2 - u1 + pixel) / 2 - x1 - width / 2) / width,
            (v1 + (v2 - v1 + pixel) / 2 - y1 - height / 2) / height,
            math.log((u2 - u1 + pixel) / width),
            math.log((v2 - v1 + pixel) / height),
        ]
    )
    decoded = boxes.decode(np, anchors, deltas, pixel)
    np.testing.assert_allclose(decoded - [0, 0, pixel, pixel], targets, rtol=1e-12)


def test_clipping():
    given = np.array([[-3.0, -4, 25, 9], [30, 2, 40, 50]])
    assert boxes.clip(np, given, 20, 10).tolist() == [[0, 0, 20, 9], [20, 2, 20, 10]]
    assert boxes.clip(np, given, 20, 10, pixel=1).tolist() == [[0, 0, 19, 9], [19, 2, 19, 9]]


def test_the_highest_scores_first():
    scores = np.array([0.1, 0.9, math.nan, 0.9, 0.5, 0.1])
    assert boxes.by_score(scores).tolist() == [1, 3, 4, 0, 5]
    assert boxes.by_score(scores, lowest=0.1).tolist() == [1, 3, 4]
    assert boxes.by_score(scores, limit=2).tolist() == [1, 3]
    assert boxes.by_score(np.empty(0)).tolist() == []


def suppressed(given, threshold, limit, eta, pixel):
    kept = []
    for index, box in enumerate(given):
        if len(kept) < limit and all(
            overlap(box, given[other], pixel) <= threshold for other in kept
        ):
            kept.append(index)
            if eta < 1 and threshold > 0.5:
                threshold *= eta
    return kept


@pytest.mark.parametrize("pixel", [0, 1])
@pytest.mark.parametrize(
    ("threshold", "limit", "eta"),
    [
        (0.3, None, 1.0),
        (0.7, None, 1.0),
        (0.3, 5, 1.0),
        (0.9, None, 0.9),
        (0, None, 1.0),
        (1, 0, 1),
    ],
)
def test_suppression_by_its_definition(rng, threshold, limit, eta, pixel):
    for _ in range(5):
        given = drawn(rng, 60)
        kept = boxes.suppress(given, threshold, limit=limit, eta=eta, pixel=pixel)
        assert kept.tolist() == suppressed(
            given, threshold, 60 if limit is None else limit, eta, pixel
        )


def test_nothing_to_suppress():
    assert boxes.suppress(np.empty((0, 4)), 0.5).tolist() == []
