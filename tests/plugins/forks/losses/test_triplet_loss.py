"""TripletLoss: the forms of its fourth bottom, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

A, P, N = [[0.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]], [[0.0, 1.0], [4.0, 5.0]]
# Squares of the distances: 1 and 1, 0 and 25; only the first triplet violates a margin of 2.


def triplet(settings=""):
    return f'type: "TripletLoss" triplet_loss_param {{ {settings} }}'


def test_only_violations_cost(build):
    built = build(triplet("margin: 2"), A, P, N)
    assert built.forward() == 2 / 4
    da, dp, dn = built.backward()
    assert da.tolist() == [[-0.5, 0.5], [0, 0]]
    assert dp.tolist() == [[0.5, 0], [0, 0]]
    assert dn.tolist() == [[0, -0.5], [0, 0]]


@pytest.mark.parametrize(("settings", "cost"), [("margin: 2", 3 * 2 / 4), ("alpha: 2", 2 / 4)])
def test_the_fourth_bottom_weighs_or_holds_labels(build, settings, cost):
    built = build(triplet(settings), A, P, N, [3, 8])
    assert built.forward() == cost
    assert not built.layer.allow_force_backward(3) and built.layer.allow_force_backward(0)


def test_margin_is_1_by_default(build):
    assert build(triplet(), A, P, N).forward() == 1 / 4


@pytest.mark.parametrize(
    ("bottoms", "settings", "words"),
    [
        ((A, [0, 1]), "margin: 1", "takes 3 bottoms, .* got 2"),
        ((A, P, N, [0, 1]), "", "margin or alpha must be given"),
        ((A, P, [[1.0], [2.0]]), "", '"b2" .* must hold as many items and features'),
        ((A, P, N, [1.0]), "margin: 1", '"b3" .* one weight for each of the 2 triplets'),
    ],
)
def test_refusals(build, bottoms, settings, words):
    with pytest.raises(LayerError, match=words):
        build(triplet(settings), *bottoms)


def test_weights_have_no_gradient(build):
    built = build(triplet("margin: 1"), A, P, N, [1, 1])
    built.forward()
    with pytest.raises(LayerError, match='"b3" .* has no gradient'):
        built.backward(propagate_down=[True] * 4)


def test_no_triplets_cost_nothing(build):
    empty = np.zeros((0, 2))
    assert build(triplet(), empty, empty, empty).forward() == 0
