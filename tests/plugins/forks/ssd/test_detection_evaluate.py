"""DetectionEvaluate by hand, with difficult objects and images in pixels, and its mean average precision."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.forks.ssd import detection_evaluate
from mycaffe_plugins.forks.ssd.mean_precision import MeanPrecision, average_precision
from mycaffe_plugins.forks.ssd.objects import places_of_each

from mycaffe_py.errors import ConfigError, LayerError

OBJECTS = [
    [0, 1, 0, 0, 0, 0.5, 0.5, 0],
    [0, 1, 1, 0.5, 0.5, 1, 1, 1],
    [1, 2, 0, 0.2, 0.2, 0.6, 0.6, 0],
    [-1] * 8,
]
FOUND = [
    [0, 1, 0.5, 0, 0, 0.5, 0.4],  # right, as the one of a higher score has another object
    [0, 1, 0.9, 0.5, 0.5, 1, 0.95],  # difficult
    [0, 1, 0.4, 0, 0, 0.5, 0.5],  # its object was found already
    [0, 2, 0.3, 0, 0, 1, 1],  # no such object
    [1, 2, 0.8, 0.5, 0.5, 0.9, 0.9],  # elsewhere
    [2, 1, 0.7, 0, 0, 1, 1],  # no objects at all
    [3, -1, -1, -1, -1, -1, -1],  # none
]


def evaluate(settings="", classes="num_classes: 3"):
    return f'type: "DetectionEvaluate" detection_evaluate_param {{ {classes} {settings} }}'


def made(build, text, found=FOUND, objects=OBJECTS):
    return build(text, np.array(found)[None, None], np.array(objects, dtype=float)[None, None])


@pytest.mark.parametrize("pairs", [1 << 20, 1])
def test_by_hand(build, monkeypatch, pairs):
    monkeypatch.setattr(detection_evaluate, "_PAIRS", pairs)
    rows = made(build, evaluate()).forward()[0, 0].tolist()
    assert rows == [
        [-1, 1, 2, -1, -1],
        [-1, 2, 1, -1, -1],
        [0, 1, 0.9, 1, 0],
        [0, 1, 0.5, 1, 0],
        [0, 1, 0.4, 0, 1],
        [0, 2, 0.3, 0, 1],
        [1, 2, 0.8, 0, 1],
        [2, 1, 0.7, 0, 1],
    ]


def test_difficult_objects_may_not_count(build):
    rows = made(build, evaluate("evaluate_difficult_gt: false")).forward()[0, 0]
    assert rows[0].tolist() == [-1, 1, 1, -1, -1]
    assert rows[2].tolist() == [0, 1, 0.9, 0, 0]


def test_overlaps_in_pixels_count_the_edges(build, tmp_path):
    # In parts of the image 9/17 of the boxes' union, in pixels of 4 x 4 images 16/22.
    objects = [[0, 1, 0, 0, 0, 0.75, 0.75, 0], [1, 1, 0, 0, 0, 0.75, 0.75, 0]]
    found = [[item, 1, 0.5, 0.25, 0, 1, 0.75] for item in (0, 1)]
    sizes = tmp_path / "sizes.txt"
    sizes.write_text("a b 4 4\n\nc 4000 4000\n")
    text = evaluate(f'overlap_threshold: 0.55 name_size_file: "{sizes}"')
    built = made(build, text, found, objects)
    assert built.forward()[0, 0][2:, 3].tolist() == [1, 0]
    assert built.layer.sizes.place == 0


@pytest.mark.parametrize(
    ("resizing", "box", "expected"),
    [
        ("resize_mode: WARP", [0, 0.25, 1.5, 1], [0, 25, 200, 100]),
        ("resize_mode: FIT_LARGE_SIZE_AND_PAD", [0, 0.25, 1, 0.5], [0, 0, 200, 50]),
        ("resize_mode: FIT_LARGE_SIZE_AND_PAD", [0, 0, 1, 0.1], [0, 0, 200, 10]),
        (
            "resize_mode: FIT_SMALL_SIZE height_scale: 50 width_scale: 80",
            [0, 0.5, 3, 3],
            [0, 25, 200, 100],
        ),
        ("resize_mode: FIT_SMALL_SIZE", [0, 0.5, 3, 3], [0, 50, 200, 100]),
    ],
)
def test_images_that_were_resized(build, tmp_path, resizing, box, expected):
    sizes = tmp_path / "sizes.txt"
    sizes.write_text("a 100 200\n")
    text = evaluate(
        f'name_size_file: "{sizes}" resize_param {{ {resizing} height: 300 width: 300 }}'
    )
    built = made(build, text)
    np.testing.assert_allclose(built.layer.sizes.in_pixels(0, np.array([box])), [expected])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (evaluate(classes=""), "num_classes is not set"),
        (evaluate("overlap_threshold: 0"), "above 0"),
        (evaluate('name_size_file: "nowhere"'), 'file "nowhere" does not exist'),
    ],
)
def test_what_is_refused(build, text, message):
    with pytest.raises(LayerError, match=message):
        made(build, text)


@pytest.mark.parametrize(("line", "message"), [("a 3 x", "line 1"), ("", "lists no image")])
def test_a_list_of_sizes_that_is_none(build, tmp_path, line, message):
    (tmp_path / "sizes.txt").write_text(line)
    with pytest.raises(LayerError, match=message) as caught:
        made(build, evaluate(f'name_size_file: "{tmp_path / "sizes.txt"}"'))
    assert caught.value.field == "detection_evaluate_param.name_size_file"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0, 0, 1, 0, 0, 1, 1], "holds the detection 0, 0"),
        ([0, 3, 1, 0, 0, 1, 1], "a class below 3"),
        ([0, 1, np.nan, 0, 0, 1, 1], "nan"),
        ([np.inf, 1, 0.5, 0, 0, 1, 1], "holds the detection inf"),
        ([0, 1.5, 0.5, 0, 0, 1, 1], "holds the detection 0, 1.5"),
    ],
)
def test_detections_that_cannot_be_are_refused(build, row, message):
    with pytest.raises(LayerError, match=message):
        made(build, evaluate(), [row]).forward()


def test_bottoms_of_another_form_are_refused(build):
    with pytest.raises(LayerError, match="the detections"):
        build(evaluate(), np.zeros((1, 7)), np.zeros((1, 1, 1, 8)))


# Precision by hand: right, wrong, right, with 4 objects: recall 1/4, 1/4, 2/4, precision 1, 1/2, 2/3.


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("Integral", 1 / 4 * 1 + 1 / 4 * 2 / 3),
        ("MaxIntegral", 1 / 4 * 1 + 1 / 4 * 2 / 3),
        ("11point", (3 * 1 + 3 * 2 / 3) / 11),
    ],
)
def test_average_precision_by_hand(version, expected):
    assert average_precision(np.array([1, 0, 1]), 4, version) == pytest.approx(expected)
    assert average_precision(np.zeros(0), 4, version) == 0
    assert average_precision(np.ones(3), 3, version) == pytest.approx(1)


def test_the_forms_differ_where_precision_rises():
    right = np.array([0, 1, 1])
    assert average_precision(right, 2, "Integral") == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert average_precision(right, 2, "MaxIntegral") == pytest.approx(2 / 3)


def test_the_mean_of_a_whole_test():
    tally = MeanPrecision("map", "Integral", each_class=True)
    head = [[-1, 1, 1, -1, -1], [-1, 2, 2, -1, -1], [-1, 3, 0, -1, -1]]
    tally.add([np.array([*head, [0, 1, 0.5, 1, 0], [0, 2, 0.9, 0, 1]])[None, None]])
    tally.add([np.array([*head, [0, 2, 0.8, 1, 0], [0, 1, 0.9, 0, 0]])[None, None]])
    figures = tally.figures()
    # Class 1: one of two found, at once. Class 2: wrong, right, of four. Class 3 has no objects.
    assert figures["map_class1"] == pytest.approx(1 / 2)
    assert figures["map_class2"] == pytest.approx(1 / 4 * 1 / 2)
    assert figures["map_class3"] == 0
    assert figures["map"] == pytest.approx((1 / 2 + 1 / 8) / 3)
    assert MeanPrecision("map").figures() == {"map": 0.0}


def test_an_unknown_ap_version_is_refused(build, registry):
    text = 'eval_type: "detection" ap_version: "12point"'
    settings = registry.schema.parse_text(text, "SolverParameter").message
    with pytest.raises(ConfigError, match='unknown ap_version "12point"'):
        made(build, evaluate()).layer.test_tally(settings)


def test_rows_are_grouped_by_their_numbers_in_order():
    numbers = np.array([3.0, 0, 3, 7, 0, 3])
    found = {number: places.tolist() for number, places in places_of_each(numbers)}
    assert list(found) == [0, 3, 7]
    assert found == {0: [1, 4], 3: [0, 2, 5], 7: [3]}
    assert not list(places_of_each(np.zeros(0)))
