"""MultiBoxLoss: choice of negatives by hand, modes beside each other, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

CORNERS = np.array(
    [[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1], [0.2, 0.2, 0.8, 0.8]]
)
COUNT = len(CORNERS)
PRIORS = np.stack([CORNERS.reshape(-1), np.tile([0.1, 0.1, 0.2, 0.2], COUNT)])[None]
OBJECT = [0, 1, 0, 0.02, 0, 0.5, 0.45, 0]
NOTHING = [-1] * 8


def loss(settings="", rest="", classes="num_classes: 3"):
    return f'type: "MultiBoxLoss" multibox_loss_param {{ {classes} {settings} }} {rest}'


def built(build, text, objects, items=1, classes=3, boxes=1, seed=0):
    rng = np.random.default_rng(seed)
    return build(
        text,
        rng.standard_normal((items, COUNT * 4 * boxes)),
        rng.standard_normal((items, COUNT * classes)),
        PRIORS,
        np.array(objects, dtype=float)[None, None],
    )


def rows_with_gradient(made):
    """Return the priors whose scores have a gradient."""
    diff = made.backward(1.0, propagate_down=[True, True, False, False])[1]
    return np.flatnonzero(np.abs(diff.reshape(-1, 3)).sum(axis=1)).tolist()


def test_the_worst_negatives_are_chosen_up_to_the_ratio(build):
    made = built(build, loss("neg_pos_ratio: 2"), [OBJECT])
    scores = np.zeros((COUNT, 3))
    scores[:, 1] = [0, 3, 1, 2, -5]  # how wrong each is as background
    made.bottom[1].data[...] = scores.reshape(1, -1)
    made.forward()
    assert rows_with_gradient(made) == [0, 1, 3]


def test_negatives_must_overlap_objects_little(build):
    made = built(build, loss("neg_overlap: 0.1 neg_pos_ratio: 9"), [OBJECT])
    made.forward()
    assert rows_with_gradient(made) == [0, 1, 2, 3]  # prior 4 overlaps the object by 0.15


def test_hard_examples_are_chosen_by_both_losses(build):
    made = built(build, loss("mining_type: HARD_EXAMPLE sample_size: 2"), [OBJECT])
    scores = np.zeros((COUNT, 3))
    scores[:, 1] = [9, 3, 1, 2, -5]
    made.bottom[1].data[...] = scores.reshape(1, -1)
    made.bottom[0].data[...] = 0
    made.bottom[0].data[0, :4] = 100  # the only matched box is very wrong
    made.forward()
    assert rows_with_gradient(made) == [0, 1]


def test_overlapping_negatives_are_dropped_before_the_choice(build):
    text = "nms_param { nms_threshold: 0.1 } use_prior_for_nms: true neg_pos_ratio: 9"
    made = built(build, loss(text), [OBJECT])
    scores = np.zeros((COUNT, 3))
    scores[:, 1] = [0, 1, 1, 1, 5]  # the middle one is worst, and overlaps all
    made.bottom[1].data[...] = scores.reshape(1, -1)
    made.forward()
    assert rows_with_gradient(made) == [0, 4]


def test_predicted_boxes_can_be_compared(build):
    text = "nms_param { nms_threshold: 0.1 } neg_pos_ratio: 9 use_prior_for_matching: false"
    made = built(build, loss(text), [OBJECT])
    made.bottom[0].data[...] = 0  # the predicted boxes are the priors
    same = built(build, loss(text.replace("false", "true use_prior_for_nms: true")), [OBJECT])
    same.bottom[0].data[...] = 0
    same.bottom[1].data[...] = made.bottom[1].data
    np.testing.assert_array_equal(made.forward(), same.forward())


def test_images_without_objects_add_nothing_if_negatives_are_mined(build):
    made = built(build, loss(), [NOTHING], items=2)
    assert made.forward() == 0
    assert rows_with_gradient(made) == []
    made = built(build, loss("mining_type: NONE"), [NOTHING], items=2)
    assert made.forward() > 0
    assert rows_with_gradient(made) == list(range(2 * COUNT))


def test_difficult_objects_can_be_left_out(build):
    difficult = [*OBJECT[:-1], 1]
    without = built(build, loss("use_difficult_gt: false"), [difficult])
    assert without.forward() == 0
    assert built(build, loss(), [difficult]).forward() == built(build, loss(), [OBJECT]).forward()


def test_a_box_for_each_class_is_trained_for_its_class_alone(build):
    text = loss("share_location: false mining_type: NONE")
    made = built(build, text, [OBJECT], boxes=3)
    made.forward()
    diff = made.backward(1.0, propagate_down=[True, True, False, False])[0].reshape(COUNT, 3, 4)
    assert np.argwhere(np.abs(diff).sum(axis=2)).tolist() == [[0, 1]]


def test_objects_of_one_kind(build):
    text = loss("map_object_to_agnostic: true", classes="num_classes: 2")
    made = built(build, text, [[0, 7, *OBJECT[2:]]], classes=2)
    ours = built(build, loss(classes="num_classes: 2"), [OBJECT], classes=2)
    ours.bottom[1].data[...] = made.bottom[1].data
    np.testing.assert_allclose(made.forward(), ours.forward())


def test_propagate_down_says_which_losses_count(build):
    whole = built(build, loss(), [OBJECT]).forward()
    boxes = built(build, loss(rest="propagate_down: [true, false, false, false]"), [OBJECT])
    classes = built(build, loss(rest="propagate_down: [false, true, false, false]"), [OBJECT])
    np.testing.assert_allclose(boxes.forward() + classes.forward(), whole)


def test_the_old_form_of_mining(build):
    for old, new in (("false", "NONE"), ("true", "MAX_NEGATIVE")):
        one = built(build, loss(f"do_neg_mining: {old}"), [OBJECT])
        other = built(build, loss(f"mining_type: {new}"), [OBJECT])
        np.testing.assert_array_equal(one.forward(), other.forward())


def test_no_gradient_for_coordinates_outside(build):
    made = built(build, loss("bp_inside: true use_prior_for_matching: false"), [OBJECT])
    made.bottom[0].data[...] = 0
    made.bottom[0].data[0, 0] = -1  # xmin of the first box is -0.1
    made.forward()
    diff = made.backward(1.0, propagate_down=[True, True, False, False])[0]
    assert (diff[0, :4] != 0).tolist() == [False, False, False, True]


def test_priors_have_gradient_zero_and_objects_none(build):
    made = built(build, loss(), [OBJECT])
    made.forward()
    assert not made.backward(1.0, propagate_down=[True, True, True, False])[2].any()
    with pytest.raises(LayerError, match='bottom "b3"'):
        made.backward(1.0, propagate_down=[True, True, False, True])


@pytest.mark.parametrize(
    ("text", "message", "field"),
    [
        (loss(classes=""), "num_classes is not set", "multibox_loss_param"),
        (loss("share_location: false"), "needs share_location", ".share_location"),
        (loss("background_label_id: 3"), "must be a class, from 0 to 2", ".background_label_id"),
        (loss("background_label_id: -1"), "needs a background class", ".background_label_id"),
        (loss("map_object_to_agnostic: true"), "num_classes is 3", ".map_object_to_agnostic"),
        (loss("neg_pos_ratio: -1"), "must not be negative", ".neg_pos_ratio"),
        (loss("mining_type: HARD_EXAMPLE sample_size: 0"), "at least 1", ".sample_size"),
        (loss("do_neg_mining: true mining_type: NONE"), "contradicts", ".do_neg_mining"),
        (loss(rest="multiboxloss_param { num_classes: 3 }"), "not both", "multiboxloss_param"),
    ],
)
def test_what_is_refused(build, text, message, field):
    with pytest.raises(LayerError, match=message) as caught:
        built(build, text, [OBJECT])
    assert caught.value.field.endswith(field)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([0, 0, 0, 0, 0, 1, 1, 0], "holds the object 0, 0"),
        ([0, 3, 0, 0, 0, 1, 1, 0], "a class from 0 to 2 but 0"),
        ([1, 1, 0, 0, 0, 1, 1, 0], "has an object of item 1"),
        ([-2, 1, 0, 0, 0, 1, 1, 0], "holds the object -2"),
        ([0, 1, 0, np.nan, 0, 1, 1, 0], "nan"),
        ([0, 1.5, 0, 0, 0, 1, 1, 0], "holds the object 0, 1.5"),
        ([1e30, 1, 0, 0, 0, 1, 1, 0], "holds the object 1e"),
    ],
)
def test_objects_that_cannot_be_are_refused(build, row, message):
    with pytest.raises(LayerError, match=message):
        built(build, loss(), [row]).forward()


@pytest.mark.parametrize(
    ("index", "shape", "message"),
    [
        (0, (1, 19), "the boxes"),
        (1, (1, 14), "the scores"),
        (2, (1, 2, 21), "the priors"),
        (3, (1, 1, 1, 7), "the objects"),
    ],
)
def test_bottoms_that_do_not_fit_are_refused(build, index, shape, message):
    shapes = [(1, 20), (1, 15), (1, 2, 20), (1, 1, 1, 8)]
    shapes[index] = shape
    with pytest.raises(LayerError, match=message):
        build(loss(), *(np.zeros(each) for each in shapes))


def test_too_many_objects_are_refused_before_memory_is_taken(build, monkeypatch):
    monkeypatch.setattr("mycaffe_plugins.forks.ssd.assigning.MOST_PAIRS", 9)
    with pytest.raises(LayerError, match="2 objects, too many"):
        built(build, loss(), [OBJECT, OBJECT]).forward()


def test_scores_that_are_no_numbers_give_no_loss(build):
    made = built(build, loss(), [OBJECT])
    made.bottom[1].data[...] = np.nan
    assert np.isnan(made.forward())
