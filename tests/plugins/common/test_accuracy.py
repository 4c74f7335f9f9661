"""Accuracy: ties, top_k, ignored labels and the share of each class."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError
from mycaffe_py.net import TEST, TRAIN, Net
from mycaffe_py.run import best
from mycaffe_py.schema import load_net_text

from ...building import data, layer, make_net
from ...solving import make_solver

X = [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.0, 0.4, 0.6], [0.9, 0.05, 0.05]]


def accuracy(settings="", more=""):
    return f'type: "Accuracy" accuracy_param {{ {settings} }} {more}'


def by_loops(x, labels, top_k=1, ignored=None):
    """Caffe's count: hits and shares by class of scores (outer, classes, inner)."""
    outer, classes, inner = x.shape
    hits, seen = np.zeros(classes), np.zeros(classes)
    for n in range(outer):
        for i in range(inner):
            label = int(labels[n, i])
            if label == ignored:
                continue
            better = sum(x[n, k, i] >= x[n, label, i] for k in range(classes) if k != label)
            seen[label] += 1
            hits[label] += better < top_k
    return hits.sum() / max(1, seen.sum()), hits / np.maximum(1, seen)


@pytest.mark.parametrize("top_k", [1, 2, 4])
@pytest.mark.parametrize("ignored", [None, 1, -1])
def test_against_loops(build, rng, top_k, ignored):
    x = rng.integers(0, 4, (5, 4, 6)).astype(float)  # many ties
    labels = rng.integers(0, 4, (5, 6)).astype(float)
    settings = f"top_k: {top_k}"
    if ignored is not None:
        labels[rng.random(labels.shape) < 0.3] = ignored
        settings += f" ignore_label: {ignored}"
    built = build(accuracy(settings), x, labels, tops=2)
    share, each = by_loops(x, labels, top_k, ignored)
    assert built.forward() == pytest.approx(share)
    np.testing.assert_allclose(built.top[1].data, each)
    assert built.top[0].shape == () and built.top[1].shape == (4,)


def test_ties_count_against_the_prediction(build):
    assert build(accuracy(), [[1.0, 1.0, 0.0]], [0]).forward() == 0
    assert build(accuracy("top_k: 2"), [[1.0, 1.0, 0.0]], [0]).forward() == 1


def test_scores_that_are_not_numbers_are_no_hits(build):
    x = [[np.nan, 0.0, 0.0], [np.nan, 0.0, -1.0], [0.0, 1.0, 0.0]]
    assert build(accuracy(), x, [0, 1, 1]).forward() == pytest.approx(1 / 3)


def test_nothing_that_counts(build):
    built = build(accuracy("ignore_label: 9"), X, [9, 9, 9, 9], tops=2)
    built.top[0].data[...] = built.top[1].data[...] = 5
    assert built.forward() == 0
    assert built.top[1].data.tolist() == [0, 0, 0]
    built = build(accuracy(), np.zeros((0, 3)), np.zeros(0), tops=2)
    assert built.forward() == 0 and built.top[1].data.tolist() == [0, 0, 0]


def test_classes_never_seen_have_share_0(build):
    built = build(accuracy(), X, [1, 1, 2, 2], tops=2)
    assert built.forward() == 0.5
    assert built.top[1].data.tolist() == [0, 0.5, 0.5]


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 1, 1, 1)])
def test_shapes_of_labels(build, shape):
    labels = np.reshape([1, 0, 2, 1], shape)
    assert build(accuracy(), X, labels).forward() == 0.75


def test_the_axis_may_be_the_first_one(build):
    built = build(accuracy("axis: 0"), np.transpose(X), [1, 0, 2, 1])
    assert built.forward() == 0.75


@pytest.mark.parametrize("top_k", [0, 4])
def test_top_k_is_checked(build, top_k):
    with pytest.raises(
        LayerError, match=rf'top_k is {top_k}, but must be from 1 to 3.*"b0" \(4, 3\)'
    ) as error:
        build(accuracy(f"top_k: {top_k}"), X, [0, 0, 0, 0])
    assert error.value.field == "accuracy_param.top_k"


def test_no_gradient(build):
    built = build(accuracy(), X, [1, 0, 2, 1])
    built.forward()
    built.backward(propagate_down=[False, False])
    with pytest.raises(LayerError, match=r'no gradient.* bottom "b0" \(4, 3\) and "b1" \(4,\)'):
        built.backward(propagate_down=[True, False])


NET = """
force_backward: {force}
layer {{ name: "in" type: "Input" top: "x" top: "label"
  input_param {{ shape {{ dim: 4 dim: 3 }} shape {{ dim: 4 }} }} }}
layer {{ name: "fc" type: "InnerProduct" bottom: "x" top: "fc"
  inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }}
layer {{ name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" }}
"""


@pytest.mark.parametrize("force", ["false", "true"])
@pytest.mark.parametrize("phase", [TRAIN, TEST])
def test_accuracy_beside_a_loss_does_not_stop_backward(registry, force, phase):
    text = NET.format(force=force)
    net = Net(load_net_text(registry.schema, text, "net.prototxt"), phase, registry=registry)
    net.blobs["x"].data[...] = X
    net.blobs["label"].data[...] = [1, 0, 2, 1]
    loss = net.forward_backward()
    assert net.outputs == ["accuracy", "loss"]
    assert loss == pytest.approx(net.output_values()["loss"])
    assert net.params["fc"][0].diff.any()


def test_a_loss_weight_on_accuracy_is_refused_in_backward(registry):
    text = NET.format(force="false").replace('"Accuracy"', '"Accuracy" loss_weight: 1')
    net = Net(load_net_text(registry.schema, text, "net.prototxt"), registry=registry)
    with pytest.raises(LayerError, match=r'"accuracy" \(Accuracy\): accuracy has no gradient'):
        net.forward_backward()


def test_the_best_test_is_that_of_the_highest_share_whatever_its_name():
    tested = (
        data((2, 3), (2,))
        + layer("fit", "EuclideanLoss", "x0 x0", "loss")
        + layer("top-1", "Accuracy", "x0 x1", "top-1 each")
    )
    solver = make_solver(test_nets=[make_net(tested)])
    assert best.tested_output(solver) == "top-1"
    assert best.BestTested(solver, "top-1").higher
