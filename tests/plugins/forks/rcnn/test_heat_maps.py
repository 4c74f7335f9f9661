"""Nms and ImResize, OpenPose's layers for heat maps."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.forks.rcnn.im_resize import cubic_weights

from mycaffe_py.errors import LayerError
from mycaffe_py.plugins.idle import unfulfilled


def idle(built):
    """Return the settings that have no effect."""
    return [found.field for found in unfulfilled(type(built.layer), "layers", built.layer.param)]


def nms(settings):
    return f'type: "Nms" nms_param {{ {settings} }}'


def peaks(plane, threshold, most):
    """Return OpenPose's list of a map's peaks, cell by cell."""
    height, width = plane.shape
    found = []
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            around = plane[y - 1 : y + 2, x - 1 : x + 2].copy()
            around[1, 1] = -np.inf
            if plane[y, x] > max(threshold, around.max()):
                weighted = np.zeros(3)
                for v in range(max(1, y - 3), min(height, y + 4)):
                    for u in range(max(1, x - 3), min(width, x + 4)):
                        if plane[v, u] > 0:
                            weighted += plane[v, u] * np.array([u, v, 1])
                found.append([*(weighted[:2] / weighted[2]), plane[y, x]])
    rows = np.zeros((most + 1, 3))
    rows[0, 0] = min(len(found), most)
    rows[1 : len(found[:most]) + 1] = np.reshape(found[:most], (-1, 3))
    return rows


@pytest.mark.parametrize(
    ("shape", "most"), [((12, 17), 50), ((17, 6), 4), ((3, 3), 2), ((9, 9), 1)]
)
def test_peaks_cell_by_cell(build, rng, shape, most):
    x = rng.standard_normal((2, 4, *shape))
    y = build(nms(f"threshold: 0.3 max_peaks: {most} num_parts: 3"), x).forward()
    assert y.shape == (2, 3, most + 1, 3)
    expected = [[peaks(plane, 0.3, most) for plane in image[:3]] for image in x]
    np.testing.assert_allclose(y, expected, atol=1e-12)
    assert y[..., 0, 0].sum() > 0 or shape == (3, 3)


def test_a_peak_between_cells(build):
    x = np.zeros((1, 1, 9, 9))
    x[0, 0, 4, 4:6] = [1, 0.5]
    y = build(nms("max_peaks: 2 num_parts: 1"), x).forward()[0, 0]
    np.testing.assert_allclose(y, [[1, 0, 0], [4 + 1 / 3, 4, 1], [0, 0, 0]])


@pytest.mark.parametrize("shape", [(0, 5), (2, 9), (9, 1)])
def test_maps_too_small_for_a_peak(build, shape):
    assert not build(nms("num_parts: 1 threshold: -1"), np.ones((1, 1, *shape))).forward().any()


def test_nan_and_negative_peaks(build):
    x = np.full((1, 2, 5, 5), np.nan)
    x[0, 1] = -2
    x[0, 1, 2, 2] = -1
    y = build(nms("num_parts: 2 threshold: -1.5 max_peaks: 1"), x).forward()
    assert y[0, 0].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert y[0, 1].tolist() == [[1, 0, 0], [2, 2, -1]]  # nothing positive around: the cell itself


def test_mistakes_of_nms(build):
    x = np.zeros((1, 2, 5, 5))
    with pytest.raises(
        LayerError, match=r'num_parts is 15, but bottom "b0" \(1, 2, 5, 5\) has 2 maps'
    ):
        build(nms(""), x)
    with pytest.raises(LayerError, match="max_peaks is 0"):
        build(nms("num_parts: 1 max_peaks: 0"), x)
    built = build(nms("num_parts: 1 num_peak: 3"), x)
    assert idle(built) == ["nms_param.num_peak"]
    assert not built.layer.allow_force_backward(0)
    with pytest.raises(LayerError, match="has no gradient"):
        built.backward(np.zeros(built.top[0].shape))


def resize(settings):
    return f'type: "ImResize" imresize_param {{ {settings} }}'


def catmull_rom(v, t):
    """Return the cubic through v[1] and v[2] with the slopes of their neighbours."""
    slopes = (v[2] - v[0]) / 2, (v[3] - v[1]) / 2
    return (
        v[1] * (2 * t**3 - 3 * t**2 + 1)
        + slopes[0] * (t**3 - 2 * t**2 + t)
        + v[2] * (3 * t**2 - 2 * t**3)
        + slopes[1] * (t**3 - t**2)
    )


@pytest.mark.parametrize(
    ("cells", "begin", "size"), [(6, 0, 12), (6, 1, 9), (5, 0, 3), (1, 0, 4), (9, 3, 2)]
)
def test_weights_of_a_cubic(rng, cells, begin, size):
    values = rng.standard_normal(cells)
    used = values[begin : cells - begin]
    expected = []
    for place in range(size):
        where = (place + 0.5) * len(used) / size - 0.5
        cell = max(int(where + 1e-5), 0)
        around = [used[min(max(cell + k, 0), len(used) - 1)] for k in (-1, 0, 1, 2)]
        expected.append(catmull_rom(around, where - cell))
    np.testing.assert_allclose(cubic_weights(cells, begin, size) @ values, expected, atol=1e-12)


def test_lines_stay_lines_inside(build):
    x = np.arange(8.0) * np.ones((1, 1, 6, 1)) + 10 * np.arange(6.0)[:, None]
    y = build(resize("factor: 4"), x).forward()[0, 0]
    columns, rows = (np.arange(32) + 0.5) / 4 - 0.5, (np.arange(24) + 0.5) / 4 - 0.5
    expected = columns + 10 * rows[:, None]
    np.testing.assert_allclose(y[8:-8, 8:-8], expected[8:-8, 8:-8], atol=1e-9)


def test_scales_are_averaged_without_their_borders(build, rng):
    x = rng.standard_normal((3, 2, 8, 10))
    y = build(
        resize("target_spatial_width: 20 target_spatial_height: 12 scale_gap: 0.3"), x
    ).forward()
    parts = [
        build(resize("target_spatial_width: 20 target_spatial_height: 12"), part).forward()
        for part in (x[:1], x[1:2, :, 1:-1, 1:-1], x[2:, :, 2:-2, 3:-3])
    ]
    np.testing.assert_allclose(y, np.mean(parts, axis=0), atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("factor: -1", "factor is -1, but must be from 0 to 1024"),
        ("factor: 1e9", r"factor is 1e\+09"),
        ("factor: nan", "factor is nan"),
        ("factor: 0.1", r'factor 0.1 leaves nothing of bottom "b0" \(3, 1, 6, 7\)'),
        ("target_spatial_width: 0", "target_spatial_width is 0"),
        ("scale_gap: inf", "scale_gap is inf"),
        ("scale_gap: 0.5", r"of item 2 of bottom .* nothing would be left: its scale is 0"),
        ("start_scale: 2", "of item 0 of .* its scale is 2"),
        ("start_scale: 1e30", "of item 0 of .* its scale is 1e\\+30"),
        (
            "target_spatial_width: 100000000 target_spatial_height: 1 scale_gap: 0",
            "1 scale of 7 cells of .* cannot be resized to 100000000",
        ),
    ],
)
def test_mistakes_of_im_resize(build, settings, message):
    with pytest.raises(LayerError, match=message):
        build(resize(settings), np.zeros((3, 1, 6, 7)))


def test_many_items_of_the_same_size(build):
    """As many as a file may say: weights are made once for each scale."""
    x = np.ones((5000, 1, 3, 3))
    assert build(resize("factor: 2 scale_gap: 0"), x).forward() == pytest.approx(
        np.ones((1, 1, 6, 6))
    )


def test_no_maps_to_resize(build):
    for shape in ((0, 1, 4, 4), (1, 1, 0, 4)):
        with pytest.raises(LayerError, match="has no cells"):
            build(resize("factor: 2"), np.zeros(shape))


def test_target_sizes_beside_a_factor(build):
    built = build(resize("factor: 2 target_spatial_width: 9"), np.zeros((1, 1, 3, 3)))
    assert idle(built) == ["imresize_param.target_spatial_width"]
