"""DetectionOutput: order, limits, empty results, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

CORNERS = np.array([[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.4], [0.5, 0.5, 1, 1], [0.1, 0.6, 0.3, 0.9]])
COUNT = len(CORNERS)
PRIORS = np.stack([CORNERS.reshape(-1), np.full(4 * COUNT, 0.1)])[None]
SCORES = np.array([[0.1, 0.7, 0.2], [0.0, 0.6, 0.4], [0.3, 0.2, 0.5], [0.8, 0.2, 0.0]])


def output(settings="", classes="num_classes: 3"):
    return f'type: "DetectionOutput" detection_output_param {{ {classes} {settings} }}'


def made(build, text, scores=SCORES, items=1):
    boxes = np.zeros((items, 4 * COUNT))
    return build(text, boxes, np.tile(scores.reshape(1, -1), (items, 1)), PRIORS)


def rows(built):
    """Return (item, class, score) of what was found."""
    return built.forward()[0, 0][:, :3].tolist()


def test_by_classes_the_highest_scores_first(build):
    built = made(build, output("confidence_threshold: 0.3 nms_param { nms_threshold: 0.45 }"))
    assert rows(built) == [[0, 1, 0.7], [0, 2, 0.5], [0, 2, 0.4]]
    np.testing.assert_array_equal(built.top[0].data[0, 0, 0, 3:], CORNERS[0])


def test_a_threshold_of_1_drops_nothing(build):
    found = rows(made(build, output("nms_param { nms_threshold: 1 }")))
    assert len(found) == 2 * COUNT
    assert rows(made(build, output("nms_param { nms_threshold: 1 top_k: 1 }"))) == [
        [0, 1, 0.7],
        [0, 2, 0.5],
    ]


def test_the_best_of_all_classes_are_kept(build):
    found = rows(made(build, output("keep_top_k: 3 nms_param { nms_threshold: 1 }")))
    assert found == [[0, 1, 0.7], [0, 1, 0.6], [0, 2, 0.5]]
    assert rows(made(build, output("keep_top_k: 0"))) == [[0, -1, -1]]


def test_the_background_may_be_another_class_or_none(build):
    settings = "confidence_threshold: 0.45 background_label_id: {}"
    assert {row[1] for row in rows(made(build, output(settings.format(1))))} == {0, 2}
    assert {row[1] for row in rows(made(build, output(settings.format(-1))))} == {0, 1, 2}


def test_without_any_there_is_a_row_for_each_item(build):
    built = made(build, output("confidence_threshold: 2"), items=2)
    assert rows(built) == [[0, -1, -1], [1, -1, -1]]
    assert built.top[0].shape == (1, 1, 2, 7)


def test_nan_is_no_score(build):
    scores = SCORES.copy()
    scores[0] = np.nan
    found = rows(made(build, output("confidence_threshold: 0.3"), scores))
    assert found == [[0, 1, 0.6], [0, 2, 0.5], [0, 2, 0.4]]


def test_a_threshold_that_adapts(build):
    # Overlaps: 0.8 of the first two. Kept boxes lower the threshold from 0.85 to 0.765.
    text = "nms_param {{ nms_threshold: 0.85 eta: {} }} confidence_threshold: 0.3"
    assert [row[2] for row in rows(made(build, output(text.format(1))))][:2] == [0.7, 0.6]
    assert [row[2] for row in rows(made(build, output(text.format(0.9))))][:2] == [0.7, 0.5]


@pytest.mark.parametrize(
    ("text", "message", "field"),
    [
        (output(classes=""), "num_classes is not set", ""),
        (output(classes="num_classes: 0"), "at least 1", ".num_classes"),
        (output("nms_param { nms_threshold: -1 }"), "not be negative", ".nms_param.nms_threshold"),
        (output("nms_param { eta: 0 }"), "above 0 and at most 1", ".nms_param.eta"),
        (output("background_label_id: 3"), "must be a class", ".background_label_id"),
    ],
)
def test_what_is_refused(build, text, message, field):
    with pytest.raises(LayerError, match=message) as caught:
        made(build, text)
    assert caught.value.field == f"detection_output_param{field}"


def test_it_has_no_gradient(build):
    built = made(build, output())
    built.forward()
    with pytest.raises(LayerError, match="no gradient"):
        built.backward(0.0)


def test_files_and_windows_are_said_to_have_no_effect(registry):
    from mycaffe_py.plugins.idle import unfulfilled

    text = output('visualize: true save_output_param { output_directory: "/x" }')
    param = registry.schema.parse_text(text, "LayerParameter").message
    found = unfulfilled(registry.layers.find("DetectionOutput"), "layers", param)
    paths = {path[-1] for idle in found for path in idle.paths}
    assert paths == {"visualize", "save_output_param"}
