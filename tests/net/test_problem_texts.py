"""Problems tell apart what a form shows anyway: the layer, the path of the field, and the bare message."""

from __future__ import annotations

import pickle

import pytest

from mycaffe_py.builder.checking import check_file
from mycaffe_py.errors import MyCaffeError
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

DATA = 'layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'


def problem_of(registry, layers):
    document = load_net_text(registry.schema, DATA + layers, "net.prototxt")
    with pytest.raises(MyCaffeError) as caught:
        Net(document, registry=registry)
    (problem,) = caught.value.problems
    (again,) = pickle.loads(pickle.dumps(caught.value)).problems
    assert (again.text, again.path, again.layer) == (problem.text, problem.path, problem.layer)
    return problem


@pytest.mark.parametrize(
    ("layer", "message", "text", "path"),
    [
        (
            'type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 0 }',
            'layer "a" (InnerProduct): num_output is 0, but must be at least 1',
            "is 0, but must be at least 1",
            ("inner_product_param", "num_output"),
        ),
        (
            'type: "InnerProduct" bottom: "x" top: "y"',
            'layer "a" (InnerProduct): num_output is 0, but must be at least 1',
            "is 0, but must be at least 1",
            ("inner_product_param", "num_output"),
        ),
        (
            'type: "ReLU" bottom: "z" top: "y"',
            'layer "a" (ReLU): unknown bottom blob "z"',
            'unknown bottom blob "z"',
            ("bottom", 0),
        ),
        ('bottom: "x"', 'layer "a" has no type', "has no type", ()),
        (
            'type: "ReLUU" bottom: "x" top: "y"',
            'unknown layer type "ReLUU"',
            'unknown layer type "ReLUU"',
            ("type",),
        ),
        (
            'type: "Slice" bottom: "x" top: "x"',
            'layer "a" (Slice) cannot work in place',
            "cannot work in place",
            ("top", 0),
        ),
        (
            'type: "ReLU" bottom: "x" top: "y" propagate_down: [true, false]',
            'layer "a" (ReLU): propagate_down must be given once for each bottom: 2 given, 1 bottom',
            "must be given once for each bottom: 2 given, 1 bottom",
            ("propagate_down",),
        ),
        (
            'type: "ReLU" bottom: "x" top: "y" relu_param { negative_slope: nan }',
            'layer "a" (ReLU): relu_param.negative_slope is NaN',
            "is NaN",
            ("relu_param", "negative_slope"),
        ),
    ],
)
def test_a_mistake_in_a_layer(registry, layer, message, text, path):
    problem = problem_of(registry, f'layer {{ name: "a" {layer} }}')
    assert problem.message == message
    assert problem.text == text
    assert problem.path == ("layer", 1, *path)
    assert problem.layer == "a"


def test_a_mistake_of_shapes_is_the_layer_s(registry):
    more = 'layer { name: "e" type: "Input" top: "t" input_param { shape { dim: 5 } } }\n'
    loss = 'layer { name: "l" type: "EuclideanLoss" bottom: "x" bottom: "t" top: "l" }'
    problem = problem_of(registry, more + loss)
    assert problem.path == ("layer", 2) and problem.layer == "l"
    assert problem.message == f'layer "l" (EuclideanLoss): {problem.text}'


def test_a_layer_without_name(registry):
    problem = problem_of(registry, 'layer { type: "ReLU" bottom: "z" top: "y" }')
    assert problem.layer == "" and problem.path == ("layer", 1, "bottom", 0)


def test_a_missing_file_of_a_layer(registry):
    layer = 'layer { name: "h" type: "HDF5Data" top: "y" hdf5_data_param { source: "no.txt" batch_size: 1 } }'
    problem = problem_of(registry, layer)
    assert problem.path == ("layer", 1, "hdf5_data_param", "source") and problem.layer == "h"
    assert not problem.text.startswith("layer ")


@pytest.mark.parametrize(
    ("line", "message", "text", "path"),
    [
        (
            "momentum: -1",
            "solver SGD: momentum must be at least 0 and below 1, got -1",
            "must be at least 0 and below 1, got -1",
            ("momentum",),
        ),
        (
            'trainer { type: "RNN.SUPER_SIMPLE" gym { curve_param { step: -1 } } }',
            "gym Curve: curve_param.step is -1; allowed",
            "is -1; allowed",
            ("trainer", "gym", "curve_param", "step"),
        ),
        (
            'trainer { type: "RNN.SUPER_SIMPLE" rnn_simple_param { accuracy_window: 0 } }',
            "rnn_simple_param.accuracy_window must be at least 1, got 0",
            "must be at least 1, got 0",
            ("trainer", "rnn_simple_param", "accuracy_window"),
        ),
    ],
)
def test_a_mistake_of_a_solver(registry, tmp_path, line, message, text, path):
    file = tmp_path / "solver.prototxt"
    file.write_text(f'type: "SGD"\nlr_policy: "fixed"\nbase_lr: 0.1\n{line}\n')
    with pytest.raises(MyCaffeError) as caught:
        check_file(file, registry)
    (problem,) = caught.value.problems
    assert problem.path == path and problem.layer == ""
    assert problem.message.startswith(message)
    assert problem.text.startswith(text)
