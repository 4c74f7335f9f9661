"""Labels that name no class, that are too few, or that are asked for a gradient: said by layer and blob."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

X = np.arange(12.0).reshape(4, 3)
GOOD = [2, 0, 1, 2]
TYPES = ["SoftmaxWithLoss", "MultinomialLogisticLoss", "HingeLoss", "InfogainLoss", "Accuracy"]
LOSSES = TYPES[:-1]


def make(build, name, labels, x=X, settings=""):
    matrix = [np.eye(np.shape(x)[1])] if name == "InfogainLoss" else []
    return build(f'type: "{name}" {settings}', x, labels, *matrix)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize(
    ("bad", "said"),
    [(3, "3"), (-1, "-1"), (0.5, "0.5"), (np.nan, "nan"), (np.inf, "inf"), (255, "255")],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_label_that_names_no_class(build, name, bad, said, dtype):
    built = make(build, name, GOOD)
    built.bottom[1].data[2] = bad
    message = (
        rf'layer "it" \({name}\): bottom "b1" \(4,\) holds the label {said} at \(2,\); expected '
        r'whole numbers from 0 to 2, because bottom "b0" \(4, 3\) has 3 classes'
    )
    with pytest.raises(LayerError, match=message) as error:
        built.forward()
    assert "classes are numbered from 0" in error.value.hint
    assert ("Caffe would cut 0.5 to a whole number" in error.value.hint) == (bad == 0.5)
    built.bottom[1].data[2] = 0
    built.forward()


@pytest.mark.parametrize("name", ["SoftmaxWithLoss", "InfogainLoss", "Accuracy"])
def test_the_message_names_the_ignored_label_and_the_place_in_a_map(build, name):
    message = "accuracy_param" if name == "Accuracy" else "loss_param"
    labels = np.zeros((2, 1, 2, 2))
    labels[0, 0, 0, 0], labels[1, 0, 1, 0] = 255, 254
    built = make(build, name, labels, np.zeros((2, 3, 2, 2)), f"{message} {{ ignore_label: 255 }}")
    with pytest.raises(
        LayerError, match=r"label 254 at \(1, 0, 1, 0\).* from 0 to 2, or 255 to be ignored"
    ):
        built.forward()


@pytest.mark.parametrize("name", TYPES)
def test_as_many_labels_as_items(build, name):
    with pytest.raises(
        LayerError, match=r'"b1" \(4, 2\) holds 8 labels, but bottom "b0" \(4, 3\) needs 4'
    ):
        make(build, name, np.zeros((4, 2)))


@pytest.mark.parametrize("name", LOSSES)
def test_the_first_dimensions_agree(build, name):
    with pytest.raises(LayerError, match=r'"b0" \(4, 3\) and bottom "b1" \(5,\) .*same first'):
        make(build, name, np.zeros(5))


@pytest.mark.parametrize("name", TYPES)
def test_no_classes(build, name):
    with pytest.raises(LayerError, match=r'bottom "b0" \(4, 0\) has no classes'):
        make(build, name, np.zeros(4), np.zeros((4, 0)))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("SoftmaxWithLoss", "softmax_param"),
        ("InfogainLoss", "infogain_loss_param"),
        ("Accuracy", "accuracy_param"),
        ("Softmax", "softmax_param"),
    ],
)
def test_the_axis_is_checked(build, name, field):
    bottoms = [X, GOOD, np.eye(3)][: {"Softmax": 1, "InfogainLoss": 3}.get(name, 2)]
    with pytest.raises(LayerError, match=r'axis 2 is out of range for .*"b0" \(4, 3\)') as error:
        build(f'type: "{name}" {field} {{ axis: 2 }}', *bottoms)
    assert error.value.field == f"{field}.axis"


@pytest.mark.parametrize("name", [*LOSSES, "SigmoidCrossEntropyLoss"])
def test_labels_get_no_gradient(build, name):
    built = make(build, name, X if name == "SigmoidCrossEntropyLoss" else GOOD)
    flags = [False, True, False][: len(built.bottom)]
    built.forward()
    with pytest.raises(LayerError, match=r'"it" .*bottom "b1" \(4.*\) has no gradient') as error:
        built.backward(propagate_down=flags)
    assert "propagate_down" in error.value.hint
    assert [built.layer.allow_force_backward(i) for i in range(3)] == [
        True,
        False,
        name != "InfogainLoss",
    ]


def test_the_infogain_matrix_gets_no_gradient(build):
    built = make(build, "InfogainLoss", GOOD)
    built.forward()
    with pytest.raises(LayerError, match=r'bottom "b2" \(3, 3\) has no gradient'):
        built.backward(propagate_down=[True, False, True])


NET = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" inner_product_param { num_output: 2 } }
layer { name: "label" type: "InnerProduct" bottom: "x" top: "label"
  inner_product_param { num_output: 1 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" MORE }
"""


@pytest.mark.parametrize("allowed", [False, True])
def test_labels_that_a_learnable_layer_gives(registry, allowed):
    more = "propagate_down: true propagate_down: false" if allowed else ""
    text = NET.replace("MORE", more)
    net = Net(load_net_text(registry.schema, text, "net.prototxt"), registry=registry)
    if allowed:
        assert net.forward_backward() == pytest.approx(np.log(2))
        return
    with pytest.raises(LayerError, match=r'"loss" .*bottom "label" \(4, 1\) has no gradient'):
        net.forward_backward()
