"""What the layers that pool regions have in common: their regions, mistakes in them, their gradients."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.forks.rcnn import roi_pooling
from mycaffe_plugins.forks.rcnn.axis_weights import aligned_samples, bilinear_weights, mean_weights
from mycaffe_plugins.forks.rcnn.range_maxima import Rectangles, maximum_places, rectangle_maxima
from mycaffe_plugins.forks.rcnn.regions import rounded

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.errors import LayerError, MyCaffeWarning, ShapeError

POOLED = "pooled_h: 2 pooled_w: 3 spatial_scale: 0.5"
LAYERS = {
    "ROIPooling": (f"roi_pooling_param {{ {POOLED} }}", 2),
    "ROIAlign": (f"roi_align_param {{ {POOLED} }}", 2),
    "PSROIPooling": ("psroi_pooling_param { output_dim: 2 group_size: 2 spatial_scale: 0.5 }", 8),
}
each_type = pytest.mark.parametrize("name", LAYERS)


def made(build, rng, name, regions, images=2, **options):
    settings, channels = LAYERS[name]
    maps = rng.standard_normal((images, channels, 6, 7))
    return build(f'type: "{name}" {settings}', maps, np.asarray(regions, dtype=float), **options)


@each_type
def test_each_region_is_its_own(build, rng, name):
    """The order of regions is that of the results, whatever images they are of; none at all are allowed."""
    regions = np.array([[1, 0, 0, 9, 9], [0, 2, 2, 8, 5], [1, 1, 0, 12, 11]])
    built = made(build, rng, name, regions)
    y = built.forward().copy()
    built.bottom[1].data[...] = regions[::-1]
    np.testing.assert_array_equal(built.forward(), y[::-1])
    for shape in ((0, 5), (1, 5, 1, 1)):
        built.bottom[1].reshape(shape)
        built.bottom[1].data[...] = np.reshape(regions[: shape[0]], shape)
        np.testing.assert_allclose(built.forward(), y[: shape[0]], rtol=1e-12)


@each_type
@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            [2, 0, 0, 9, 9],
            r"row 1 of bottom \"b1\" .* is \(2, 0, 0, 9, 9\): 2 is not the number of an image",
        ),
        ([-1, 0, 0, 9, 9], "-1 is not the number of an image"),
        ([2.5, 0, 0, 9, 9], "2.5 is not the number of an image"),
        ([1e30, 0, 0, 9, 9], "is not the number of an image"),
        ([0, 0, np.nan, 9, 9], "must hold finite numbers"),
        ([0, 0, 0, np.inf, 9], "must hold finite numbers"),
        ([np.nan, 0, 0, 9, 9], "must hold finite numbers"),
    ],
)
def test_a_region_of_no_image(build, rng, name, row, message):
    built = made(build, rng, name, [[0, 0, 0, 9, 9], row])
    with pytest.raises(LayerError, match=message):
        built.forward()


@each_type
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_regions_of_any_size(build, rng, name, dtype):
    """Far outside, turned, or larger than any image: numbers, no warnings, no more memory than for others."""
    far = [3e38, 1e30, 1e10, 2.0**31, 2.0**24 + 1]
    regions = (
        [[0, -f, -f, f, f] for f in far]
        + [[1, f, f, f, f] for f in far]
        + [[1, f, 3, -f, 4] for f in far]
    )
    built = made(build, rng, name, regions, dtype=dtype)
    y = built.forward()
    assert np.isfinite(y).all()
    assert not y[len(far) : 2 * len(far)].any()
    (dx, _) = built.backward(np.ones(y.shape))
    assert np.isfinite(dx).all()


@each_type
def test_the_fraction_of_an_image_does_not_count(build, rng, name):
    """As in C: so nets whose inputs are filled with random numbers run, as ``mycaffe time`` does it."""
    built = made(build, rng, name, [[0, 1, 2, 9, 9], [1, 1, 2, 9, 9]])
    expected = built.forward().copy()
    for images in ([0.99, 1.5], [-0.5, 1.999]):
        built.bottom[1].data[:, 0] = images
        np.testing.assert_array_equal(built.forward(), expected)


@each_type
def test_regions_get_no_gradient(build, rng, name):
    built = made(build, rng, name, [[0, 0, 0, 9, 9]])
    built.forward()
    built.bottom[0].diff[...] = 7
    built.bottom[1].diff[...] = 7
    dx, dr = built.backward(np.ones(built.top[0].shape), propagate_down=[False, True])
    assert (dx == 7).all() and not dr.any()
    assert [built.layer.allow_force_backward(index) for index in (0, 1)] == [True, False]


@each_type
def test_maps_without_cells(build, rng, name):
    settings, channels = LAYERS[name]
    maps = np.zeros((1, channels, 0, 3))
    built = build(f'type: "{name}" {settings}', maps, np.array([[0, 0, 0, 1, 1]]))
    assert not built.forward().any()
    assert built.backward(np.ones(built.top[0].shape))[0].shape == maps.shape


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('type: "ROIPooling"', "pooled_h is 0, but must be at least 1"),
        ('type: "ROIPooling" roi_pooling_param { pooled_h: 2 }', "pooled_w is 0"),
        (
            'type: "ROIPooling" roi_pooling_param { pooled_h: 4000000000 pooled_w: 2 }',
            "pooled_h is 4000000000, but may be at most 1024",
        ),
        (
            'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 spatial_scale: 0 }',
            "spatial_scale is 0, but must be above 0",
        ),
        (
            'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 spatial_scale: nan }',
            "spatial_scale is nan",
        ),
        (
            'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 pad_ratio: inf }',
            "pad_ratio is inf",
        ),
        ('type: "ROIAlign" roi_align_param { pooled_w: 2 }', "pooled_h is 0"),
        (
            'type: "ROIAlign" roi_align_param { pooled_h: 2 pooled_w: 2 sampling_ratio: 1000000 }',
            "sampling_ratio is 1000000, but may be at most 128",
        ),
        (
            'type: "ROIAlign" roi_align_param { pooled_h: 2 } roi_pooling_param { pooled_h: 2 }',
            "give roi_align_param or roi_pooling_param, not both",
        ),
        ('type: "PSROIPooling"', "output_dim is 0"),
        ('type: "PSROIPooling" psroi_pooling_param { output_dim: 2 }', "group_size is 0"),
        (
            'type: "PSROIPooling" psroi_pooling_param { output_dim: 2 group_size: 2 spatial_scale: 1 }',
            r"has 3 channels, but output_dim 2 times group_size 2 squared is 8",
        ),
        (
            'type: "PSROIPooling" psroi_pooling_param { output_dim: 2147483647 group_size: 2147483647 '
            "spatial_scale: 1 }",
            "has 3 channels",
        ),
        (
            'type: "PSROIPooling" psroi_pooling_param { output_dim: 3 group_size: 1 }',
            "spatial_scale is 0, but must be above 0",
        ),
    ],
)
def test_settings_that_are_wrong(build, text, message):
    with pytest.raises(LayerError, match=message):
        build(text, np.zeros((1, 3, 4, 4)), np.zeros((1, 5)))


def test_a_result_that_is_too_large(build):
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 1024 pooled_w: 1024 }'
    with pytest.raises(ShapeError, match="more than 2147483647 elements"):
        build(text, np.zeros((1, 3, 4, 4)), np.zeros((1000, 5)))


@pytest.mark.parametrize(
    ("text", "channels", "size"),
    [
        ('type: "ROIAlign" roi_align_param { pooled_h: 1 pooled_w: 1024 }', 1, (1, 20_000)),
        (
            'type: "PSROIPooling" psroi_pooling_param { output_dim: 1 group_size: 2 spatial_scale: 1 }',
            4,
            (10_000_000, 1),
        ),
    ],
)
def test_maps_that_are_too_large_for_weights(build, text, channels, size):
    """Found before anything of that size is allocated."""
    layer = build(text, np.zeros((1, channels, 1, 1)), np.zeros((1, 5))).layer
    maps, regions = Blob((1, channels, *size), name="x"), Blob((1, 5), name="r")
    with pytest.raises(
        LayerError, match="is too large for .* bins: their weights would be more than"
    ):
        layer.reshape([maps, regions], [Blob(name="y")])


def test_many_bins_are_looked_up_in_parts(build, rng, monkeypatch):
    bottoms = (
        rng.standard_normal((2, 3, 9, 8)),
        np.insert(rng.uniform(0, 8, (40, 4)), 0, rng.integers(0, 2, 40), axis=1),
    )
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 3 pooled_w: 2 }'

    def passes():
        built = build(text, *bottoms)
        y = built.forward()
        return y, built.backward(np.cos(np.arange(y.size)).reshape(y.shape))[0]

    whole = passes()
    monkeypatch.setattr(roi_pooling, "MAX_BINS", 20)
    for one, other in zip(whole, passes(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_bottoms_that_are_wrong(build):
    text = f'type: "ROIPooling" roi_pooling_param {{ {POOLED} }}'
    with pytest.raises(LayerError, match=r"must have 4 axes"):
        build(text, np.zeros((1, 3, 4)), np.zeros((1, 5)))
    for shape in ((2, 4), (5,), (), (1, 10)):
        with pytest.raises(LayerError, match=r'bottom "b1" .* must hold regions \(R, 5\)'):
            build(text, np.zeros((1, 3, 4, 4)), np.zeros(shape))


def test_align_by_the_message_of_pooling(build, rng):
    """Its forks disagree, so this is said; pad_ratio is no part of it."""
    bottoms = rng.standard_normal((1, 2, 6, 7)), np.array([[0, 0, 0, 9, 9]])
    expected = build(f'type: "ROIAlign" roi_align_param {{ {POOLED} }}', *bottoms).forward()
    text = f'type: "ROIAlign" roi_pooling_param {{ {POOLED} }}'
    with pytest.warns(
        MyCaffeWarning, match="sample differently; computed by the rule of Mask R-CNN"
    ):
        built = build(text, *bottoms)
    np.testing.assert_array_equal(built.forward(), expected)
    with (
        pytest.raises(LayerError, match="ROIAlign has no pad_ratio"),
        pytest.warns(MyCaffeWarning, match="sample differently"),
    ):
        build(f'type: "ROIAlign" roi_pooling_param {{ {POOLED} pad_ratio: 1 }}', *bottoms)


def test_halves_are_rounded_away_from_0():
    values = np.array(
        [0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, -0.49999997, 8388609.0, 2.4], np.float32
    )
    assert rounded(values).tolist() == [1, 2, 3, -1, -2, 0, 0, 8388609, 2]


def test_a_region_between_two_cells(build):
    """x 8 / 16 = 0.5 is rounded to cell 1, as C rounds; to even, as Python does, it would be cell 0."""
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 1 pooled_w: 1 spatial_scale: 0.0625 }'
    assert build(text, x, np.array([[0, 8, 8, 8, 8]])).forward().item() == 4


def test_bins_share_the_cells_between_them(build):
    """Of 3 cells and 2 bins, the first ends behind the cell in the middle, the second begins at it."""
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 5
    text = 'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }'
    built = build(text, x, [[0, 0, 0, 2, 2]])
    assert built.forward().reshape(-1).tolist() == [5, 5, 5, 5]
    assert built.backward(np.ones((1, 1, 2, 2)))[0][0, 0, 1, 1] == 4


def test_of_equal_maxima_the_first_gets_the_gradient(build):
    x = np.zeros((1, 1, 3, 4))
    x[0, 0, 1, 1:3] = x[0, 0, 2, 0] = 5
    built = build(
        'type: "ROIPooling" roi_pooling_param { pooled_h: 1 pooled_w: 1 }', x, [[0, 0, 0, 3, 2]]
    )
    assert built.forward().item() == 5
    dx, _ = built.backward(np.array(2.0))
    assert dx[0, 0, 1, 1] == 2 and dx.sum() == 2
    x = -np.abs(x)
    x[0, 0, 0, 0] = -0.0
    x[0, 0, 1] = x[0, 0, 2] = -1
    for dtype in (np.float32, np.float64):
        built = build(
            'type: "ROIPooling" roi_pooling_param { pooled_h: 1 pooled_w: 1 }',
            x,
            [[0, 0, 0, 3, 2]],
            dtype=dtype,
        )
        built.forward()
        assert built.backward(np.array(2.0))[0][0, 0, 0, 0] == 2  # -0 and 0 are equal


def rectangles(rng, count, maps, height, width):
    def ranges(size):
        pair = np.sort(rng.integers(0, size, (2, count)), axis=0)
        return pair[0], pair[1] + 1

    (top, bottom), (left, right) = ranges(height), ranges(width)
    return Rectangles(rng.integers(0, maps, count), top, bottom, left, right)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_maxima_of_rectangles_and_their_places(rng, dtype):
    maps = rng.integers(-4, 5, (2, 11, 13, 3)).astype(dtype)
    given = rectangles(rng, 60, 2, 11, 13)
    maxima = rectangle_maxima(Device(), maps, given)
    places = maximum_places(Device(), maps, given)
    for n, image in enumerate(given.maps):
        rows, columns = slice(given.top[n], given.bottom[n]), slice(given.left[n], given.right[n])
        for c in range(3):
            cells = np.full((11, 13), -9.0)
            cells[rows, columns] = maps[image, rows, columns, c]
            assert maxima[n, c] == cells.max()
            assert places[n, c] == cells.argmax()


def test_infinities_and_nan_in_maps(build):
    x = np.array([[[[1, -np.inf], [np.inf, 2]]]])
    for dtype in (np.float32, np.float64):
        built = build(
            'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 2 }',
            x,
            [[0, 0, 0, 1, 1]],
            dtype=dtype,
        )
        np.testing.assert_array_equal(built.forward(), x)
        built.bottom[0].data[0, 0, 0, 1] = np.nan
        assert np.isnan(built.forward()).sum() == 1


def test_weights_add_up_to_one():
    first, last = np.array([[0, 2, 3]]), np.array([[2, 5, 3]])
    weights = mean_weights(first, last, 5)
    np.testing.assert_allclose(
        weights[0], [[0.5, 0.5, 0, 0, 0], [0, 0, 1 / 3, 1 / 3, 1 / 3], [0] * 5]
    )
    samples = aligned_samples(np.array([0.3]), np.array([3.4]), 2, 3, 5)
    np.testing.assert_allclose(bilinear_weights(*samples, 5).sum(axis=2), 1)


def test_only_samples_that_count_are_made():
    places, counted, _ = aligned_samples(np.array([-1e9]), np.array([2e9]), 1, 0, 5)
    assert places.size < 100 and counted.sum() >= 5


def test_an_even_map_stays_even(build):
    """The average of a constant is the constant, also where samples lie at the border."""
    x = np.full((1, 1, 6, 7), 3.0)
    text = f'type: "ROIAlign" roi_align_param {{ {POOLED} }}'
    np.testing.assert_allclose(build(text, x, [[0, 0, 0, 13, 11]]).forward(), 3)
