"""Expected values of SSD's layers: OpenCV's reader of Caffe's nets, and SSD's loss by loops over PyTorch's numbers."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from recording import Recorder

torch.set_default_dtype(torch.float64)
RNG = np.random.default_rng(1612)
RECORDER = Recorder("detection")
OPENCV = 3e-6
VARIANCES = (0.1, 0.1, 0.2, 0.2)


def by_opencv(layer: str, *inputs: np.ndarray) -> np.ndarray:
    """Run one layer in OpenCV, in float32."""
    text = ""
    for index, array in enumerate(inputs):
        dims = " ".join(f"dim: {size}" for size in array.shape)
        text += f'layer {{ name: "in{index}" type: "Input" top: "in{index}" input_param {{ shape {{ {dims} }} }} }}\n'
    bottoms = " ".join(f'bottom: "in{index}"' for index in range(len(inputs)))
    text += f'layer {{ name: "it" {layer} {bottoms} top: "out" }}'
    net = cv2.dnn.readNetFromCaffe(np.frombuffer(text.encode(), dtype=np.uint8))
    for index, array in enumerate(inputs):
        net.setInput(array.astype(np.float32), f"in{index}")
    return net.forward("it")


def record(name: str, layer: str, *inputs: np.ndarray) -> np.ndarray:
    """Enter what OpenCV gives."""
    inputs = tuple(array.astype(np.float32) for array in inputs)
    theirs = list(inputs)
    if "variance_encoded_in_target" in layer:
        theirs[2] = theirs[2][:, :1]  # OpenCV wants no variances then
    top = by_opencv(layer, *theirs)
    if "DetectionOutput" in layer:
        top = in_order(top)
    RECORDER.add(name, layer, bottoms=inputs, tops=[top], phase="TEST", tolerance=OPENCV)
    return top


def in_order(rows: np.ndarray) -> np.ndarray:
    """Return rows by item and class, as Caffe orders them; OpenCV's are by score, with empty ones at the end."""
    rows = rows.reshape(-1, 7)
    rows = rows[rows[:, 2] > 0]
    order = np.lexsort((-rows[:, 2], rows[:, 1], rows[:, 0]))
    return rows[order][None, None]


def shapes() -> None:
    """Permute and Normalize."""
    x = RNG.standard_normal((2, 3, 4, 5))
    record("permute", 'type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }', x)
    record("permute_all", 'type: "Permute" permute_param { order: [3, 1, 0, 2] }', x)
    for name, settings in (("places", "across_spatial: false"), ("items", "eps: 0.001")):
        record(f"normalize_{name}", f'type: "Normalize" norm_param {{ {settings} }}', x[:1])
    scale, x = torch.tensor([2.0, 0.5, -1.0]), torch.tensor(x, requires_grad=True)
    scale.requires_grad_()
    y = torch.nn.functional.normalize(x, dim=1, eps=0) * scale[None, :, None, None]
    dy = torch.tensor(RNG.standard_normal(tuple(y.shape)))
    dx, ds = torch.autograd.grad(y, (x, scale), dy)
    RECORDER.add(
        "normalize_scaled",
        'type: "Normalize" norm_param { across_spatial: false channel_shared: false eps: 0 }',
        bottoms=[x.detach()],
        blobs=[scale.detach()],
        tops=[y.detach()],
        top_diffs=[dy],
        bottom_diffs=[dx],
        blob_diffs=[ds],
    )


def priors() -> None:
    """PriorBox with each kind of its settings."""
    image = np.zeros((1, 3, 300, 300))
    for name, size, settings in (
        ("one", (3, 3), "min_size: 30 variance: 0.1"),
        (
            "two",
            (3, 2),
            "min_size: 60 max_size: 111 clip: false aspect_ratio: [2, 3] variance: [0.1, 0.1, 0.2, 0.2]",
        ),
        (
            "fixed",
            (2, 3),
            "min_size: 30 aspect_ratio: 2 flip: false clip: true step: 8 offset: 0.25 variance: 0.2",
        ),
        (
            "several",
            (2, 2),
            "min_size: [20, 40] max_size: [30, 60] aspect_ratio: 2 variance: 0.1",
        ),
        ("steps", (2, 2), "min_size: 20 step_w: 20 step_h: 10 clip: true variance: 0.1"),
    ):
        layer = f'type: "PriorBox" prior_box_param {{ {settings} }}'
        record(f"prior_box_{name}", layer, np.zeros((1, 4, *size)), image)


def some_priors(count: int) -> np.ndarray:
    """Return boxes in an image, with variances."""
    centers, half = RNG.uniform(0.1, 0.9, (count, 2)), RNG.uniform(0.05, 0.3, (count, 2))
    corners = np.concatenate([centers - half, centers + half], axis=1)
    return np.stack([corners.reshape(-1), np.tile(VARIANCES, count)])[None]


def detections() -> None:
    """DetectionOutput: codes, thresholds, and boxes of each class."""
    count, classes = 40, 4
    prior = some_priors(count)
    scores = torch.softmax(torch.tensor(RNG.standard_normal((2, count, classes)) * 2), 2).numpy()
    scores = scores.reshape(2, -1)
    for name, each, settings in (
        (
            "corner",
            1,
            "code_type: CORNER keep_top_k: 50 confidence_threshold: 0.3 nms_param { nms_threshold: 0.3 top_k: 40 }",
        ),
        (
            "center",
            1,
            "code_type: CENTER_SIZE keep_top_k: 15 nms_param { nms_threshold: 0.45 top_k: 20 }",
        ),
        (
            "in_target",
            1,
            "code_type: CENTER_SIZE variance_encoded_in_target: true keep_top_k: 99 confidence_threshold: 0.4 "
            "nms_param { nms_threshold: 0.2 top_k: 30 }",
        ),
        (
            "each_class",
            classes,
            "code_type: CENTER_SIZE confidence_threshold: 0.25 keep_top_k: 10 "
            "nms_param { nms_threshold: 0.45 top_k: 40 }",
        ),
    ):
        boxes = RNG.standard_normal((2, count * each * 4)) * 0.5
        own = f"num_classes: {classes} share_location: {str(each == 1).lower()} background_label_id: 0"
        layer = f'type: "DetectionOutput" detection_output_param {{ {own} {settings} }}'
        record(f"detection_output_{name}", layer, boxes, scores, prior)


# SSD's loss, one number after another.


def overlap(a: list[float], b: list[float]) -> float:
    """Return intersection / union."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    area = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / (sum(area) - width * height)


def matches(priors: list, objects: list, threshold: float | None) -> tuple[list, list]:
    """Return each prior's object, or None, and its largest overlap."""
    table = [[overlap(prior, one[1:]) for one in objects] for prior in priors]
    best, found = [max(row) for row in table], [None] * len(priors)
    left = set(range(len(objects)))
    while left:
        value, prior, one = max(
            ((table[p][g], -p, -g) for p in range(len(priors)) if found[p] is None for g in left),
        )
        if value <= 1e-6:
            break
        found[-prior], best[-prior] = -one, value
        left.remove(-one)
    for p, row in enumerate(table):
        if found[p] is None and threshold is not None and max(row) >= threshold:
            found[p] = row.index(max(row))
    return found, best


def code_of(prior: list, box: list, kind: str) -> list[float]:
    """Return a box relative to a prior, in units of the variances."""
    width, height = prior[2] - prior[0], prior[3] - prior[1]
    if kind == "CENTER_SIZE":
        w, h = box[2] - box[0], box[3] - box[1]
        code = [
            ((box[0] + box[2]) / 2 - (prior[0] + prior[2]) / 2) / width,
            ((box[1] + box[3]) / 2 - (prior[1] + prior[3]) / 2) / height,
            np.log(w / width),
            np.log(h / height),
        ]
    else:
        units = [width, height, width, height] if kind == "CORNER_SIZE" else [1] * 4
        code = [(box[i] - prior[i]) / units[i] for i in range(4)]
    return [number / VARIANCES[i] for i, number in enumerate(code)]


def multibox(name: str, settings: str, *, kind="CORNER", threshold=0.5, ratio=3.0, hard=0,
             mining=True, logistic=False, l2=False, weight=1.0, normalization="VALID") -> None:  # fmt: skip
    """Enter a batch of three images: two objects, one, and none."""
    count, classes = 12, 3
    prior = some_priors(count)
    corners = prior[0, 0].reshape(-1, 4).tolist()
    near = [np.array(corners[i]) + RNG.uniform(-0.04, 0.04, 4) for i in (2, 7, 4)]
    objects = {0: [[1, *near[0]], [2, *near[1]]], 2: [[2, *near[2]]]}
    boxes = torch.tensor(RNG.standard_normal((3, count, 4)), requires_grad=True)
    scores = torch.tensor(RNG.standard_normal((3, count, classes)) * 2, requires_grad=True)

    def box_loss(item: int, p: int, one: list) -> torch.Tensor:
        error = boxes[item, p] - torch.tensor(code_of(corners[p], one[1:], kind))
        if l2:
            return (error**2).sum() / 2
        return torch.nn.functional.smooth_l1_loss(error, error * 0, reduction="sum")

    def class_loss(item: int, p: int, label: int | None) -> torch.Tensor:
        if logistic:
            target = torch.zeros(classes)
            if label is not None:
                target[label] = 1
            return torch.nn.functional.binary_cross_entropy_with_logits(
                scores[item, p], target, reduction="sum"
            )
        return -torch.log_softmax(scores[item, p], 0)[label or 0]

    loss, matched = torch.zeros(()), 0
    for item in range(3):
        if item not in objects:
            if not mining:
                for p in range(count):
                    loss = loss + class_loss(item, p, None)
            continue
        found, best = matches(corners, objects[item], threshold)
        label = [0 if one is None else objects[item][one][0] for one in found]
        positive = [p for p in range(count) if found[p] is not None]
        worth = [float(class_loss(item, p, label[p])) for p in range(count)]
        if hard:
            for p in positive:
                worth[p] += float(box_loss(item, p, objects[item][found[p]]))
            top = sorted(range(count), key=lambda p: -worth[p])[:hard]
            positive = [p for p in positive if p in top]
            negative = [p for p in top if found[p] is None]
        elif mining:
            free = [p for p in range(count) if found[p] is None and best[p] < 0.5]
            free.sort(key=lambda p: -worth[p])
            negative = free[: int(len(positive) * ratio)]
        else:
            negative = [p for p in range(count) if found[p] is None]
        for p in positive:
            loss = loss + weight * box_loss(item, p, objects[item][found[p]])
            loss = loss + class_loss(item, p, label[p])
        for p in negative:
            loss = loss + class_loss(item, p, 0 if mining else None)
        matched += len(positive)
    loss = (
        loss
        / {"VALID": max(matched, 1), "FULL": 3 * count, "BATCH_SIZE": 3, "NONE": 1}[normalization]
    )
    rows = [[item, one[0], 0, *one[1:], 0] for item in objects for one in objects[item]]
    rows.append([-1] * 8)
    gradients = torch.autograd.grad(loss * 1.5, (boxes, scores))
    RECORDER.add(
        f"multibox_loss_{name}",
        f'type: "MultiBoxLoss" multibox_loss_param {{ num_classes: {classes} {settings} code_type: {kind} }} '
        f"loss_param {{ normalization: {normalization} }}",
        bottoms=[
            boxes.detach().reshape(3, -1),
            scores.detach().reshape(3, -1),
            prior,
            np.array(rows)[None, None],
        ],
        tops=[loss.detach()],
        top_diffs=[np.array(1.5)],
        bottom_diffs=[gradient.reshape(3, -1) for gradient in gradients],
    )


def losses() -> None:
    """MultiBoxLoss in its main modes."""
    multibox("center", "", kind="CENTER_SIZE")
    multibox("corner_l2", "loc_loss_type: L2 loc_weight: 0.5", l2=True, weight=0.5)
    multibox("corner_size", "match_type: BIPARTITE", kind="CORNER_SIZE", threshold=None)
    multibox("low", "overlap_threshold: 0.1 neg_pos_ratio: 1", threshold=0.1, ratio=1)
    multibox("all", "mining_type: NONE", kind="CENTER_SIZE", mining=False, normalization="FULL")
    multibox("logistic", "conf_loss_type: LOGISTIC", logistic=True, normalization="BATCH_SIZE")
    multibox(
        "logistic_all", "conf_loss_type: LOGISTIC mining_type: NONE", logistic=True, mining=False
    )
    multibox("hard", "mining_type: HARD_EXAMPLE sample_size: 5", hard=5, normalization="NONE")


if __name__ == "__main__":
    for enter in (shapes, priors, detections, losses):
        enter()
    RECORDER.write()
