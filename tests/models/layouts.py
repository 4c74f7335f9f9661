"""The published layouts of well-known image nets, as deploy nets, made with NetSpec.

Layer and blob names are those of the published files, so that their weights load by name. ``width`` divides the
numbers of channels and outputs, for tests that compute with the net.
"""

from __future__ import annotations

from mycaffe_py import (
    NetSpec,
    layers as L,  # noqa: N812
    params as P,  # noqa: N812
)

FILLER = {"type": "msra"}


def _input(n, batch, size):
    n.data = L.Input(input_param={"shape": {"dim": [batch, 3, size, size]}})


def _conv_relu(n, bottom, name, outputs, relu=None, **settings):
    n[name] = L.Convolution(bottom, num_output=outputs, weight_filler=FILLER, **settings)
    n[relu or f"relu_{name}"] = L.ReLU(n[name], in_place=True)
    return n[name]


def _max_pool(bottom, **settings):
    return L.Pooling(bottom, pool=P.Pooling.MAX, **settings)


def _norm(bottom):
    return L.LRN(bottom, local_size=5, alpha=1e-4, beta=0.75)


def _fc_relu_drop(n, bottom, number, outputs):
    fc = L.InnerProduct(bottom, num_output=outputs, weight_filler=FILLER)
    n[f"fc{number}"] = fc
    n[f"relu{number}"] = L.ReLU(fc, in_place=True)
    n[f"drop{number}"] = L.Dropout(fc, in_place=True, dropout_ratio=0.5)
    return fc


def _classify(n, bottom, name, outputs):
    n[name] = L.InnerProduct(bottom, num_output=outputs, weight_filler=FILLER)
    n.prob = L.Softmax(n[name])


def _alex(norm_first, batch, size, width):
    """AlexNet (Krizhevsky et al. 2012); CaffeNet pools before it normalises."""
    n = NetSpec()
    _input(n, batch, size)
    bottom = n.data
    for number, outputs, settings in (
        (1, 96, {"kernel_size": 11, "stride": 4}),
        (2, 256, {"kernel_size": 5, "pad": 2, "group": 2}),
    ):
        bottom = _conv_relu(
            n, bottom, f"conv{number}", outputs // width, f"relu{number}", **settings
        )
        norm, pool = f"norm{number}", f"pool{number}"
        if norm_first:
            n[norm] = _norm(bottom)
            n[pool] = bottom = _max_pool(n[norm], kernel_size=3, stride=2)
        else:
            n[pool] = _max_pool(bottom, kernel_size=3, stride=2)
            n[norm] = bottom = _norm(n[pool])
    for number, outputs, group in ((3, 384, 1), (4, 384, 2), (5, 256, 2)):
        settings = {"kernel_size": 3, "pad": 1, "group": group}
        bottom = _conv_relu(
            n, bottom, f"conv{number}", outputs // width, f"relu{number}", **settings
        )
    n.pool5 = bottom = _max_pool(bottom, kernel_size=3, stride=2)
    for number in (6, 7):
        bottom = _fc_relu_drop(n, bottom, number, 4096 // width)
    _classify(n, bottom, "fc8", 1000 // width)
    return n


def alexnet(batch=1, size=227, width=1):
    """AlexNet: normalisation before pooling."""
    return _alex(True, batch, size, width)


def caffenet(batch=1, size=227, width=1):
    """CaffeNet: pooling before normalisation."""
    return _alex(False, batch, size, width)


def vgg16(batch=1, size=224, width=1):
    """VGG with 16 layers (Simonyan and Zisserman 2014)."""
    n = NetSpec()
    _input(n, batch, size)
    bottom = n.data
    for stage, (outputs, repeats) in enumerate(
        ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), start=1
    ):
        for repeat in range(1, repeats + 1):
            name = f"{stage}_{repeat}"
            settings = {"kernel_size": 3, "pad": 1}
            bottom = _conv_relu(
                n, bottom, f"conv{name}", outputs // width, f"relu{name}", **settings
            )
        n[f"pool{stage}"] = bottom = _max_pool(bottom, kernel_size=2, stride=2)
    for number in (6, 7):
        bottom = _fc_relu_drop(n, bottom, number, 4096 // width)
    _classify(n, bottom, "fc8", 1000 // width)
    return n


# 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; pool projection.
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def _named_conv(n, bottom, name, outputs, **settings):
    directory, _, last = name.rpartition("/")
    return _conv_relu(n, bottom, name, outputs, f"{directory}/relu_{last}", **settings)


def _inception(n, bottom, name, width):
    one, reduce3, three, reduce5, five, project = (v // width for v in INCEPTIONS[name])
    path = f"inception_{name}"
    branches = [_named_conv(n, bottom, f"{path}/1x1", one, kernel_size=1)]
    for size, reduced, outputs in ((3, reduce3, three), (5, reduce5, five)):
        top = _named_conv(n, bottom, f"{path}/{size}x{size}_reduce", reduced, kernel_size=1)
        settings = {"kernel_size": size, "pad": size // 2}
        branches.append(_named_conv(n, top, f"{path}/{size}x{size}", outputs, **settings))
    n[f"{path}/pool"] = _max_pool(bottom, kernel_size=3, stride=1, pad=1)
    branches.append(_named_conv(n, n[f"{path}/pool"], f"{path}/pool_proj", project, kernel_size=1))
    n[f"{path}/output"] = L.Concat(*branches)
    return n[f"{path}/output"]


def googlenet(batch=1, size=224, width=1):
    """GoogLeNet (Szegedy et al. 2014), without its two auxiliary classifiers."""
    n = NetSpec()
    _input(n, batch, size)
    top = _named_conv(n, n.data, "conv1/7x7_s2", 64 // width, kernel_size=7, stride=2, pad=3)
    n["pool1/3x3_s2"] = _max_pool(top, kernel_size=3, stride=2)
    n["pool1/norm1"] = _norm(n["pool1/3x3_s2"])
    top = _named_conv(n, n["pool1/norm1"], "conv2/3x3_reduce", 64 // width, kernel_size=1)
    top = _named_conv(n, top, "conv2/3x3", 192 // width, kernel_size=3, pad=1)
    n["conv2/norm2"] = _norm(top)
    n["pool2/3x3_s2"] = top = _max_pool(n["conv2/norm2"], kernel_size=3, stride=2)
    for name in INCEPTIONS:
        top = _inception(n, top, name, width)
        if name in ("3b", "4e"):
            pool = f"pool{int(name[0])}/3x3_s2"
            n[pool] = top = _max_pool(top, kernel_size=3, stride=2)
    n["pool5/7x7_s1"] = top = L.Pooling(top, pool=P.Pooling.AVE, kernel_size=7, stride=1)
    n["pool5/drop_7x7_s1"] = L.Dropout(top, in_place=True, dropout_ratio=0.4)
    _classify(n, top, "loss3/classifier", 1000 // width)
    return n
