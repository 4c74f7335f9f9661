"""Losses and neurons as published nets of several forks write them: they build, without a warning, and run."""

from __future__ import annotations

import numpy as np
import pytest

from ....building import data, layer, make_net

SEGNET = data((2, 3, 4, 4), (2, 1, 4, 4)) + layer(
    "loss",
    "SoftmaxWithLoss",
    "x0 x1",
    "loss",
    "softmax_param { engine: CAFFE } loss_param: { weight_by_label_freqs: true ignore_label: 11 "
    "class_weighting: 0.26 class_weighting: 0.18 class_weighting: 4.6 }",
)
FLOWNET = data((2, 2, 4, 4), (2, 2, 4, 4)) + layer(
    "loss",
    "L1Loss",
    "x0 x1",
    "loss",
    "loss_weight: 0.32 l1_loss_param { l2_per_location: true normalize_by_num_entries: true }",
)
AM_SOFTMAX = (
    data((4, 6), (4,))
    + layer(
        "fc6",
        "InnerProduct",
        "x0",
        "fc6",
        "inner_product_param { num_output: 5 normalize: true bias_term: false "
        'weight_filler { type: "xavier" } }',
    )
    + layer(
        "m", "LabelSpecificAdd", "fc6 x1", "fc6_margin", "label_specific_add_param { bias: -0.35 }"
    )
    + layer("loss", "SoftmaxWithLoss", "fc6_margin x1", "loss")
)
SPHEREFACE = (
    data((4, 6), (4,))
    + layer(
        "fc6",
        "MarginInnerProduct",
        "x0 x1",
        "fc6 lambda",
        "param { lr_mult: 1 decay_mult: 1 } margin_inner_product_param { num_output: 5 type: QUADRUPLE "
        'weight_filler { type: "xavier" } base: 1000 gamma: 0.12 power: 1 lambda_min: 5 iteration: 0 }',
    )
    + layer("loss", "SoftmaxWithLoss", "fc6 x1", "loss")
)
CAFFE_FACE = data((4, 6), (4,)) + layer(
    "center",
    "CenterLoss",
    "x0 x1",
    "loss",
    "param { lr_mult: 1 decay_mult: 2 } center_loss_param { num_output: 5 center_filler { "
    'type: "xavier" } } loss_weight: 0.008',
)
FOCAL = data((4, 6), (4,)) + layer(
    "loss",
    "FocalLoss",
    "x0 x1",
    "loss",
    "propagate_down: 1 propagate_down: 0 loss_weight: 1 loss_param { ignore_label: -1 normalize: true } "
    "focal_loss_param { alpha: 0.25 gamma: 2 }",
)
LIGHT = (
    data((2, 3, 4, 4))
    + layer(
        "conv",
        "Convolution",
        "x0",
        "y",
        'convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "msra" } }',
    )
    + layer("bn", "BatchNorm", "y", "y", "batch_norm_param { eps: 1e-4 scale_bias: true }")
    + layer("relu", "ReLU6", "y", "y")
    + layer("swish", "HSwish", "y", "y")
    + layer("selu", "SELU", "y", "y", "selu_param { alpha: 1.67 lambda: 1.05 }")
    + layer("crelu", "CReLU", "y", "z")
    + layer("gate", "HSigmoid", "z", "g")
    + layer("sum", "Reduction", "g", "loss", "loss_weight: 1")
)
MYCAFFE = (
    data((2, 3, 4), (2, 3))
    + layer("ln", "LayerNorm", "x0", "ln", "layer_norm_param { enable_cuda_impl: true }")
    + layer(
        "p",
        "Softmax",
        "ln",
        "p",
        "softmax_param { axis: 2 algorithm: ACCURATE algorithm_train: LOG }",
    )
    + layer("loss", "NLLLoss", "p x1", "loss", "nll_loss_param { axis: 2 }")
)
MYCAFFE_TRIPLET = data((2, 4), (2, 4), (2, 4), (2, 1)) + layer(
    "loss",
    "TripletLoss",
    "x0 x1 x2 x3",
    "loss",
    "triplet_loss_param { alpha: 5 pregen_label_start: 0 }",
)
NETS = {
    "SegNet": SEGNET,
    "FlowNet": FLOWNET,
    "AM-Softmax": AM_SOFTMAX,
    "SphereFace": SPHEREFACE,
    "caffe-face": CAFFE_FACE,
    "Focal-Loss": FOCAL,
    "light nets": LIGHT,
    "MyCaffe": MYCAFFE,
    "MyCaffe's triplets": MYCAFFE_TRIPLET,
}


@pytest.mark.parametrize("name", NETS)
def test_a_published_form(name, rng):
    net = make_net("force_backward: true\n" + NETS[name])
    for blob in net.inputs:
        labels = name != "FlowNet" and net.blobs[blob].shape != net.blobs["x0"].shape
        shape = net.blobs[blob].shape
        net.blobs[blob].data[...] = (
            rng.integers(0, 3, shape) if labels else rng.standard_normal(shape)
        )
    net.forward()
    net.backward()
    assert np.isfinite(net.blobs["loss"].data).all()
    assert np.isfinite(net.blobs["x0"].diff).all() and net.blobs["x0"].diff.any()
