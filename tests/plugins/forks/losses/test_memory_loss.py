"""MemoryLoss: a handler's loss and gradients, and what a handler may not return."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

from ....building import data, fill, layer, make_net, product
from ....solving import make_solver

NET = data((4, 3)) + product("ip", "x0", "y", outputs=2)
LOSS = layer("loss", "MemoryLoss", "y", "loss", "loss_param { normalization: NONE }")


def squares(values):
    return float((values**2).sum()) / 2, values


def test_the_handler_gives_loss_and_gradient():
    net = fill(make_net(NET + LOSS))
    same = fill(
        make_net(
            NET
            + layer("zero", "Power", "y", "zero", "power_param { scale: 0 }")
            + layer("loss", "EuclideanLoss", "y zero", "loss", "loss_weight: 4")
        )
    )
    net.layer_dict["loss"].handler = squares
    assert net.layers[-1].handler is squares
    for each in (net, same):
        each.forward()
        each.backward()
    assert net.blobs["loss"].data == pytest.approx(4 * float(same.blobs["loss"].data))
    for ours, theirs in zip(net.params["ip"], same.params["ip"], strict=True):
        np.testing.assert_allclose(ours.diff, theirs.diff, atol=1e-12)


def test_a_solver_learns_from_it():
    net = fill(make_net(NET + LOSS))
    net.layer_dict["loss"].handler = squares
    solver = make_solver("", net)
    solver.step(1)
    first = float(net.blobs["loss"].data)
    solver.step(20)
    assert float(net.blobs["loss"].data) < first / 3


def test_without_a_handler_forward_says_what_to_set():
    net = make_net(NET + LOSS)  # building, drawing and checking need none
    with pytest.raises(LayerError, match="has no handler") as caught:
        net.forward()
    assert 'net.layer_dict["loss"].handler = function' in caught.value.hint


@pytest.mark.parametrize(
    ("normalization", "shape", "n"),
    [
        ("VALID", (2, 3), 2),
        ("VALID", (2, 3, 4, 5), 2 * 4 * 5),
        ("FULL", (2, 3, 4), 2 * 4),
        ("BATCH_SIZE", (2, 3, 4), 2),
        ("NONE", (2, 3, 4), 1),
        ("VALID", (6,), 6),
    ],
)
def test_what_the_loss_is_divided_by(build, normalization, shape, n):
    text = f'type: "MEMORY_LOSS" loss_weight: 3 loss_param {{ normalization: {normalization} }}'
    built = build(text, np.ones(shape))
    built.layer.handler = lambda x: (12, x)
    assert built.forward() == 12 / n
    np.testing.assert_allclose(built.backward()[0], 3 / n)


def test_two_bottoms_of_other_sizes_are_not_divided(build):
    built = build('type: "MemoryLoss"', np.ones((2, 3)), np.ones((2, 4)))
    built.layer.handler = lambda a, b: (12, (a, None))
    assert built.forward() == 12
    built.backward(propagate_down=[True, False])
    assert (built.bottom[0].diff == 1).all() and not built.bottom[1].diff.any()


def test_the_handler_gets_copies(build):
    built = build('type: "MemoryLoss"', np.ones((2, 3)))

    def handler(x):
        x[...] = 5
        return 0

    built.layer.handler = handler
    built.forward()
    assert (built.bottom[0].data == 1).all()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "returned a NoneType as the loss"),
        ("much", "returned a str as the loss"),
        ((1, 2, 3), "returned 3 values"),
        ((1, np.ones((3, 2))), r"a gradient \(3, 2\) for bottom \"b0\" \(2, 3\)"),
        ((1, [np.ones((2, 3))] * 2), "returned 2 gradients for 1 bottom$"),
        ((1, "steep"), "no array of numbers"),
        ((1, 1j * np.ones((2, 3))), "no array of numbers"),
        (10**400, "returned a int as the loss"),
    ],
)
def test_answers_that_are_refused(build, answer, words):
    built = build('type: "MemoryLoss"', np.ones((2, 3)))
    built.layer.handler = lambda x: answer
    with pytest.raises(LayerError, match=words):
        built.forward()


def test_a_gradient_that_is_needed(build):
    built = build('type: "MemoryLoss"', np.ones((2, 3)))
    built.layer.handler = lambda x: 1.0
    built.forward()
    with pytest.raises(LayerError, match='no gradient of bottom "b0"'):
        built.backward()


def test_what_cannot_be_a_handler(build):
    built = build('type: "MemoryLoss"', np.ones((2, 3)))
    with pytest.raises(TypeError, match="handler must be a function, not int"):
        built.layer.handler = 3
    built.layer.handler = None
    assert built.layer.handler is None


def test_an_exception_of_the_handler_comes_through():
    net = fill(make_net(NET + LOSS))

    def handler(x):
        raise KeyError("mine")

    net.layer_dict["loss"].handler = handler
    with pytest.raises(KeyError, match="mine"):
        net.forward()
