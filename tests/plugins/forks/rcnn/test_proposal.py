"""Proposal: against a plain program of its definition, and its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mycaffe_plugins.forks.rcnn.anchors import all_anchors, base_anchors

from mycaffe_py.errors import LayerError

SETTINGS = "ratio: [0.5, 1] scale: [1, 2] base_size: 8 feat_stride: 8"


def text(settings):
    return f'type: "Proposal" proposal_param {{ {settings} }}'


def test_faster_rcnns_anchors():
    """The nine anchors that py-faster-rcnn lists, from its own definition."""
    anchors = base_anchors(16, [0.5, 1, 2], [8, 16, 32])
    assert anchors.tolist() == [
        [-84, -40, 99, 55],
        [-176, -88, 191, 103],
        [-360, -184, 375, 199],
        [-56, -56, 71, 71],
        [-120, -120, 135, 135],
        [-248, -248, 263, 263],
        [-36, -80, 51, 95],
        [-80, -168, 95, 183],
        [-168, -344, 183, 359],
    ]
    shifted = all_anchors(anchors, 2, 3, 16).reshape(2, 3, 9, 4)
    assert shifted[1, 2, 3].tolist() == [-56 + 32, -56 + 16, 71 + 32, 71 + 16]


def overlap(a, b):
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) + 1 for i in (0, 1))
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def proposed(scores, deltas, size, min_size, before, after, threshold):
    """Return (x1, y1, x2, y2, score) of one image, box by box."""
    height, width, scale_y, scale_x = size
    anchors = base_anchors(8, [0.5, 1], [1, 2])
    found = []
    for row in range(scores.shape[1]):
        for column in range(scores.shape[2]):
            for k, (x1, y1, x2, y2) in enumerate(
                anchors + np.array([column, row, column, row]) * 8
            ):
                dx, dy, dw, dh = deltas[4 * k : 4 * k + 4, row, column]
                w, h = x2 - x1 + 1, y2 - y1 + 1
                x, y = x1 + w / 2 + dx * w, y1 + h / 2 + dy * h
                w, h = w * math.exp(dw), h * math.exp(dh)
                box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
                box = [min(max(v, 0), (width, height)[i % 2] - 1) for i, v in enumerate(box)]
                large = (
                    box[2] - box[0] + 1 >= min_size * scale_x
                    and box[3] - box[1] + 1 >= min_size * scale_y
                )
                found.append([*box, scores[4 + k, row, column] * large])
    found = sorted(found, key=lambda box: -box[4])[:before]
    kept = []
    for box in found:
        if len(kept) < after and all(overlap(box, other) <= threshold for other in kept):
            kept.append(box)
    return np.array(kept)


@pytest.mark.parametrize(
    ("before", "after", "threshold"), [(1000, 1000, 0.7), (40, 12, 0.3), (9, 300, 1.0)]
)
def test_regions_by_their_definition(build, rng, before, after, threshold):
    scores = rng.permutation(2 * 8 * 5 * 6).reshape(2, 8, 5, 6) / 1000 + 0.001
    deltas = rng.standard_normal((2, 16, 5, 6)) * 0.4
    sizes = np.array([[40, 48, 1, 1], [33, 41, 0.5, 1.5]])
    given = f"min_size: 6 pre_nms_topn: {before} post_nms_topn: {after} nms_thresh: {threshold}"
    built = build(text(f"{SETTINGS} {given}"), scores, deltas, sizes, tops=2)
    rois = built.forward()
    expected = [
        proposed(scores[n], deltas[n], sizes[n], 6, before, after, threshold) for n in (0, 1)
    ]
    assert [(rois[:, 0] == n).sum() for n in (0, 1)] == [len(e) for e in expected]
    np.testing.assert_allclose(rois[:, 1:], np.concatenate(expected)[:, :4], atol=1e-9)
    np.testing.assert_allclose(built.top[1].data, np.concatenate(expected)[:, 4], atol=1e-9)
    assert built.top[1].shape == (len(rois),)
    assert (np.concatenate(expected)[:, 4] == 0).any() or before < 1000


def test_one_scale_stands_for_both(build, rng):
    bottoms = rng.uniform(0, 1, (1, 8, 4, 4)), rng.standard_normal((1, 16, 4, 4)) * 0.2
    three = build(text(f"{SETTINGS} min_size: 5"), *bottoms, [[32, 32, 2]]).forward()
    four = build(text(f"{SETTINGS} min_size: 5"), *bottoms, [[32, 32, 2, 2]]).forward()
    np.testing.assert_array_equal(three, four)


def test_before_forward_there_is_room_for_all(build):
    built = build(
        text(SETTINGS), np.zeros((2, 8, 4, 4)), np.zeros((2, 16, 4, 4)), [[32, 32, 1]] * 2
    )
    assert built.top[0].shape == (2 * 64, 5)
    built = build(
        text(f"{SETTINGS} post_nms_topn: 4294967295 pre_nms_topn: 4294967295"),
        np.zeros((1, 8, 4, 4)),
        np.zeros((1, 16, 4, 4)),
        [[32, 32, 1]],
    )
    assert built.top[0].shape == (64, 5)


def test_deltas_that_are_no_numbers(build):
    """Infinite and NaN deltas and scores give regions in the image, without warnings."""
    deltas = np.zeros((1, 16, 3, 3))
    deltas[0, :6, 0] = [[np.inf], [-np.inf], [np.nan], [1e300], [1e5], [-1e5]]
    scores = np.ones((1, 8, 3, 3))
    scores[0, 4, 0, 0] = np.nan
    rois = build(text(SETTINGS), scores, deltas, [[24, 24, 1]]).forward()
    assert np.isfinite(rois).all() and (rois >= 0).all() and (rois <= 23).all()


def test_no_cells_no_regions(build):
    none = build(text(SETTINGS), np.zeros((0, 8, 2, 2)), np.zeros((0, 16, 2, 2)), np.zeros((0, 3)))
    assert none.forward().shape == (0, 5)
    built = build(
        text(SETTINGS), np.zeros((1, 8, 0, 4)), np.zeros((1, 16, 0, 4)), [[32, 32, 1]], tops=2
    )
    assert built.forward().shape == (0, 5) and built.top[1].shape == (0,)


def test_nothing_gets_a_gradient(build):
    built = build(text(SETTINGS), np.ones((1, 8, 2, 2)), np.ones((1, 16, 2, 2)), [[16, 16, 1]])
    built.forward()
    for blob in built.bottom:
        blob.diff[...] = 7
    diffs = built.backward(np.ones(built.top[0].shape), propagate_down=[True, False, True])
    assert [float(diff.max()) for diff in diffs] == [0, 7, 0]
    assert not any(built.layer.allow_force_backward(index) for index in range(3))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("scale: 1", "ratio must be given at least once"),
        ("ratio: 1", "scale must be given at least once"),
        ("ratio: 0 scale: 1", "ratio is 0, but must be from 0.001 to 10000"),
        ("ratio: 1 ratio: nan scale: 1", "ratio is nan"),
        ("ratio: 1 scale: -2", "scale is -2"),
        ("ratio: 1 scale: 3e38", r"scale is 3e\+38"),
        ("ratio: 1 scale: 1 feat_stride: 0", "feat_stride is 0"),
        ("ratio: 1 scale: 1 base_size: 0", "base_size is 0"),
        ("ratio: 1 scale: 1 pre_nms_topn: 0", "pre_nms_topn is 0"),
        ("ratio: 1 scale: 1 nms_thresh: 2", "nms_thresh is 2, but must be from 0 to 1"),
        ("ratio: 1 scale: 1 nms_thresh: nan", "nms_thresh is nan"),
        (
            f"{'ratio: 1 ' * 101} {'scale: 1 ' * 100}",
            "101 ratios and 100 scales are more than 10000 anchors",
        ),
        (
            "ratio: 1 scale: 1",
            r'bottom "b0" \(1, 8, 4, 4\) must be \(1, 2, 4, 4\), as there are 1 anchors',
        ),
    ],
)
def test_settings_that_are_wrong(build, settings, message):
    with pytest.raises(LayerError, match=message):
        build(text(settings), np.zeros((1, 8, 4, 4)), np.zeros((1, 16, 4, 4)), [[32, 32, 1]])


def test_bottoms_that_are_wrong(build):
    scores, deltas = np.zeros((1, 8, 4, 4)), np.zeros((1, 16, 4, 4))
    with pytest.raises(LayerError, match=r'bottom "b1" \(1, 16, 4, 5\) must be \(1, 16, 4, 4\)'):
        build(text(SETTINGS), scores, np.zeros((1, 16, 4, 5)), [[32, 32, 1]])
    with pytest.raises(
        LayerError, match=r'bottom "b2" \(1, 2\) must hold \(height, width, scale\)'
    ):
        build(text(SETTINGS), scores, deltas, [[32, 32]])
    with pytest.raises(LayerError, match="must hold finite sizes of images"):
        build(text(SETTINGS), scores, deltas, [[np.nan, 32, 1]]).forward()
