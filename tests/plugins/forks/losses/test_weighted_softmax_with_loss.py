"""WeightedSoftmaxWithLoss: its two forms, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = [[1.0, 2.0, 4.0], [0.0, -1.0, 5.0], [0.0, 0.0, 0.0]]
LABELS = [1, 0, 2]
BOTTOMS = 'bottom: "b0" bottom: "b1"'


def weighted(settings="", more=BOTTOMS):
    return f'type: "WeightedSoftmaxWithLoss" {more} {settings}'


def costs():
    p = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    return -np.log(p[range(3), LABELS])


def test_weights_of_items(build):
    built = build(weighted(more=f'{BOTTOMS} bottom: "b2"'), X, LABELS, [0.5, 2, 0])
    assert built.forward() == pytest.approx(np.dot(costs(), [0.5, 2, 0]) / 3)
    (dx, *_) = built.backward(propagate_down=[True, False, False])
    assert dx[:2].all() and not dx[2].any()
    assert [built.layer.allow_force_backward(index) for index in range(3)] == [True, False, False]


def test_weights_of_classes(build):
    built = build(
        weighted("softmax_param { pos_cid: 2 pos_mult: 3 pos_cid: 0 pos_mult: 0.5 }"), X, LABELS
    )
    assert built.forward() == pytest.approx(np.dot(costs(), [1, 0.5, 3]) / 3)


def test_without_weights_it_is_softmax_with_loss(build):
    assert build(weighted(), X, LABELS).forward() == pytest.approx(costs().mean())


def test_ignored_labels_do_not_count(build):
    text = weighted("loss_param { ignore_label: 2 }", f'{BOTTOMS} bottom: "b2"')
    assert build(text, X, LABELS, [0.5, 2, 9]).forward() == pytest.approx(
        np.dot(costs(), [0.5, 2, 0]) / 2
    )


def test_one_weight_for_each_item_of_maps(build, rng):
    x, labels = rng.standard_normal((2, 3, 2)), [[0, 1], [2, 2]]
    text = weighted(more=f'{BOTTOMS} bottom: "b2"')
    each = build(text, x, labels, [[2, 2], [0.5, 0.5]]).forward()
    assert build(text, x, labels, [2, 0.5]).forward() == pytest.approx(float(each))


@pytest.mark.parametrize(
    ("settings", "weights", "field", "words"),
    [
        ("softmax_param { pos_cid: 1 }", (), "pos_mult", "must be given equally often"),
        (
            "softmax_param { pos_cid: 3 pos_mult: 1 }",
            (),
            "pos_cid",
            "pos_cid is 3, .* has 3 classes",
        ),
        ("", ([1.0, 2.0],), "", "one weight for each of the 3 labels"),
    ],
)
def test_refusals(build, settings, weights, field, words):
    more = BOTTOMS + ' bottom: "b2"' * len(weights)
    with pytest.raises(LayerError, match=words) as caught:
        build(weighted(settings, more), X, LABELS, *weights)
    assert caught.value.field == (f"softmax_param.{field}" if field else "")


def test_no_items(build):
    more = f'{BOTTOMS} bottom: "b2"'
    assert build(weighted(more=more), np.ones((0, 3)), np.ones(0), np.ones(0)).forward() == 0
