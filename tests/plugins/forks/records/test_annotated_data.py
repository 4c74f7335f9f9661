"""AnnotatedData: records of SSD, rows of boxes, parts of images, going on."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.forks.records import AnnotatedWriter, Box

from mycaffe_py.errors import DataError, LayerError, MyCaffeError
from mycaffe_py.plugins import default_registry
from mycaffe_py.stores import DatabaseWriter, encode_image

from ....storing import images, write_database

VALUES = images(4, (3, 6, 8))
BOXES = [
    [Box(2, 0.1, 0.2, 0.5, 0.6), Box(1, 0.5, 0.5, 1, 1, difficult=True), Box(2, 0, 0, 0.25, 1)],
    [],
    [Box(7, 0.25, 0.25, 0.75, 0.75)],
    [Box(1, -0.5, 0.5, 0.5, 1.5), Box(3, 0.5, 0.5, 0.5, 0.9), Box(4, 2, 2, 3, 3)],
]
DRAWN = (
    "batch_sampler { max_sample: 1 max_trials: 1 } batch_sampler { "
    "sampler { min_scale: 0.5 max_scale: 0.9 min_aspect_ratio: 0.5 max_aspect_ratio: 2 } "
    "sample_constraint { min_object_coverage: 0.3 } max_sample: 1 max_trials: 40 }"
)


@pytest.fixture
def source(tmp_path):
    with AnnotatedWriter(tmp_path / "db") as writer:
        for value, boxes in zip(VALUES, BOXES, strict=True):
            writer.put(value, boxes)
    return tmp_path / "db"


def annotated(source, more="batch_size: 1", rest=""):
    return f'type: "AnnotatedData" data_param {{ source: "{source}" backend: LMDB {more} }} {rest}'


def sampler(text):
    return f"annotated_data_param {{ batch_sampler {{ {text} }} }}"


def test_a_row_for_each_object(build, source):
    built = build(annotated(source, "batch_size: 4"), tops=2)
    assert built.top[1].shape == (1, 1, 3, 8)
    np.testing.assert_array_equal(built.forward(), VALUES)
    expected = [
        [0, 2, 0, 0.1, 0.2, 0.5, 0.6, 0],
        [0, 2, 1, 0, 0, 0.25, 1, 0],
        [0, 1, 0, 0.5, 0.5, 1, 1, 1],
        [2, 7, 0, 0.25, 0.25, 0.75, 0.75, 0],
        [3, 1, 0, 0, 0.5, 0.5, 1, 0],
    ]
    np.testing.assert_allclose(built.top[1].data, [[expected]], rtol=1e-6)


def test_without_an_object_a_row_of_minus_one(build, source, batches):
    built = build(annotated(source), tops=2)
    labels = [tops[1] for tops in batches(built, 2)]
    np.testing.assert_array_equal(labels[1], np.full((1, 1, 1, 8), -1))


def test_images_alone(build, source):
    np.testing.assert_array_equal(build(annotated(source, "batch_size: 4")).forward(), VALUES)


def test_encoded_images(build, tmp_path):
    with AnnotatedWriter(tmp_path / "db") as writer:
        writer.put(encode_image(VALUES[0], "png"), BOXES[2], name="cat.png")
    built = build(annotated(tmp_path / "db"), tops=2)
    np.testing.assert_array_equal(built.forward(), VALUES[:1])


def test_boxes_follow_crop_and_mirror(build, source, batches):
    """A pixel of the box's corner is the same before and after."""
    built = build(
        annotated(source, "batch_size: 1", "transform_param { crop_size: 4 mirror: true }"), tops=2
    )
    seen = set()
    for pixels, rows in batches(built, 40)[2::4]:
        left, top, right, bottom = np.round(rows[0, 0, 0, 3:7] * 4).astype(int)
        part = pixels[0, :, top:bottom, left:right]
        whole = VALUES[2][
            :, 1:5, 2:6
        ]  # the box in pixels: 0.25 .. 0.75 of (6, 8), as 1.5 is in row 1
        found = [
            flip
            for flip in (False, True)
            for y in range(4 - part.shape[1] + 1)
            for x in range(4 - part.shape[2] + 1)
            if np.array_equal(
                part[:, :, ::-1] if flip else part,
                whole[:, y : y + part.shape[1], x : x + part.shape[2]],
            )
        ]
        assert found
        seen |= set(found)
    assert seen == {False, True}


def test_drawn_parts_show_enough_of_an_object(build, source, batches):
    built = build(
        annotated(
            source,
            "batch_size: 1",
            sampler(
                "sampler { min_scale: 0.55 max_scale: 0.8 } "
                "sample_constraint { min_object_coverage: 1 } max_sample: 1 max_trials: 500"
            ),
        ),
        tops=2,
    )
    shapes = set()
    for pixels, rows in batches(built, 40)[2::4]:
        shapes.add(pixels.shape)
        height, width = pixels.shape[2:]
        left, top, right, bottom = rows[0, 0, 0, 3:7]
        assert (right - left) * width == pytest.approx(4, abs=1)  # the whole object, half of 8
        assert (bottom - top) * height == pytest.approx(3, abs=1)
    assert len(shapes) > 1 and (1, 3, 6, 8) not in shapes


def test_limits_of_overlap_and_coverage(build, source, batches):
    never = sampler(
        "sampler { min_scale: 0.5 max_scale: 0.5 } sample_constraint { max_jaccard_overlap: 0.001 "
        "min_object_coverage: 0.5 } max_trials: 50"
    )
    built = build(annotated(source, "batch_size: 1", never), tops=2)
    assert all(pixels.shape == (1, 3, 6, 8) for pixels, _ in batches(built, 4))
    off = sampler("use_original_image: false sampler { min_scale: 0.2 max_scale: 0.2 }")
    built = build(annotated(source, "batch_size: 1", off), tops=2)
    assert all(pixels.shape == (1, 3, 6, 8) for pixels, _ in batches(built, 4))


def test_it_goes_on_where_it_was(build, source, batches, same):
    text = annotated(
        source,
        "batch_size: 3",
        f"annotated_data_param {{ {DRAWN} }} transform_param {{ crop_size: 2 mirror: true }}",
    )
    first = build(text, tops=2)
    batches(first, 3)
    state = first.layer.state()
    expected = batches(first, 3)
    again = build(text, tops=2)
    again.layer.load_state(state)
    same(batches(again, 3), expected)


def test_labels_without_boxes(build, tmp_path):
    message = default_registry().schema.new
    with DatabaseWriter(tmp_path / "db") as writer:
        for label in (5, 6):
            record = message("AnnotatedDatum")
            record.datum.channels = record.datum.height = record.datum.width = 1
            record.datum.data, record.datum.label = b"\1", label
            writer.put(b"%d" % label, record.SerializeToString())
    built = build(annotated(tmp_path / "db", "batch_size: 2"), tops=2)
    built.forward()
    np.testing.assert_array_equal(built.top[1].data, np.array([5, 6]).reshape(2, 1, 1, 1))
    forced = "annotated_data_param { anno_type: BBOX }"
    built = build(annotated(tmp_path / "db", "batch_size: 2", forced), tops=2)
    built.forward()
    np.testing.assert_array_equal(built.top[1].data, np.full((1, 1, 1, 8), -1))


@pytest.mark.parametrize(
    ("more", "words", "field"),
    [
        ("sampler { min_scale: 0 }", "above 0", "sampler.min_scale"),
        ("sampler { min_scale: 0.9 max_scale: 0.5 }", "rising order", "sampler.min_scale"),
        ("sampler { min_aspect_ratio: 3 }", "rising order", "sampler.min_aspect_ratio"),
        ("max_trials: 4000000000", "at most 100000", "max_trials"),
    ],
)
def test_bad_samplers(build, source, more, words, field):
    with pytest.raises(LayerError, match=words) as caught:
        build(annotated(source, "batch_size: 1", sampler(more)), tops=2)
    assert caught.value.field == f"annotated_data_param.batch_sampler[0].{field}"


def test_records_of_another_kind(build, tmp_path):
    source = write_database(tmp_path / "db", VALUES, [1, 2, 3, 4])
    with pytest.raises(MyCaffeError, match=r"record 0 .*AnnotatedDatum|declares"):
        build(annotated(source), tops=2)


def test_parts_of_different_sizes_need_one_size(build, source, batches):
    built = build(
        annotated(source, "batch_size: 4", sampler("sampler { min_scale: 0.3 max_scale: 0.9 }")),
        tops=2,
    )
    with pytest.raises(DataError, match="the batch began with") as caught:
        batches(built, 3)
    assert "resize_param" in caught.value.hint


def test_boxes_that_are_no_numbers_are_left_out(build, tmp_path):
    odd = [float("nan"), float("inf"), -1e38]
    with AnnotatedWriter(tmp_path / "db") as writer:
        writer.put(VALUES[0], [Box(1, each, 0.1, 0.5, 0.5) for each in odd])
        writer.put(VALUES[0], [Box(2, 0.1, 0.1, each, 0.5) for each in odd])
    built = build(annotated(tmp_path / "db", "batch_size: 2"), tops=2)
    built.forward()
    rows = built.top[1].data[0, 0]
    assert np.isfinite(rows).all() and ((rows[:, 3:7] >= 0) & (rows[:, 3:7] <= 1)).all()
    assert rows[:, :3].tolist() == [[0, 1, 2], [1, 2, 1]]  # from minus and to plus infinity
