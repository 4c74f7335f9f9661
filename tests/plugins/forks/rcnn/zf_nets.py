"""Texts of Faster R-CNN on the ZF net and of R-FCN's head, in the forms in which they were published.

``part`` divides the channels, so that tests are quick; 1 is the published size.
"""

from __future__ import annotations

_LRN = "local_size: 3 alpha: 0.00005 beta: 0.75 norm_region: WITHIN_CHANNEL engine: CAFFE"
_LEARNING = "param { lr_mult: 1.0 } param { lr_mult: 2.0 }"
_FILLERS = 'weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0 }'


def inputs(**shapes):
    """Return deploy inputs in the old form, a field for each."""
    return "\n".join(
        f'input: "{name}" input_shape {{ {" ".join(f"dim: {size}" for size in shape)} }}'
        for name, shape in shapes.items()
    )


def layer(name, type_name, bottoms, tops, settings=""):
    names = " ".join(f'bottom: "{blob}"' for blob in bottoms)
    names += " " + " ".join(f'top: "{blob}"' for blob in tops)
    return f'layer {{ name: "{name}" type: "{type_name}" {names} {settings} }}\n'


def convolution(name, bottom, outputs, kernel, stride=1, relu=True):
    settings = (
        f"{_LEARNING} convolution_param {{ num_output: {outputs} kernel_size: {kernel} "
        f"pad: {kernel // 2} stride: {stride} {_FILLERS} }}"
    )
    text = layer(name, "Convolution", [bottom], [name], settings)
    return text + (layer(f"relu_{name}", "ReLU", [name], [name]) if relu else "")


def python(name, module, cls, bottoms, tops, text="'feat_stride': 16"):
    settings = f'python_param {{ module: "{module}" layer: "{cls}" param_str: "{text}" }}'
    return layer(name, "Python", bottoms, tops, settings)


def features(part):
    """Return conv1 to conv5, at a sixteenth of the image's size."""
    text, below = "", "data"
    for number, (outputs, kernel) in enumerate(((96, 7), (256, 5)), 1):
        text += convolution(f"conv{number}", below, outputs // part, kernel, 2)
        text += layer(
            f"norm{number}", "LRN", [f"conv{number}"], [f"norm{number}"], f"lrn_param {{ {_LRN} }}"
        )
        text += layer(
            f"pool{number}",
            "Pooling",
            [f"norm{number}"],
            [f"pool{number}"],
            "pooling_param { kernel_size: 3 stride: 2 pad: 1 pool: MAX }",
        )
        below = f"pool{number}"
    for number, outputs in enumerate((384, 384, 256), 3):
        text += convolution(f"conv{number}", below, outputs // part, 3)
        below = f"conv{number}"
    return text


def region_scores(part):
    """Return the region proposal net, up to scores of two classes."""
    shape = "reshape_param { shape { dim: 0 dim: 2 dim: -1 dim: 0 } }"
    return (
        convolution("rpn_conv", "conv5", 256 // part, 3)
        + convolution("rpn_cls_score", "rpn_conv", 18, 1, relu=False)
        + convolution("rpn_bbox_pred", "rpn_conv", 36, 1, relu=False)
        + layer(
            "rpn_cls_score_reshape", "Reshape", ["rpn_cls_score"], ["rpn_cls_score_reshape"], shape
        )
    )


def region_probabilities():
    """Return the softmax of the two classes of each anchor."""
    shape = "reshape_param { shape { dim: 0 dim: 18 dim: -1 dim: 0 } }"
    return layer("rpn_cls_prob", "Softmax", ["rpn_cls_score_reshape"], ["rpn_cls_prob"]) + layer(
        "rpn_cls_prob_reshape", "Reshape", ["rpn_cls_prob"], ["rpn_cls_prob_reshape"], shape
    )


def proposal(tops=("rois",), settings=""):
    """Return the layer Proposal with Faster R-CNN's anchors."""
    anchors = "ratio: 0.5 ratio: 1 ratio: 2 scale: 8 scale: 16 scale: 32"
    return layer(
        "proposal",
        "Proposal",
        ["rpn_cls_prob_reshape", "rpn_bbox_pred", "im_info"],
        tops,
        f"proposal_param {{ feat_stride: 16 base_size: 16 min_size: 16 {anchors} {settings} }}",
    )


def python_proposal(tops=("rois",), module="rpn.proposal_layer"):
    """Return py-faster-rcnn's layer of the same purpose."""
    bottoms = ["rpn_cls_prob_reshape", "rpn_bbox_pred", "im_info"]
    return python("proposal", module, "ProposalLayer", bottoms, tops)


def head(part):
    """Return the layers after the regions, up to scores and deltas of 21 classes."""
    text = layer(
        "roi_pool_conv5",
        "ROIPooling",
        ["conv5", "rois"],
        ["roi_pool_conv5"],
        "roi_pooling_param { pooled_w: 6 pooled_h: 6 spatial_scale: 0.0625 }",
    )
    below = "roi_pool_conv5"
    for name in ("fc6", "fc7"):
        text += _dense(name, below, 4096 // part)
        text += layer(f"relu_{name}", "ReLU", [name], [name])
        text += layer(
            f"drop_{name}", "Dropout", [name], [name], "dropout_param { dropout_ratio: 0.5 }"
        )
        below = name
    return text + _dense("cls_score", "fc7", 21) + _dense("bbox_pred", "fc7", 84)


def _dense(name, bottom, outputs):
    settings = f"{_LEARNING} inner_product_param {{ num_output: {outputs} {_FILLERS} }}"
    return layer(name, "InnerProduct", [bottom], [name], settings)


def probabilities():
    """Return the last layer of a test net."""
    return layer("cls_prob", "Softmax", ["cls_score"], ["cls_prob"])


def loss(name, type_name, bottoms, settings="", learns=1):
    """Return a loss layer that only its first bottom gets a gradient from."""
    flags = (
        " ".join(f"propagate_down: {int(index == 0)}" for index in range(len(bottoms)))
        if learns
        else ""
    )
    return layer(name, type_name, bottoms, [name], f"loss_weight: 1 {flags} {settings}")


def deploy_net(image=(224, 224), part=1, regions=None):
    """Return the test net, with ``regions`` (a text) between proposals and head."""
    return (
        inputs(data=(1, 3, *image), im_info=(1, 3))
        + features(part)
        + region_scores(part)
        + region_probabilities()
        + (proposal() if regions is None else regions)
        + head(part)
        + probabilities()
    )


def fast_net(image=(224, 224), part=1, regions=5):
    """Return Fast R-CNN's test net, whose regions are an input."""
    shapes = inputs(data=(1, 3, *image), rois=(regions, 5))
    return shapes + features(part) + head(part) + probabilities()


def end_to_end_net(part=1, modules="{}"):
    """Return py-faster-rcnn's training net, of which four layers are Python; ``modules`` maps its modules' names."""
    targets = ["bbox_targets", "bbox_inside_weights", "bbox_outside_weights"]
    ignoring = "loss_param { ignore_label: -1 normalize: true }"
    return (
        python(
            "input-data",
            modules.format("roi_data_layer.layer"),
            "RoIDataLayer",
            [],
            ["data", "im_info", "gt_boxes"],
            "'num_classes': 21",
        )
        + features(part)
        + region_scores(part)
        + python(
            "rpn-data",
            modules.format("rpn.anchor_target_layer"),
            "AnchorTargetLayer",
            ["rpn_cls_score", "gt_boxes", "im_info", "data"],
            ["rpn_labels", *(f"rpn_{name}" for name in targets)],
        )
        + loss("rpn_loss_cls", "SoftmaxWithLoss", ["rpn_cls_score_reshape", "rpn_labels"], ignoring)
        + loss(
            "rpn_loss_bbox",
            "SmoothL1Loss",
            ["rpn_bbox_pred", *(f"rpn_{name}" for name in targets)],
            "smooth_l1_loss_param { sigma: 3.0 }",
            learns=0,
        )
        + region_probabilities()
        + python_proposal(("rpn_rois",), modules.format("rpn.proposal_layer"))
        + python(
            "roi-data",
            modules.format("rpn.proposal_target_layer"),
            "ProposalTargetLayer",
            ["rpn_rois", "gt_boxes"],
            ["rois", "labels", *targets],
            "'num_classes': 21",
        )
        + head(part)
        + loss("loss_cls", "SoftmaxWithLoss", ["cls_score", "labels"], ignoring)
        + loss("loss_bbox", "SmoothL1Loss", ["bbox_pred", *targets], learns=0)
    )


def position_sensitive_net(image=(64, 80), channels=6, classes=3, group=3, keep=4):
    """Return a training net with R-FCN's head and its mining of hard examples, from inputs alone."""
    count, regions = classes, 12
    pool = f"pooling_param {{ pool: AVE kernel_size: {group} stride: {group} }}"
    text = inputs(
        data=(1, 3, *image),
        rois=(regions, 5),
        labels=(regions, 1, 1, 1),
        bbox_targets=(regions, 8, 1, 1),
        bbox_inside_weights=(regions, 8, 1, 1),
    )
    text += convolution("conv", "data", channels, 3, 4)
    for name, outputs, top in (("cls", count, "cls_score"), ("bbox", 8, "bbox_pred")):
        text += convolution(f"rfcn_{name}", "conv", outputs * group**2, 1, relu=False)
        settings = f"spatial_scale: 0.25 output_dim: {outputs} group_size: {group}"
        pooled = f"psroipooled_{name}_rois"
        text += layer(
            pooled,
            "PSROIPooling",
            [f"rfcn_{name}", "rois"],
            [pooled],
            f"psroi_pooling_param {{ {settings} }}",
        )
        text += layer(f"ave_{name}", "Pooling", [pooled], [top], pool)
    none = "loss_weight: 0 propagate_down: false"
    text += layer(
        "per_roi_loss_cls",
        "SoftmaxWithLossOHEM",
        ["cls_score", "labels"],
        ["temp_loss_cls", "temp_prob_cls", "per_roi_loss_cls"],
        f"{none} {none} loss_weight: 0",
    )
    text += layer(
        "per_roi_loss_bbox",
        "SmoothL1LossOHEM",
        ["bbox_pred", "bbox_targets", "bbox_inside_weights"],
        ["temp_loss_bbox", "per_roi_loss_bbox"],
        f"{none} {none} propagate_down: false",
    )
    two = ["per_roi_loss_cls", "per_roi_loss_bbox"]
    text += layer(
        "per_roi_loss",
        "Eltwise",
        two,
        ["per_roi_loss"],
        "propagate_down: false propagate_down: false",
    )
    text += layer(
        "annotator",
        "BoxAnnotatorOHEM",
        ["rois", "per_roi_loss", "labels", "bbox_inside_weights"],
        ["labels_ohem", "bbox_loss_weights_ohem"],
        f"box_annotator_ohem_param {{ roi_per_img: {keep} ignore_label: -1 }} "
        + "propagate_down: false " * 4,
    )
    text += layer("silence", "Silence", ["temp_loss_cls", "temp_prob_cls", "temp_loss_bbox"], [])
    text += loss(
        "loss", "SoftmaxWithLoss", ["cls_score", "labels_ohem"], "loss_param { ignore_label: -1 }"
    )
    return text + loss(
        "loss_bbox",
        "SmoothL1LossOHEM",
        ["bbox_pred", "bbox_targets", "bbox_loss_weights_ohem"],
        "loss_param { normalization: PRE_FIXED pre_fixed_normalizer: 4 }",
    )
