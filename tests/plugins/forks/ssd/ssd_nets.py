"""Nets of SSD's kind as text: VGG16 and MobileNet as published, and small ones, for deployment and for training."""

from __future__ import annotations

VGG = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]
CORNERS = "code_type: CENTER_SIZE"


class Writer:
    """Collects layers; ``top`` is the latest blob."""

    def __init__(self, head: str, name: str):
        self.text, self.top = f'name: "{name}"\n{head}', "data"
        self.heads: list[str] = []

    def layer(self, kind: str, name: str, bottoms: list[str], top: str, settings: str = "") -> str:
        wires = " ".join(f'bottom: "{bottom}"' for bottom in bottoms)
        self.text += f'layer {{ name: "{name}" type: "{kind}" {wires} top: "{top}" {settings} }}\n'
        return top

    def convolution(self, name, outputs, size=3, rest="", relu=True, norm=False, bottom=None):
        pad = f"pad: {size // 2}" if "pad" not in rest else ""
        filler = 'weight_filler { type: "xavier" }'
        bias = "bias_term: false" if norm else ""
        settings = "param { lr_mult: 1 decay_mult: 1 } " + "param { lr_mult: 2 decay_mult: 0 } " * (
            not norm
        )
        settings += f"convolution_param {{ num_output: {outputs} kernel_size: {size} {pad} {rest} {filler} {bias} }}"
        top = self.layer("Convolution", name, [bottom or self.top], name, settings)
        if norm:
            still = "param { lr_mult: 0 decay_mult: 0 } " * 3
            self.layer("BatchNorm", f"{name}/bn", [top], top, still)
            self.layer("Scale", f"{name}/scale", [top], top, "scale_param { bias_term: true }")
        if relu:
            self.layer("ReLU", f"{name}/relu", [top], top)
        if bottom is None:
            self.top = top
        return top

    def pool(self, name, size=2, stride=2, pad=0):
        settings = f"pooling_param {{ pool: MAX kernel_size: {size} stride: {stride} pad: {pad} }}"
        self.top = self.layer("Pooling", name, [self.top], name, settings)

    def predict(self, blob, classes, each, sizes, size=3):
        """Add boxes, scores and priors of a map; ``each`` is the number of boxes of a place."""
        for part, outputs in (("loc", 4 * each), ("conf", classes * each)):
            name = f"{blob}_mbox_{part}"
            self.convolution(name, outputs, size, relu=False, bottom=blob)
            self.layer(
                "Permute",
                f"{name}_perm",
                [name],
                f"{name}_perm",
                "permute_param { order: [0, 2, 3, 1] }",
            )
            flat = f"{name}_flat"
            self.layer("Flatten", flat, [f"{name}_perm"], flat, "flatten_param { axis: 1 }")
        ratios = " ".join(f"aspect_ratio: {ratio}" for ratio in ((2,) if each < 5 else (2, 3)))
        variances = "variance: [0.1, 0.1, 0.2, 0.2]"
        settings = (
            f"prior_box_param {{ {sizes} {ratios} flip: true clip: false {variances} offset: 0.5 }}"
        )
        self.layer(
            "PriorBox", f"{blob}_mbox_priorbox", [blob, "data"], f"{blob}_mbox_priorbox", settings
        )
        self.heads.append(blob)

    def join(self):
        for part, axis in (("loc_flat", 1), ("conf_flat", 1), ("priorbox", 2)):
            bottoms = [f"{blob}_mbox_{part}" for blob in self.heads]
            top = f"mbox_{part.removesuffix('_flat')}"
            self.layer("Concat", top, bottoms, top, f"concat_param {{ axis: {axis} }}")

    def detections(self, classes, top_k=400, keep=200, threshold=0.01):
        shape = f"reshape_param {{ shape {{ dim: 0 dim: -1 dim: {classes} }} }}"
        self.layer("Reshape", "mbox_conf_reshape", ["mbox_conf"], "mbox_conf_reshape", shape)
        self.layer(
            "Softmax",
            "mbox_conf_softmax",
            ["mbox_conf_reshape"],
            "mbox_conf_softmax",
            "softmax_param { axis: 2 }",
        )
        self.layer(
            "Flatten",
            "mbox_conf_flatten",
            ["mbox_conf_softmax"],
            "mbox_conf_flatten",
            "flatten_param { axis: 1 }",
        )
        settings = (
            f"detection_output_param {{ num_classes: {classes} share_location: true background_label_id: 0 {CORNERS} "
            f"nms_param {{ nms_threshold: 0.45 top_k: {top_k} }} keep_top_k: {keep} "
            f"confidence_threshold: {threshold} }} include {{ phase: TEST }}"
        )
        self.layer(
            "DetectionOutput",
            "detection_out",
            ["mbox_loc", "mbox_conf_flatten", "mbox_priorbox"],
            "detection_out",
            settings,
        )

    def loss(self, classes):
        settings = (
            "propagate_down: [true, true, false, false] loss_param { normalization: VALID } "
            "multibox_loss_param { loc_loss_type: SMOOTH_L1 conf_loss_type: SOFTMAX loc_weight: 1 "
            f"num_classes: {classes} share_location: true match_type: PER_PREDICTION overlap_threshold: 0.5 "
            f"use_prior_for_matching: true background_label_id: 0 use_difficult_gt: true neg_pos_ratio: 3 "
            f"neg_overlap: 0.5 {CORNERS} ignore_cross_boundary_bbox: false mining_type: MAX_NEGATIVE }}"
        )
        bottoms = ["mbox_loc", "mbox_conf", "mbox_priorbox", "label"]
        self.layer("MultiBoxLoss", "mbox_loss", bottoms, "mbox_loss", settings)

    def finish(self, classes, train, **limits):
        self.join()
        if train:
            self.loss(classes)
        else:
            self.detections(classes, **limits)
        return self.text


def head(batch, side, train, objects=4):
    """Return the inputs: images, and for training objects."""
    label = f"shape {{ dim: 1 dim: 1 dim: {objects} dim: 8 }}"
    tops = 'top: "data"' + ' top: "label"' * train
    image = f"shape {{ dim: {batch} dim: 3 dim: {side} dim: {side} }}"
    return (
        f'layer {{ name: "data" type: "Input" {tops} input_param {{ {image} {label * train} }} }}\n'
    )


def vgg_ssd300(*, batch=1, classes=21, train=False, width=1.0):
    """Return SSD300 on VGG16; ``width`` scales the channels."""
    net = Writer(head(batch, 300, train), "VGG_VOC0712_SSD_300x300")

    def channels(count):
        return max(4, int(count * width))

    for stage, (count, outputs) in enumerate(VGG, 1):
        for index in range(1, count + 1):
            net.convolution(f"conv{stage}_{index}", channels(outputs))
        if stage == 4:
            fourth = net.top
        net.pool(f"pool{stage}", *((3, 1, 1) if stage == 5 else (2, 2, 0)))
    net.convolution("fc6", channels(1024), rest="pad: 6 dilation: 6")
    net.convolution("fc7", channels(1024), 1)
    maps = [net.top]
    for name, outputs, rest in (
        ("conv6", 512, "stride: 2 pad: 1"),
        ("conv7", 256, "stride: 2 pad: 1"),
        ("conv8", 256, "stride: 1 pad: 0"),
        ("conv9", 256, "stride: 1 pad: 0"),
    ):
        net.convolution(f"{name}_1", channels(outputs // 2), 1)
        maps.append(net.convolution(f"{name}_2", channels(outputs), 3, rest))
    settings = "norm_param { across_spatial: false scale_filler { type: 'constant' value: 20 } channel_shared: false }"
    maps.insert(0, net.layer("Normalize", "conv4_3_norm", [fourth], "conv4_3_norm", settings))
    steps = (8, 16, 32, 64, 100, 300)
    bounds = (30, 60, 111, 162, 213, 264, 315)
    for index, (blob, step) in enumerate(zip(maps, steps, strict=True)):
        sizes = f"min_size: {bounds[index]} max_size: {bounds[index + 1]} step: {step}"
        net.predict(blob, classes, 6 if 0 < index < 4 else 4, sizes)
    return net.finish(classes, train)


def mobilenet_ssd(*, batch=1, classes=21, train=False, width=1.0):
    """Return MobileNet-SSD at 300 x 300; ``width`` scales the channels."""
    net = Writer(head(batch, 300, train), "MobileNet-SSD")

    def channels(count):
        return max(4, int(count * width))

    net.convolution("conv0", channels(32), 3, "pad: 1 stride: 2", norm=True)
    last = channels(32)
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    plan += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
    maps = []
    for index, (outputs, stride) in enumerate(plan, 1):
        rest = f"pad: 1 stride: {stride} group: {last} engine: CAFFE"
        net.convolution(f"conv{index}/dw", last, 3, rest, norm=True)
        last = channels(outputs)
        net.convolution(f"conv{index}", last, 1, norm=True)
        if index in (11, 13):
            maps.append(net.top)
    for index, (middle, outputs) in enumerate([(256, 512), (128, 256), (128, 256), (64, 128)], 14):
        net.convolution(f"conv{index}_1", channels(middle), 1, norm=True)
        maps.append(
            net.convolution(f"conv{index}_2", channels(outputs), 3, "pad: 1 stride: 2", norm=True)
        )
    bounds = (60, 105, 150, 195, 240, 285, 300)
    for index, blob in enumerate(maps):
        sizes = f"min_size: {bounds[index]}"
        if index:
            sizes += f" max_size: {bounds[index + 1]}"
        net.predict(blob, classes, 3 if not index else 6, sizes, 1)
    return net.finish(classes, train, top_k=100, keep=100, threshold=0.25)


def small_ssd(*, batch=2, classes=3, train=False, side=32):
    """Return a net of two maps."""
    net = Writer(head(batch, side, train), "small")
    maps = []
    for index, outputs in enumerate((8, 8, 12, 12), 1):
        net.convolution(f"conv{index}", outputs, 3, "stride: 2 pad: 1")
        if index > 2:
            maps.append(net.top)
    for blob, low, high in zip(maps, (8, 16), (16, 30), strict=True):
        net.predict(blob, classes, 4, f"min_size: {low} max_size: {high}")
    return net.finish(classes, train)
