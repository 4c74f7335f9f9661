"""PriorBox: sizes and places by hand, SSD's counts, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

SSD300 = {38: 4, 19: 6, 10: 6, 5: 6, 3: 4, 1: 4}


def priors(settings):
    return f'type: "PriorBox" prior_box_param {{ {settings} }}'


def boxes(built):
    return built.forward()[0].reshape(2, -1, 4)


def test_the_boxes_of_one_place_by_hand(build):
    built = build(
        priors("min_size: 16 max_size: 25 aspect_ratio: 4 variance: [1, 2, 3, 4]"),
        np.zeros((1, 1, 1, 1)),
        np.zeros((1, 3, 100, 200)),
    )
    found, variances = boxes(built)
    sizes = [(16, 16), (20, 20), (32, 8), (8, 32)]
    expected = [
        [(100 - w / 2) / 200, (50 - h / 2) / 100, (100 + w / 2) / 200, (50 + h / 2) / 100]
        for w, h in sizes
    ]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_array_equal(variances, [[1, 2, 3, 4]] * 4)


def test_places_go_by_rows_and_steps(build):
    built = build(
        priors("min_size: 2 step_w: 10 step_h: 20 offset: 0 img_w: 100 img_h: 50"),
        np.zeros((2, 1, 2, 3)),
        np.zeros((2, 3, 7, 7)),
    )
    found = boxes(built)[0]
    centers = (found[:, :2] + found[:, 2:]) / 2
    expected = [[x / 100, y / 50] for y in (0, 20) for x in (0, 10, 20)]
    np.testing.assert_allclose(centers, expected, atol=1e-12)


def test_sizes_count_in_whole_pixels(build):
    maps = np.zeros((1, 1, 1, 1)), np.zeros((1, 3, 10, 10))
    np.testing.assert_array_equal(
        boxes(build(priors("min_size: 3.9"), *maps)), boxes(build(priors("min_size: 3"), *maps))
    )


def test_ssd300_has_8732_priors(build):
    count = 0
    for side, each in SSD300.items():
        ratios = "aspect_ratio: 2" + (" aspect_ratio: 3" if each == 6 else "")
        built = build(
            priors(f"min_size: 30 max_size: 60 {ratios}"),
            np.zeros((1, 1, side, side)),
            np.zeros((1, 1, 300, 300)),
        )
        assert built.top[0].shape == (1, 2, side * side * each * 4)
        count += side * side * each
    assert count == 8732


def test_the_boxes_follow_the_shapes(build):
    built = build(priors("min_size: 2"), np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 8, 8)))
    before = boxes(built).copy()
    built.bottom[1].reshape(1, 1, 16, 16)
    after = boxes(built)
    assert after.shape == before.shape and not np.allclose(after, before)
    built.bottom[0].reshape(1, 1, 1, 2)
    assert boxes(built).shape == (2, 2, 4)


@pytest.mark.parametrize(
    ("settings", "message", "field"),
    [
        ("", "min_size is not set", ""),
        ("min_size: 0.5", "at least one pixel", "min_size.0"),
        ("min_size: 9 max_size: 9", "larger than its min_size", "max_size.0"),
        ("min_size: 9 max_size: 19 max_size: 29", "as many max_size", "max_size"),
        ("min_size: 9 aspect_ratio: 0", "above 0", "aspect_ratio.0"),
        ("min_size: 9 aspect_ratio: nan", "nan", "aspect_ratio.0"),
        ("min_size: 9 variance: [0.1, 0.2]", "given 2 times", "variance"),
        ("min_size: 9 variance: -1", "above 0", "variance.0"),
        ("min_size: 9 img_size: 3 img_w: 3", "not both", "img_w"),
        ("min_size: 9 img_w: 3", "img_h must be above 0", "img_h"),
        ("min_size: 9 step: 0", "above 0", "step"),
        ("min_size: 9 offset: inf", "finite", "offset"),
        ("aspect_ratio: 2 " * 5001 + "min_size: 9 " * 4000, "more than 10000 boxes", "min_size"),
        ("min_size: 9 " + "aspect_ratio: 2 " * 10001, "more than 10000 boxes", "aspect_ratio"),
    ],
)
def test_what_is_refused(build, settings, message, field):
    with pytest.raises(LayerError, match=message) as caught:
        build(priors(settings), np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 8, 8)))
    assert caught.value.field == f"prior_box_param{'.' + field if field else ''}"


def test_bottoms_that_are_no_maps_are_refused(build):
    with pytest.raises(LayerError, match=r'the image, bottom "b1" \(2,\), must be'):
        build(priors("min_size: 9"), np.zeros((1, 1, 2, 2)), np.zeros(2))
