"""NLLLoss, and the Softmax with logarithms before it."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError
from mycaffe_py.layer import TEST

from ....building import data, fill, layer, make_net

NET = data((3, 5), (3,)) + layer(
    "log", "Softmax", "x0", "log", "softmax_param { algorithm: ACCURATE algorithm_train: LOG }"
)


def test_after_logarithms_it_is_softmax_with_loss():
    net = fill(make_net(NET + layer("loss", "NLLLoss", "log x1", "loss") + "force_backward: true"))
    same = fill(
        make_net(
            data((3, 5), (3,))
            + layer("loss", "SoftmaxWithLoss", "x0 x1", "loss")
            + "force_backward: true"
        )
    )
    for each in (net, same):
        each.blobs["x1"].data[...] = [4, 0, 2]
        each.forward()
        each.backward()
    assert net.blobs["loss"].data == pytest.approx(float(same.blobs["loss"].data))
    np.testing.assert_allclose(net.blobs["x0"].diff, same.blobs["x0"].diff, atol=1e-15)


def test_in_testing_the_algorithm_gives_probabilities(build):
    text = 'type: "Softmax" softmax_param { algorithm_train: LOG }'
    y = build(text, [[0.0, 0.0]], phase=TEST).forward()
    assert y.tolist() == [[0.5, 0.5]]
    assert build('type: "NLLLoss"', y, [1]).forward() == -0.5


def test_logarithms_of_large_scores(build):
    built = build('type: "Softmax" softmax_param { algorithm: LOG }', [[1e4, 0.0, -1e4]])
    assert built.forward().tolist() == [[0, -1e4, -2e4]]


def test_both_spellings_and_a_bad_label(build):
    built = build('type: "NLL_LOSS"', [[-1.0, -2.0]], [2])
    with pytest.raises(LayerError, match="holds the label 2"):
        built.forward()


def test_a_bad_axis(build):
    with pytest.raises(LayerError, match="axis 2 is out of range") as caught:
        build('type: "NLLLoss" nll_loss_param { axis: 2 }', [[-1.0, -2.0]], [1])
    assert caught.value.field == "nll_loss_param.axis"
