"""CenterLoss: its centers' own rule, and bad settings."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.forks.losses import center_loss

from mycaffe_py.errors import LayerError, MyCaffeError

from ....building import data, layer, make_net
from ....solving import make_solver

X = [[1.0, 2.0], [3.0, 0.0], [5.0, 4.0]]


def center(settings="num_output: 3", more=""):
    return f'type: "CenterLoss" center_loss_param {{ {settings} }} {more}'


def test_a_center_steps_by_the_sum_over_one_more_than_its_items(build):
    built = build(center(more="loss_weight: 7"), X, [2, 0, 2])
    built.layer.blobs[0].data[...] = [[1, 1], [9, 9], [0, 2]]
    assert built.forward() == (4 + 1 + 1 + 25 + 4) / 6
    dx, _ = built.backward(propagate_down=[True, False])
    np.testing.assert_allclose(dx, 7 * np.array([[1, 0], [2, -1], [5, 2]]) / 3)
    # The loss weight does not count here, and class 1 has no item.
    expected = [[-1, 0.5], [0, 0], [-2, -2 / 3]]
    np.testing.assert_allclose(built.layer.blobs[0].diff, expected)
    built.backward(propagate_down=[False, False])
    np.testing.assert_allclose(built.layer.blobs[0].diff, 2 * np.array(expected))


def test_a_solver_moves_the_centers_towards_the_features():
    net = make_net(
        data((4, 2), (4,))
        + layer("loss", "CenterLoss", "x0 x1", "loss", "center_loss_param { num_output: 2 }")
    )
    net.blobs["x0"].data[...] = [[1, 1], [1, 1], [-3, 0], [-3, 0]]
    net.blobs["x1"].data[...] = [0, 0, 1, 1]
    solver = make_solver("momentum: 0", net)
    solver.step(100)
    np.testing.assert_allclose(net.params["loss"][0].data, [[1, 1], [-3, 0]], atol=0.01)


def test_centers_with_lr_mult_0_stay():
    net = make_net(
        data((2, 2), (2,))
        + layer(
            "loss",
            "CenterLoss",
            "x0 x1",
            "loss",
            "param { lr_mult: 0 } center_loss_param { num_output: 2 } propagate_down: false propagate_down: false",
        )
    )
    net.forward()
    net.backward()
    assert not net.params["loss"][0].diff.any()


def test_labels_must_be_classes(build):
    built = build(center(), X, [0, 3, 1])
    with pytest.raises(LayerError, match="holds the label 3 at .*0 to 2, because num_output is 3"):
        built.forward()


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ("", "center_loss_param.num_output", "num_output is 0"),
        ("num_output: 2 axis: 2", "center_loss_param.axis", "axis 2 is out of range"),
    ],
)
def test_bad_settings(build, settings, field, words):
    with pytest.raises(LayerError, match=words) as caught:
        build(center(settings), X, [0, 0, 0])
    assert caught.value.field == field


def test_features_of_another_size(build):
    built = build(center(), X, [0, 1, 2])
    built.bottom[0].reshape(3, 4)
    with pytest.raises(LayerError, match='has 4 features, but the blob "center" .* made for 2'):
        built.forward()


def test_many_classes_are_refused_before_they_take_memory():
    text = data((1, 1000), (1,)) + layer(
        "loss", "CenterLoss", "x0 x1", "loss", "center_loss_param { num_output: 4000000000 }"
    )
    with pytest.raises(MyCaffeError) as caught:
        make_net(text)
    assert "center" in str(caught.value) or "memory" in str(caught.value)


def test_items_are_compared_in_blocks(build, monkeypatch, rng):
    x, labels = rng.standard_normal((7, 2)), [0, 1, 0, 2, 1, 0, 2]
    diffs = []
    for pairs in (1 << 24, 14, 1):
        monkeypatch.setattr(center_loss, "_PAIRS", pairs)
        built = build(center(), x, labels)
        built.forward()
        built.backward(propagate_down=[True, False])
        diffs.append(built.layer.blobs[0].diff.copy())
    np.testing.assert_allclose(diffs[1], diffs[0], rtol=1e-12)
    np.testing.assert_allclose(diffs[2], diffs[0], rtol=1e-12)
