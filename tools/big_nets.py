"""Writes two large nets for the tests of drawing and of the Designer: GoogLeNet and ResNet-50.

    python tools/big_nets.py  ->  tests/data/googlenet.prototxt, tests/data/resnet50.prototxt

GoogLeNet is composed from table 1 of Szegedy et al. 2014 ("Going deeper with convolutions") with its two auxiliary
classifiers, ResNet-50 from table 1 of He et al. 2015 ("Deep residual learning for image recognition"); layers and blobs
have the names that they have in Caffe's model zoo. The images come from an Input layer, so that all shapes are known.
"""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[1] / "tests" / "data"

# 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection
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
AUXILIARY = {"4a": "loss1", "4d": "loss2"}
POOLED_AFTER = {"3b": "pool3/3x3_s2", "4e": "pool4/3x3_s2"}
# number of blocks, outputs of a block's first two convolutions
STAGES = {"2": (3, 64), "3": (4, 128), "4": (6, 256), "5": (3, 512)}


class Text:
    """A net's text, layer after layer."""

    def __init__(self, name, comment, batch):
        self.lines = [f"# {comment}", "# Written by tools/big_nets.py.", f'name: "{name}"']
        self.add(
            "data",
            "Input",
            (),
            ("data", "label"),
            f"input_param {{ shape {{ dim: {batch} dim: 3 dim: 224 dim: 224 }} shape {{ dim: {batch} }} }}",
        )

    def add(self, name, kind, bottoms, tops, *settings):
        """Add a layer; a single name stands for a list of one. Returns its first top."""
        bottoms = (bottoms,) if isinstance(bottoms, str) else bottoms
        tops = (tops,) if isinstance(tops, str) else tops
        self.lines += ["layer {", f'  name: "{name}"', f'  type: "{kind}"']
        self.lines += [f'  bottom: "{blob}"' for blob in bottoms]
        self.lines += [f'  top: "{blob}"' for blob in tops]
        self.lines += [f"  {setting}" for setting in settings]
        self.lines.append("}")
        return tops[0] if tops else None

    def pool(self, name, bottom, settings):
        """Add a pooling layer whose top has its name."""
        return self.add(name, "Pooling", bottom, name, f"pooling_param {{ {settings} }}")

    def write(self, filename):
        """Write the file."""
        text = "\n".join(self.lines) + "\n"
        (DATA / filename).write_text(text, encoding="utf-8")


def googlenet():
    """Return GoogLeNet."""
    net = Text("GoogleNet", "GoogLeNet, after Szegedy et al. 2014.", 32)
    top = _conv(
        net, "conv1/7x7_s2", "data", 64, "kernel_size: 7 stride: 2 pad: 3", "conv1/relu_7x7"
    )
    top = net.pool("pool1/3x3_s2", top, "pool: MAX kernel_size: 3 stride: 2")
    norm = "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }"
    top = net.add("pool1/norm1", "LRN", top, "pool1/norm1", norm)
    top = _conv(net, "conv2/3x3_reduce", top, 64, "kernel_size: 1", "conv2/relu_3x3_reduce")
    top = _conv(net, "conv2/3x3", top, 192, "kernel_size: 3 pad: 1", "conv2/relu_3x3")
    top = net.add("conv2/norm2", "LRN", top, "conv2/norm2", norm)
    top = net.pool("pool2/3x3_s2", top, "pool: MAX kernel_size: 3 stride: 2")
    for block, widths in INCEPTIONS.items():
        top = _inception(net, f"inception_{block}", top, widths)
        if block in POOLED_AFTER:
            top = net.pool(POOLED_AFTER[block], top, "pool: MAX kernel_size: 3 stride: 2")
        if block in AUXILIARY:
            _auxiliary(net, AUXILIARY[block], top)
    top = net.pool("pool5/7x7_s1", top, "pool: AVE kernel_size: 7 stride: 1")
    _dropout(net, "pool5/drop_7x7_s1", top, 0.4)
    _classifier(net, "loss3", top, "loss3/classifier", "loss3/loss3", "loss3/top", 1)
    return net


def _conv(net, name, bottom, outputs, window, relu):
    top = net.add(
        name,
        "Convolution",
        bottom,
        name,
        "param { lr_mult: 1 decay_mult: 1 }",
        "param { lr_mult: 2 decay_mult: 0 }",
        f'convolution_param {{ num_output: {outputs} {window} weight_filler {{ type: "xavier" }} '
        'bias_filler { type: "constant" value: 0.2 } }',
    )
    net.add(relu, "ReLU", top, top)
    return top


def _dropout(net, name, blob, ratio):
    net.add(name, "Dropout", blob, blob, f"dropout_param {{ dropout_ratio: {ratio} }}")


def _inner(net, name, bottom, outputs):
    return net.add(
        name,
        "InnerProduct",
        bottom,
        name,
        "param { lr_mult: 1 decay_mult: 1 }",
        "param { lr_mult: 2 decay_mult: 0 }",
        f'inner_product_param {{ num_output: {outputs} weight_filler {{ type: "xavier" }} }}',
    )


def _inception(net, name, bottom, widths):
    one, reduce3, three, reduce5, five, projection = widths

    def conv(part, source, outputs, window):
        return _conv(net, f"{name}/{part}", source, outputs, window, f"{name}/relu_{part}")

    ends = [conv("1x1", bottom, one, "kernel_size: 1")]
    top = conv("3x3_reduce", bottom, reduce3, "kernel_size: 1")
    ends.append(conv("3x3", top, three, "kernel_size: 3 pad: 1"))
    top = conv("5x5_reduce", bottom, reduce5, "kernel_size: 1")
    ends.append(conv("5x5", top, five, "kernel_size: 5 pad: 2"))
    top = net.pool(f"{name}/pool", bottom, "pool: MAX kernel_size: 3 stride: 1 pad: 1")
    ends.append(conv("pool_proj", top, projection, "kernel_size: 1"))
    return net.add(f"{name}/output", "Concat", ends, f"{name}/output")


def _auxiliary(net, name, bottom):
    top = net.pool(f"{name}/ave_pool", bottom, "pool: AVE kernel_size: 5 stride: 3")
    top = _conv(net, f"{name}/conv", top, 128, "kernel_size: 1", f"{name}/relu_conv")
    top = _inner(net, f"{name}/fc", top, 1024)
    net.add(f"{name}/relu_fc", "ReLU", top, top)
    _dropout(net, f"{name}/drop_fc", top, 0.7)
    _classifier(net, name, top, f"{name}/classifier", f"{name}/loss", f"{name}/top", 0.3)


def _classifier(net, name, bottom, classifier, loss, accuracy, weight):
    top = _inner(net, classifier, bottom, 1000)
    pair = (top, "label")
    loss_top = {"loss1": "loss1/loss1", "loss2": "loss2/loss1", "loss3": "loss3/loss3"}[name]
    net.add(loss, "SoftmaxWithLoss", pair, loss_top, f"loss_weight: {weight}")
    only_test = "include { phase: TEST }"
    net.add(f"{accuracy}-1", "Accuracy", pair, f"{accuracy}-1", only_test)
    best = "accuracy_param { top_k: 5 }"
    net.add(f"{accuracy}-5", "Accuracy", pair, f"{accuracy}-5", only_test, best)


def resnet50():
    """Return ResNet-50."""
    net = Text("ResNet-50", "ResNet-50, after He et al. 2015.", 16)
    top = _normed(net, "conv1", "_conv1", "data", 64, "kernel_size: 7 pad: 3 stride: 2", bias=True)
    net.add("conv1_relu", "ReLU", top, top)
    top = net.pool("pool1", top, "pool: MAX kernel_size: 3 stride: 2")
    for stage, (count, width) in STAGES.items():
        for index in range(count):
            stride = 2 if index == 0 and stage != "2" else 1
            top = _block(net, f"{stage}{chr(ord('a') + index)}", top, width, stride, index == 0)
    top = net.pool("pool5", top, "pool: AVE kernel_size: 7 stride: 1")
    top = _inner(net, "fc1000", top, 1000)
    net.add("loss", "SoftmaxWithLoss", (top, "label"), "loss")
    net.add("accuracy", "Accuracy", (top, "label"), "accuracy", "include { phase: TEST }")
    return net


def _normed(net, name, part, bottom, outputs, window, bias=False):
    """Add a convolution with BatchNorm and Scale in place."""
    settings = f"num_output: {outputs} {window}" + ("" if bias else " bias_term: false")
    weights = 'weight_filler { type: "msra" }'
    top = net.add(
        name, "Convolution", bottom, name, f"convolution_param {{ {settings} {weights} }}"
    )
    net.add(f"bn{part}", "BatchNorm", top, top)
    net.add(f"scale{part}", "Scale", top, top, "scale_param { bias_term: true }")
    return top


def _block(net, name, bottom, width, stride, projects):
    def conv(branch, source, outputs, window):
        part = f"{name}_{branch}"
        return _normed(net, f"res{part}", part, source, outputs, window)

    shortcut = bottom
    if projects:
        shortcut = conv("branch1", bottom, 4 * width, f"kernel_size: 1 stride: {stride}")
    top = conv("branch2a", bottom, width, f"kernel_size: 1 stride: {stride}")
    net.add(f"res{name}_branch2a_relu", "ReLU", top, top)
    top = conv("branch2b", top, width, "kernel_size: 3 pad: 1 stride: 1")
    net.add(f"res{name}_branch2b_relu", "ReLU", top, top)
    top = conv("branch2c", top, 4 * width, "kernel_size: 1 stride: 1")
    top = net.add(f"res{name}", "Eltwise", (shortcut, top), f"res{name}")
    net.add(f"res{name}_relu", "ReLU", top, top)
    return top


def main():
    """Write both files."""
    googlenet().write("googlenet.prototxt")
    resnet50().write("resnet50.prototxt")


if __name__ == "__main__":
    main()
