"""Files of forks whose layers are not here: the message says which fork it is, and what a field sets."""

from __future__ import annotations

import pytest

LAYER = 'layer {{ name: "a" type: "{}" bottom: "x" top: "y" {} }}\n'


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("FlowWarp", "", ["it is a layer of FlowNet2 (github.com/lmb-freiburg/flownet2)", "--plugin"]),
        ("FlowWarp", "flow_warp_param { fill_value: ZERO }", ["what fills places that the flow leaves"]),
        ("DataAugmentation", "odd_param { a: 1 }", ["as its layer type DataAugmentation"]),
        ("Attention", "", ["a layer of MyCaffe", "mycaffe layers lists all"]),
        ("BCEWithLogitsLoss", "", ["a layer of MyCaffe", 'did you mean "SigmoidCrossEntropyLoss"?']),
        ("ReLU", "spatial_dropout_param { }", ["of ENet", "write a Dropout layer"]),
        ("Convolution", "convolution_param { num_output: 1 kernel_size: 1 relu: true }",
         ["of Intel", "write a layer of type ReLU"]),
    ],
)  # fmt: skip
def test_a_model_of_a_fork(bench, kind, settings, words):
    bench.write(
        "fork.prototxt", 'input: "x" input_shape { dim: 1 } ' + LAYER.format(kind, settings).strip()
    )
    bench.refuses(["check", "fork.prototxt"], 2, words)


def test_what_merely_looks_alike_is_not_suggested(bench):
    bench.write("fork.prototxt", LAYER.format("Convolution3D", ""))
    found = bench.mycaffe("check", "fork.prototxt").stderr
    assert "a layer of C3D" in found and "did you mean" not in found
