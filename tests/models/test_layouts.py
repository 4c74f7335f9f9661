"""The published layouts build with the published shapes and numbers of weights."""

from __future__ import annotations

import pytest

from mycaffe_py import TEST, Net

from . import layouts

SHAPES = {
    "alexnet": {
        "conv1": (96, 55, 55),
        "pool1": (96, 27, 27),
        "conv2": (256, 27, 27),
        "pool2": (256, 13, 13),
        "conv4": (384, 13, 13),
        "pool5": (256, 6, 6),
        "fc6": (4096,),
        "prob": (1000,),
    },
    "googlenet": {
        "conv1/7x7_s2": (64, 112, 112),
        "pool1/3x3_s2": (64, 56, 56),
        "conv2/3x3": (192, 56, 56),
        "pool2/3x3_s2": (192, 28, 28),
        "inception_3a/output": (256, 28, 28),
        "inception_3b/output": (480, 28, 28),
        "pool3/3x3_s2": (480, 14, 14),
        "inception_4a/output": (512, 14, 14),
        "inception_4d/output": (528, 14, 14),
        "inception_4e/output": (832, 14, 14),
        "pool4/3x3_s2": (832, 7, 7),
        "inception_5b/output": (1024, 7, 7),
        "pool5/7x7_s1": (1024, 1, 1),
        "prob": (1000,),
    },
    "vgg16": {
        "conv1_2": (64, 224, 224),
        "pool2": (128, 56, 56),
        "conv4_3": (512, 28, 28),
        "pool5": (512, 7, 7),
        "fc7": (4096,),
        "prob": (1000,),
    },
}
SHAPES["caffenet"] = SHAPES["alexnet"] | {"norm1": (96, 27, 27), "norm2": (256, 13, 13)}

# As published with each net.
WEIGHTS = {
    "alexnet": 60_965_224,
    "caffenet": 60_965_224,
    "googlenet": 6_998_552,
    "vgg16": 138_357_544,
}


# CaffeNet has all of AlexNet's layers.
NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name == "alexnet" else ())
    for name in sorted(SHAPES)
]


@pytest.fixture(scope="module", params=NAMES)
def built(request):
    """Return (name, net), the net read back from its own text."""
    spec = getattr(layouts, request.param)(batch=2)
    message = spec.to_proto()
    for (
        layer
    ) in message.layer:  # nothing is computed here: drawing 138 million weights takes seconds
        layer.convolution_param.ClearField("weight_filler")
        layer.inner_product_param.ClearField("weight_filler")
    return request.param, Net(message, TEST)


def test_blobs_have_the_published_shapes(built):
    name, net = built
    found = {blob: tuple(net.blobs[blob].shape) for blob in SHAPES[name]}
    assert found == {blob: (2, *shape) for blob, shape in SHAPES[name].items()}


def test_the_number_of_weights_is_the_published_one(built):
    name, net = built
    assert sum(blob.count for blob in net.learnable_params) == WEIGHTS[name]


def test_the_only_output_is_prob(built):
    assert list(built[1].outputs) == ["prob"]
