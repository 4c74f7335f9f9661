"""FocalLoss: which form the labels choose, its limits, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = [[1.0, 2.0, 4.0], [0.0, -1.0, 5.0]]


def focal(settings="", more="", name="FocalLoss"):
    return f'type: "{name}" focal_loss_param {{ {settings} }} {more}'


def test_gamma_0_is_the_cross_entropy(build):
    plain = build('type: "SoftmaxWithLoss"', X, [1, 2])
    focused = build(focal("gamma: 0 alpha: 1"), X, [1, 2])
    assert focused.forward() == pytest.approx(plain.forward(), rel=1e-14)
    flags = {"propagate_down": [True, False]}
    np.testing.assert_allclose(focused.backward(**flags)[0], plain.backward(**flags)[0], 1e-12)


def test_as_many_labels_as_scores_choose_the_form_with_a_sigmoid(build):
    labels = [[1, 0, 0], [0, 0, 1]]
    plain = build('type: "SigmoidCrossEntropyLoss"', X, labels)
    focused = build(focal("gamma: 0 alpha: 0.5"), X, labels)
    assert focused.forward() == pytest.approx(plain.forward() / 2, rel=1e-14)


def test_one_class_is_the_form_with_a_sigmoid(build):
    built = build(focal("alpha: 0.75 gamma: 1"), [[0.0], [0.0]], [1, 0])
    assert built.forward() == pytest.approx((0.75 + 0.25) * 0.5 * math.log(2) / 2)


def test_the_second_top_holds_the_probabilities(build):
    built = build(focal(more='top: "a" top: "p" loss_weight: 1 loss_weight: 0'), X, [1, 2])
    built.forward()
    p = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    np.testing.assert_allclose(built.top[1].data, p, 1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gamma", [0, 0.5, 2])
def test_certain_scores_stay_finite(build, dtype, gamma):
    x = [[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]]
    for labels in ([0, 0], [[1, 0, 1], [1, 0, 1]]):
        built = build(focal(f"gamma: {gamma}"), x, labels, dtype=dtype)
        assert np.isfinite(built.forward())
        assert np.isfinite(built.backward(propagate_down=[True, False])[0]).all()


def test_softmax_with_focal_loss_is_the_same_type(build):
    text = 'type: "SoftmaxWithFocalLoss" softmax_focal_loss_param { alpha: 1 gamma: 1 }'
    other = build(focal("alpha: 1 gamma: 1"), X, [1, 2])
    assert build(text, X, [1, 2]).forward() == other.forward()


@pytest.mark.parametrize(
    ("text", "labels", "field", "words"),
    [
        (focal("type: LINEAR"), [1, 2], "focal_loss_param.type", "LINEAR is not supported"),
        (focal("gamma: -1"), [1, 2], "focal_loss_param.gamma", "gamma is -1"),
        (focal("axis: 2"), [1, 2], "focal_loss_param.axis", "axis 2 is out of range"),
        (
            focal("type: ONEADDP"),
            [[1, 0, 0], [0, 0, 1]],
            "focal_loss_param.type",
            "has type: ORIGIN alone",
        ),
        (
            focal("gamma: 1", "softmax_focal_loss_param { gamma: 1 }"),
            [1, 2],
            "softmax_focal_loss_param",
            "not both",
        ),
        (focal(), [1, 2, 0, 1], "", "same first dimension"),
        (
            focal(more='top: "a" top: "p" loss_weight: 1 loss_weight: 0'),
            [[1, 0, 0], [0, 0, 1]],
            "",
            "has no probabilities of classes",
        ),
    ],
)
def test_refusals(build, text, labels, field, words):
    with pytest.raises(LayerError, match=words) as caught:
        build(text, X, labels)
    assert caught.value.field == field


def test_a_label_that_is_no_class(build):
    with pytest.raises(LayerError, match="holds the label 3"):
        build(focal(), X, [0, 3]).forward()
