"""SegAccuracy: its figures, what is kept, and bad labels."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, SnapshotError
from mycaffe_py.run import best

from ....building import data, layer, make_net
from ....solving import make_solver

LABELS = np.array([0.0, 0, 1, 1, 255, 0]).reshape(1, 1, 2, 3)
PREDICTED = np.array([0, 1, 1, 1, 2, 0]).reshape(1, 2, 3)


def scores(classes=4):
    return np.moveaxis(np.eye(classes)[PREDICTED], -1, 1)


def text(settings="ignore_label: 255", tops=""):
    return f'{tops} type: "SegAccuracy" seg_accuracy_param {{ {settings} }}'


def figures(built):
    return built.forward().reshape(-1).tolist()


def test_the_three_figures(build):
    # Classes 2 and 3 have neither labels nor predictions that count: their overlap is 1, as in the fork.
    found = figures(build(text(), [scores(), LABELS]))
    assert found == pytest.approx([4 / 5, (2 / 3 + 1) / 2, (2 / 3 + 2 / 3 + 1 + 1) / 4])


def test_precision_recall_and_overlap_of_a_class(build):
    tops = 'top: "all" top: "one" top: "none"'
    built = build(
        text("ignore_label: 255 output_label: 1 output_label: 3", tops), [scores(), LABELS]
    )
    built.forward()
    assert built.top[1].data.reshape(-1).tolist() == pytest.approx([2 / 3, 1, 2 / 3])
    assert built.top[2].data.reshape(-1).tolist() == [0, 0, 0]


def test_a_single_channel_is_compared_with_a_half(build):
    x = np.array([0.2, 0.7, 0.5, 0.6]).reshape(1, 1, 2, 2)
    labels = np.array([0.0, 1, 1, 1]).reshape(x.shape)
    assert figures(build(text(""), [x, labels]))[0] == 0.75


def test_without_pixels_that_count_nothing_is_divided(build):
    assert figures(build(text(), [scores(), np.full(LABELS.shape, 255.0)])) == [0, 0, 1]


def test_counts_are_kept_on_request_and_go_into_the_state(build):
    built = build(text("ignore_label: 255 reset: false"), [scores(), LABELS])
    first = figures(built)
    built.bottom[1].data[...] = 2
    second = figures(built)
    assert first[0] == 4 / 5 and second[0] == 5 / 11
    other = build(text("ignore_label: 255 reset: false"), [scores(), LABELS])
    other.layer.load_state(built.layer.state())
    assert figures(other)[0] == pytest.approx((4 + 5) / 16)
    counts = [
        np.zeros((2, 2), int),
        np.zeros((4, 4)),
        np.full((4, 4), -1),
        np.full((4, 4), 2**63 - 1),
        [[1], [2, 3]],
    ]
    for bad in (None, {}, *({"counts": each} for each in counts)):
        with pytest.raises(SnapshotError):
            other.layer.load_state(bad)


@pytest.mark.parametrize("bad", [4.0, -1.0, 0.5, np.nan])
def test_bad_labels_are_named(build, bad):
    labels = LABELS.copy()
    labels[0, 0, 0, 1] = bad
    with pytest.raises(
        LayerError, match=f"the label {bad:.9g} at index 1; expected whole numbers from 0 to 3"
    ):
        build(text(), [scores(), labels]).forward()


@pytest.mark.parametrize(
    ("settings", "bottoms", "message"),
    [
        ("output_label: 4", [scores(), LABELS], "output_label 4 is not one of the 4 classes"),
        ("output_label: 1", [scores(), LABELS], "needs 2 tops"),
        ("", [scores(), LABELS[..., :2]], r"expected \(1, 1, 2, 3\)"),
        ("", [scores()[0], LABELS], "must have 4 axes"),
    ],
)
def test_bad_input_is_refused(build, settings, bottoms, message):
    with pytest.raises(LayerError, match=message):
        build(text(settings), bottoms)


def test_there_is_no_gradient(build):
    built = build(text(), [scores(), LABELS])
    built.forward()
    with pytest.raises(LayerError, match="has no gradient"):
        built.backward(np.ones((1, 1, 1, 3)), propagate_down=[True, False])


def test_the_best_test_is_that_of_the_best_overlap():
    net = make_net(
        data((1, 2, 2, 2), (1, 1, 2, 2)) + layer("seg", "SegAccuracy", "x0 x1", "shares")
    )
    solver = make_solver(test_nets=[net])
    assert best.tested_output(solver) == "shares[2]"
    assert best.BestTested(solver, "shares[2]").higher
