"""Small nets of the published forms: forward, backward against a difference, and a few updates."""

from __future__ import annotations

import numpy as np
import pytest

from ....building import data, layer, make_net
from ....solving import make_solver

MSRA = 'weight_filler { type: "msra" } bias_filler { type: "constant" value: 0 }'
SEGNET_BN = 'bn_param { scale_filler { type: "constant" value: 1 } shift_filler { value: 0.001 } }'
PSP_BN = (
    "param { lr_mult: 1 } param { lr_mult: 1 } param { lr_mult: 0 } param { lr_mult: 0 } bn_param { slope_filler "
    '{ type: "constant" value: 1 } bias_filler { type: "constant" value: 0 } frozen: false momentum: 0.95 }'
)
LEARNED = "batch_norm_param { eps: 1e-5 }"


def convolution(
    name, bottom, outputs, settings="kernel_size: 3 pad: 1", kind="Convolution", top=None
):
    settings = f"convolution_param {{ num_output: {outputs} {settings} {MSRA} }}"
    return layer(name, kind, bottom, top or name, settings)


def block(name, bottom, outputs, bn=SEGNET_BN, **more):
    """Convolution, BN and ReLU, the last two in place."""
    text = convolution(name, bottom, outputs, **more)
    return (
        text + layer(f"{name}_bn", "BN", name, name, bn) + layer(f"{name}_relu", "ReLU", name, name)
    )


def pool(name, bottom):
    settings = "pooling_param { pool: MAX kernel_size: 2 stride: 2 }"
    return layer(name, "Pooling", bottom, f"{name} {name}_mask", settings)


def upsample(name, bottom, pooled, size):
    settings = f"upsample_param {{ scale: 2 upsample_h: {size} upsample_w: {size} }}"
    return layer(name, "Upsample", f"{bottom} {pooled}_mask", name, settings)


def segnet():
    """Two steps down and, by the masks, up again."""
    text = layer(
        "norm", "LRN", "x0", "norm", "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }"
    )
    text += block("conv1", "norm", 4) + pool("pool1", "conv1")
    text += block("conv2", "pool1", 4) + pool("pool2", "conv2")
    text += upsample("up2", "pool2", "pool2", 4) + convolution("decode2", "up2", 4)
    text += layer("decode2_bn", "BN", "decode2", "decode2", SEGNET_BN)
    text += upsample("up1", "decode2", "pool1", 8) + convolution("decode1", "up1", 4)
    text += layer("decode1_bn", "BN", "decode1", "decode1", SEGNET_BN)
    return text + convolution("score", "decode1", 3, "kernel_size: 1")


def enet():
    """A bottleneck with dilated and with asymmetric kernels, between pooling and unpooling."""
    text = convolution("start", "x0", 4) + pool("down", "start")
    text += block("squeeze", "down", 2, settings="kernel_size: 1 bias_term: false")
    text += block("dilated", "squeeze", 2, settings="kernel_size: 3 pad: 2 dilation: 2")
    text += block("tall", "dilated", 2, settings="kernel_h: 5 kernel_w: 1 pad_h: 2 pad_w: 0")
    text += convolution("expand", "tall", 4, "kernel_size: 1 bias_term: false")
    text += layer("add", "Eltwise", "down expand", "add") + layer("prelu", "PReLU", "add", "add")
    text += upsample("up", "add", "down", 8)
    return text + convolution("score", "up", 3, "kernel_size: 1")


def pspnet():
    """Pooling to several sizes, resized and joined, then resized to the labels' size."""
    text = block("features", "x0", 4, bn=PSP_BN, settings="kernel_size: 3 pad: 2 hole: 2")
    names = ["features"]
    for size in (8, 4, 2):
        names.append(f"up{size}")
        settings = f"pooling_param {{ pool: AVE kernel_size: {size} stride: {size} }}"
        text += layer(f"pool{size}", "Pooling", "features", f"pool{size}", settings)
        text += block(
            f"psp{size}", f"pool{size}", 2, bn=PSP_BN, settings="kernel_size: 1 bias_term: false"
        )
        text += layer(
            f"up{size}", "Interp", f"psp{size}", f"up{size}", "interp_param { height: 8 width: 8 }"
        )
    text += layer("joined", "Concat", " ".join(names), "joined")
    text += convolution("small", "joined", 3, "kernel_size: 3 stride: 2 pad: 1")
    text += layer("shrink", "Interp", "small", "shrink", "interp_param { shrink_factor: 2 }")
    return text + layer("score", "Interp", "shrink", "score", "interp_param { height: 8 width: 8 }")


def normalised(name, bottom):
    text = layer(f"{name}_bn", "BatchNorm", bottom, bottom, LEARNED)
    return text + layer(f"{name}_scale", "Scale", bottom, bottom, "scale_param { bias_term: true }")


def shufflenet():
    """A unit of ShuffleNet: grouped 1 x 1, shuffle, depthwise, grouped 1 x 1, and a shortcut."""
    text = convolution("first", "x0", 6)
    text += convolution("g1", "first", 6, "kernel_size: 1 group: 3") + normalised("g1", "g1")
    text += layer(
        "shuffle", "ShuffleChannel", "g1", "shuffle", "shuffle_channel_param { group: 3 }"
    )
    text += convolution("dw", "shuffle", 6, kind="ConvolutionDepthwise") + normalised("dw", "dw")
    text += convolution("g2", "dw", 6, "kernel_size: 1 group: 3")
    text += layer("add", "Eltwise", "first g2", "add") + layer("relu", "ReLU", "add", "add")
    return text + convolution("score", "add", 3, "kernel_size: 1")


def mobilenet():
    """Depthwise and pointwise convolutions, of stride 1 and 2, then repeated to the labels' size."""
    text = convolution("first", "x0", 8) + normalised("first", "first")
    for number, (stride, outputs) in enumerate([(1, 8), (2, 12)]):
        bottom = f"sep{number - 1}" if number else "first"
        outputs_here = 8
        settings = f"kernel_size: 3 pad: 1 stride: {stride} group: {outputs_here} bias_term: false"
        text += convolution(f"dw{number}", bottom, outputs_here, settings, "DepthwiseConvolution")
        text += normalised(f"dw{number}", f"dw{number}")
        text += layer(f"relu{number}", "ReLU", f"dw{number}", f"dw{number}")
        text += convolution(f"sep{number}", f"dw{number}", outputs, "kernel_size: 1")
    text += convolution("small", "sep1", 3, "kernel_size: 1")
    return text + layer("score", "Upsample", "small", "score", "upsample_param { scale: 2 }")


def senet():
    """A residual block whose channels are weighted by squeeze and excitation."""
    text = convolution("first", "x0", 4) + convolution("conv", "first", 4)
    text += layer(
        "squeeze", "Pooling", "conv", "squeeze", "pooling_param { pool: AVE global_pooling: true }"
    )
    text += convolution("down", "squeeze", 2, "kernel_size: 1") + layer(
        "relu", "ReLU", "down", "down"
    )
    text += convolution("up", "down", 4, "kernel_size: 1") + layer("prob", "Sigmoid", "up", "prob")
    text += layer("axpy", "Axpy", "prob conv first", "axpy") + layer(
        "relu2", "ReLU", "axpy", "axpy"
    )
    return text + convolution("score", "axpy", 3, "kernel_size: 1")


def flow():
    """Two images, their correlation, and an image warped by a predicted map."""
    text = convolution("a", "x0", 3) + convolution("b", "x0", 3, "kernel_size: 5 pad: 2")
    settings = "correlation_param { kernel_size: 1 max_displacement: 2 pad: 2 stride_2: 2 }"
    text += layer("corr", "Correlation", "a b", "corr", settings)
    theta = 'weight_filler { type: "gaussian" std: 0.002 } bias_filler { type: "uniform" min: 0.4 max: 0.6 }'
    text += layer(
        "theta", "InnerProduct", "corr", "theta", f"inner_product_param {{ num_output: 6 {theta} }}"
    )
    text += layer("warped", "SpatialTransformer", "b theta", "warped")
    text += layer("joined", "Concat", "corr warped", "joined")
    return text + convolution("score", "joined", 3, "kernel_size: 1")


NETS = {make.__name__: make for make in (segnet, enet, pspnet, shufflenet, mobilenet, senet, flow)}
FIGURES = layer(
    "figures", "SegAccuracy", "score x1", "figures", "seg_accuracy_param { ignore_label: 255 }"
)


def build(make, figures=""):
    text = data((2, 3, 8, 8), (2, 1, 8, 8)) + make()
    loss = layer("loss", "SoftmaxWithLoss", "score x1", "loss", "loss_param { ignore_label: 255 }")
    net = make_net(text + loss + figures)
    rng = np.random.default_rng(4)
    net.blobs["x0"].data[...] = rng.standard_normal((2, 3, 8, 8))
    labels = (net.blobs["x0"].data.sum(axis=1, keepdims=True) > 0).astype(int)
    labels[0, 0, 0, :2] = 255
    net.blobs["x1"].data[...] = labels
    return net


def values(net):
    """Return the learned blobs, without statistics."""
    found = []
    for one in net.layers:
        specs = list(one.param.param)
        found += [
            blob
            for index, blob in enumerate(one.blobs)
            if index >= len(specs) or specs[index].lr_mult != 0
        ]
    return found


def loss_of(net):
    return float(net.forward()["loss"])


@pytest.mark.parametrize("name", NETS)
def test_the_gradient_is_that_of_the_loss(name, rng):
    net = build(NETS[name])
    for blob in values(net):
        blob.data[...] += 0.01 * rng.standard_normal(blob.shape)
    net.clear_param_diffs()
    assert np.isfinite(loss_of(net))
    net.backward()
    moves = [rng.standard_normal(blob.shape) for blob in values(net)]
    expected = sum(
        float((blob.diff * move).sum()) for blob, move in zip(values(net), moves, strict=True)
    )
    step, found = 1e-6, []
    for sign in (1, -2):
        for blob, move in zip(values(net), moves, strict=True):
            blob.data[...] += sign * step * move
        found.append(loss_of(net))
    assert (found[0] - found[1]) / (2 * step) == pytest.approx(expected, rel=2e-4, abs=1e-6)
    assert all(np.any(blob.diff) for blob in values(net))


@pytest.mark.parametrize("name", NETS)
def test_a_few_updates_lower_the_loss(name):
    net = build(NETS[name], FIGURES)
    before = loss_of(net)
    solver = make_solver(
        "base_lr: 0.02 momentum: 0.9", net=net, start='type: "SGD" lr_policy: "fixed" '
    )
    solver.step(12)
    assert loss_of(net) < before
    figures = net.blobs["figures"].data.reshape(-1)
    assert ((figures >= 0) & (figures <= 1)).all()
