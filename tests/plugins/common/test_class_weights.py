"""SegNet's weights of the classes in SoftmaxWithLoss."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = [[1.0, 2.0, 4.0], [0.0, -1.0, 5.0], [0.0, 0.0, 0.0]]
WEIGHTS = "class_weighting: 0.5 class_weighting: 2 class_weighting: 4"


def loss(settings):
    return f'type: "SoftmaxWithLoss" loss_param {{ {settings} }}'


def costs(labels):
    p = np.exp(X) / np.exp(X).sum(1, keepdims=True)
    return -np.log(p[range(3), labels])


def test_each_item_counts_by_the_weight_of_its_label(build):
    built = build(loss(f"weight_by_label_freqs: true {WEIGHTS}"), X, [1, 0, 1])
    assert built.forward() == pytest.approx(np.dot(costs([1, 0, 1]), [2, 0.5, 2]) / 3)


def test_without_weights_by_the_number_of_items_with_its_label(build):
    built = build(loss("weight_by_label_freqs: true ignore_label: 7"), X, [1, 0, 1])
    assert built.forward() == pytest.approx(np.dot(costs([1, 0, 1]), [0.5, 1, 0.5]) / 3)
    built.bottom[1].data[...] = [1, 7, 0]
    assert built.forward() == pytest.approx(costs([1, 0, 0])[[0, 2]].sum() / 2)


def test_a_weight_is_needed_for_each_class(build):
    with pytest.raises(
        LayerError, match="class_weighting is given 2 times, .* 3 classes"
    ) as caught:
        build(
            loss("weight_by_label_freqs: true class_weighting: 1 class_weighting: 2"), X, [0, 1, 2]
        )
    assert caught.value.field == "loss_param.class_weighting"


def test_weights_without_the_switch_have_no_effect(build):
    plain = build('type: "SoftmaxWithLoss"', X, [1, 0, 1])
    assert build(loss(WEIGHTS), X, [1, 0, 1]).forward() == plain.forward()


def balanced(loss=""):
    return f'type: "SigmoidCrossEntropyLoss" loss_param {{ class_balanced: true {loss} }}'


def entropy(x, t):
    return max(x, 0) - x * t + np.log1p(np.exp(-abs(x)))


def test_hed_balances_each_item(build):
    x, t = [[1.0, -2.0, 0.5, 3.0], [1.0, 2.0, 3.0, 4.0]], [[1, 0, 0, 0], [1, 1, 1, 1]]
    built = build(balanced(), x, t)
    # One of four elements is 1: it counts 3/4, the others 1/4. Nothing is 0 in the second item: nothing counts.
    parts = [entropy(a, b) for a, b in zip(x[0], t[0], strict=True)]
    assert built.forward() == pytest.approx((0.75 * parts[0] + 0.25 * sum(parts[1:])) / 2)
    dx, _ = built.backward(propagate_down=[True, False])
    slope = 1 / (1 + np.exp(-np.array(x[0]))) - t[0]
    np.testing.assert_allclose(dx[0], slope * [0.75, 0.25, 0.25, 0.25] / 2)
    assert not dx[1].any()


def test_balanced_elements_that_are_neither_count_nothing(build):
    built = build(
        balanced("ignore_label: 255 normalization: VALID"), [[1.0, 2, 3, 4]], [[1, 0, 255, 0.5]]
    )
    assert built.forward() == pytest.approx((entropy(1, 1) + entropy(2, 0)) / 2 / 2)
