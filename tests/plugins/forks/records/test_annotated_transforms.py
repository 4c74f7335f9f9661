"""AnnotatedData's transform_param: the boxes are where the objects are, whatever was drawn."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.forks.records import AnnotatedWriter, Box

from mycaffe_py.errors import DataError, LayerError, OutOfMemoryError
from mycaffe_py.layer import TEST, TRAIN

from ....storing import images

HEIGHT, WIDTH = 60, 90
OBJECT = Box(3, 0.2, 0.25, 0.6, 0.75)  # columns 18 to 54, rows 15 to 45


@pytest.fixture
def source(tmp_path):
    """A white rectangle on black."""
    image = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    image[:, 15:45, 18:54] = 255
    with AnnotatedWriter(tmp_path / "db") as writer:
        writer.put(image, [OBJECT])
    return tmp_path / "db"


def annotated(source, transform, more=""):
    return (
        f'type: "AnnotatedData" data_param {{ source: "{source}" batch_size: 1 }} '
        f"transform_param {{ {transform} }} annotated_data_param {{ {more} }}"
    )


SAMPLER = (
    "batch_sampler { sampler { min_scale: 0.4 max_scale: 1 min_aspect_ratio: 0.5 max_aspect_ratio: 2 } "
    "sample_constraint { min_object_coverage: 0.2 } max_sample: 1 max_trials: 50 }"
)
SIZE = "height: 100 width: 80"


@pytest.mark.parametrize(
    ("transform", "more", "slack"),
    [
        (f"resize_param {{ {SIZE} }}", "", 1),
        (f"resize_param {{ {SIZE} resize_mode: FIT_LARGE_SIZE_AND_PAD }}", "", 1.5),
        ("resize_param { height: 30 width: 200 resize_mode: FIT_LARGE_SIZE_AND_PAD }", "", 1.5),
        (f"resize_param {{ {SIZE} resize_mode: FIT_SMALL_SIZE }}", "", 1.5),
        ("mirror: true", "", 0),
        ("crop_size: 50 mirror: true", "", 0),
        (f"resize_param {{ {SIZE} }} crop_size: 60 mirror: true", "", 1),
        ("expand_param { max_expand_ratio: 3 }", "", 1e-9),
        (f"resize_param {{ {SIZE} }}", SAMPLER, 6),
        (
            f"expand_param {{ max_expand_ratio: 2 }} resize_param {{ {SIZE} }} mirror: true",
            SAMPLER,
            6,  # parts are rounded to pixels, up to four of which are one then
        ),
    ],
)
def test_the_box_is_around_the_object(build, source, batches, transform, more, slack):
    built = build(annotated(source, transform, more), tops=2, phase=TRAIN)
    whole = 0
    for pixels, rows in batches(built, 25):
        height, width = pixels.shape[2:]
        found = pixels[0, 0] > 127
        box = rows[0, 0, 0]
        if box[0] < 0:
            assert not found[1:-1, 1:-1].any()
            continue
        across, down = np.flatnonzero(found.any(axis=0)), np.flatnonzero(found.any(axis=1))
        seen = np.array([across[0], down[0], across[-1] + 1, down[-1] + 1])
        assert box[1] == 3
        np.testing.assert_allclose(
            box[3:7] * [width, height, width, height], seen, atol=slack + 0.01
        )
        whole += 1
    assert whole > 15


def test_what_is_beside_an_expanded_image_is_the_mean(build, source, batches):
    built = build(
        annotated(source, "expand_param { max_expand_ratio: 4 } mean_value: [9, 20.4, 30.6]"),
        tops=2,
    )
    sizes = set()
    for pixels, _ in batches(built, 10):
        values = np.unique(pixels[0].reshape(3, -1), axis=1)
        expected = {(-9, -20.4, -30.6), (246, 234.6, 224.4), (0, -0.4, 0.4)}
        assert {tuple(np.round(column, 6)) for column in values.T} <= expected
        sizes.add(pixels.shape)
    assert len(sizes) > 5
    some = build(annotated(source, "expand_param { prob: 0.5 max_expand_ratio: 4 }"), tops=2)
    unchanged = [pixels.shape[2:] == (HEIGHT, WIDTH) for pixels, _ in batches(some, 30)]
    assert 5 < sum(unchanged) < 25


def test_which_objects_are_kept(build, tmp_path, batches):
    """Only the first is so far to the left that its centre is in the middle of the image."""
    with AnnotatedWriter(tmp_path / "db") as writer:
        writer.put(
            images(1, (1, 10, 10))[0], [Box(1, 0.3, 0.3, 0.8, 0.7), Box(2, 0.5, 0.3, 1, 0.7)]
        )
    for constraint, kept in (
        ("", [1, 2]),
        ("emit_constraint { emit_type: CENTER }", [1]),
        ("emit_constraint { emit_type: MIN_OVERLAP emit_overlap: 0.3 }", [1, 2]),
        ("emit_constraint { emit_type: MIN_OVERLAP emit_overlap: 0.5 }", [1]),
        ("emit_constraint { emit_type: MIN_OVERLAP emit_overlap: 0.9 }", [-1]),
        ("emit_constraint { option { active: False } }", [1, 2]),
    ):
        text = annotated(tmp_path / "db", f"crop_size: 4 {constraint}")
        built = build(text, tops=2, phase=TEST)
        built.forward()
        assert built.top[1].data[0, 0, :, 1].tolist() == kept, constraint


def test_boxes_in_units_of_a_size(build, source):
    resize = "resize_mode: FIT_SMALL_SIZE height: 120 width: 120"
    text = f"resize_param {{ {resize} height_scale: 60 width_scale: 90 }}"
    built = build(annotated(source, text), tops=2)
    assert built.forward().shape == (1, 3, 120, 180)
    np.testing.assert_allclose(built.top[1].data[0, 0, 0, 3:7], [0.4, 0.5, 1.2, 1.5], rtol=1e-6)
    text = f"resize_param {{ {resize} height_scale: 60 width_scale: 190 }}"
    with pytest.raises(DataError, match="less than height_scale 60 and width_scale 190"):
        build(annotated(source, text), tops=2).forward()


DISTORT = (
    "brightness_prob: 0.5 brightness_delta: 32 contrast_prob: 0.5 contrast_lower: 0.5 contrast_upper: 1.5 "
    "hue_prob: 0.5 hue_delta: 18 saturation_prob: 0.5 saturation_lower: 0.5 saturation_upper: 1.5 "
    "random_order_prob: 0.5"
)


@pytest.fixture
def coloured(tmp_path):
    with AnnotatedWriter(tmp_path / "colours") as writer:
        writer.put(np.repeat(images(1, (3, 2, 2)), 4, axis=2)[0], [])
    return tmp_path / "colours"


def distorted(build, batches, coloured, text, count=20):
    built = build(annotated(coloured, f"distort_param {{ {text} }}"), tops=2)
    return np.stack([pixels[0] for pixels, _ in batches(built, count)])


def test_brightness_contrast_and_order(build, batches, coloured):
    plain = distorted(build, batches, coloured, "", 1)[0]
    bright = distorted(build, batches, coloured, "brightness_prob: 1 brightness_delta: 32")
    shift = bright - plain
    inside = (bright > 0) & (bright < 255)
    assert np.abs(shift).max() <= 32 and np.abs(shift).max() > 10
    for one, where in zip(shift, inside, strict=True):
        assert np.ptp(one[where]) <= 1  # rounded halves
    contrast = distorted(
        build, batches, coloured, "contrast_prob: 1 contrast_lower: 0.5 contrast_upper: 0.9"
    )
    assert ((contrast <= plain * 0.9 + 0.5) & (contrast >= plain * 0.5 - 0.5)).all()
    order = distorted(build, batches, coloured, "random_order_prob: 1", 80)
    assert len({each.tobytes() for each in order}) == 6


def test_hue_and_saturation(build, batches, coloured):
    plain = distorted(build, batches, coloured, "", 1)[0]
    grey = distorted(build, batches, coloured, "saturation_prob: 1", 1)[0]  # times 0
    np.testing.assert_array_equal(grey, np.repeat(plain.max(axis=0)[None], 3, axis=0))
    hues = distorted(build, batches, coloured, "hue_prob: 1 hue_delta: 90")
    assert np.abs(hues.max(axis=1) - plain.max(axis=0)).max() <= 1  # the value stays
    assert np.abs(hues.min(axis=1) - plain.min(axis=0)).max() <= 3  # and the saturation
    assert np.abs(hues - plain).max() > 30


def test_each_step_is_drawn(build, batches, coloured):
    found = distorted(build, batches, coloured, DISTORT, 40)
    assert len({each.tobytes() for each in found}) > 30
    plain = distorted(build, batches, coloured, "", 1)[0]
    assert (distorted(build, batches, coloured, "active: false " + DISTORT, 3) == plain).all()


def test_it_goes_on_where_it_was(build, source, batches, same):
    text = annotated(
        source,
        f"mirror: true distortion_param {{ {DISTORT} }} expansion_param {{ prob: 0.5 max_expand_ratio: 4 }} "
        f"resize_param {{ {SIZE} interp_mode: [LINEAR, AREA, NEAREST, CUBIC, LANCZOS4] }} emit_constraint {{ }}",
        SAMPLER,
    )
    first = build(text, tops=2)
    batches(first, 4)
    state = first.layer.state()
    expected = batches(first, 4)
    again = build(text, tops=2)
    again.layer.load_state(state)
    same(batches(again, 4), expected)
    same(batches(build(text, tops=2, seed=5), 4)[:0], [])
    other = batches(build(text, tops=2, seed=5), 4)
    assert any(not np.array_equal(a[0], b[0]) for a, b in zip(other, expected, strict=True))


@pytest.mark.parametrize(
    ("transform", "field", "words"),
    [
        ("expand_param { max_expand_ratio: 0.5 }", "expand_param.max_expand_ratio", "at least 1"),
        ("expand_param { } expansion_param { }", "expansion_param", "are the same"),
        ("distort_param { hue_delta: -1 }", "distort_param.hue_delta", "not be below 0"),
        (
            "distort_param { contrast_prob: 1 contrast_lower: 2 contrast_upper: 1 }",
            "distort_param.contrast_lower",
            "rising order",
        ),
    ],
)
def test_bad_settings(build, source, transform, field, words):
    with pytest.raises(LayerError, match=words) as caught:
        build(annotated(source, transform), tops=2)
    assert caught.value.field == f"transform_param.{field}"


def test_settings_that_do_not_fit_the_images(build, tmp_path, source):
    with AnnotatedWriter(tmp_path / "grey") as writer:
        writer.put(images(1, (1, 4, 4))[0], [])
    with pytest.raises(DataError, match="needs images of 3 channels"):
        text = "distort_param { random_order_prob: 1 }"
        build(annotated(tmp_path / "grey", text), tops=2).forward()
    with pytest.raises(OutOfMemoryError, match="an expanded image"):
        text = f"expand_param {{ max_expand_ratio: 1000000 }} resize_param {{ {SIZE} }}"
        build(annotated(source, text), tops=2).forward()
