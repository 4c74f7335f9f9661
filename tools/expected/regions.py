"""What PyTorch gives for the layers of Faster R-CNN and R-FCN; regions by loops over the forks' definitions."""

from __future__ import annotations

import math

import torch
from recording import Recorder
from torch.nn import functional

torch.manual_seed(20261201)
torch.set_default_dtype(torch.float64)

RECORDER = Recorder("regions")

# In pixels of an image of 48 x 40: inside, odd, across the border, a point, turned, outside.
REGIONS = torch.tensor(
    [
        [0, 0, 0, 47, 39],
        [1, 6.5, 3.25, 29.75, 30],
        [0, -30, -10, 20, 80],
        [1, 21, 13, 21, 13],
        [1, 30, 20, 12, 10],
        [0, 100, 90, 120, 95],
    ]
)
SCALE = 0.25
HEIGHT, WIDTH = 10, 12


def numbers(*shape):
    """Return random numbers of few digits, no two of which are equal: a maximum is one cell."""
    count = math.prod(shape)
    return (torch.randperm(count).reshape(shape) - count // 2) / 16


def rounded(value):
    """Round halves away from 0, as C does."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


def within(value, limit):
    """Return a cell's number in the map."""
    return int(min(max(value, 0), limit))


def max_bins(region, bins, size, pad=0.0):
    """Return the begin and end of each bin of ROIPooling along one axis, by the two corners."""
    low, high = region
    grown = (high - low + 1) * pad
    start, stop = rounded((low - grown) * SCALE), rounded((high + grown) * SCALE)
    step = max(stop - start + 1, 1) / bins
    return [
        (
            within(math.floor(p * step) + start, size),
            within(math.ceil((p + 1) * step) + start, size),
        )
        for p in range(bins)
    ]


def mean_bins(region, bins, size):
    """Return the begin and end of each bin of PSROIPooling along one axis."""
    low, high = (rounded(edge) for edge in region)
    start, stop = low * SCALE, (high + 1) * SCALE
    step = max(stop - start, 0.1) / bins
    return [
        (
            within(math.floor(p * step + start), size),
            within(math.ceil((p + 1) * step + start), size),
        )
        for p in range(bins)
    ]


def max_pooling(x, pooled, pad=0.0):
    """Return ROIPooling's top."""
    rows = []
    for image, x1, y1, x2, y2 in REGIONS.tolist():
        across = max_bins((x1, x2), pooled[1], WIDTH, pad)
        down = max_bins((y1, y2), pooled[0], HEIGHT, pad)
        for h0, h1 in down:
            for w0, w1 in across:
                cells = x[int(image), :, h0:h1, w0:w1]
                empty = h1 <= h0 or w1 <= w0
                rows.append(x.new_zeros(x.shape[1]) if empty else cells.amax((1, 2)))
    return torch.stack(rows).reshape(len(REGIONS), *pooled, -1).permute(0, 3, 1, 2)


def mean_pooling(x, outputs, size):
    """Return PSROIPooling's top."""
    top = []
    for image, x1, y1, x2, y2 in REGIONS.tolist():
        across, down = mean_bins((x1, x2), size, WIDTH), mean_bins((y1, y2), size, HEIGHT)
        for d in range(outputs):
            for i, (h0, h1) in enumerate(down):
                for j, (w0, w1) in enumerate(across):
                    cells = x[int(image), (d * size + i) * size + j, h0:h1, w0:w1]
                    top.append(x.new_zeros(()) if h1 <= h0 or w1 <= w0 else cells.mean())
    return torch.stack(top).reshape(len(REGIONS), outputs, size, size)


def sampled(plane, y, x):
    """Return the interpolated values (C) of maps at one place."""
    if not (-1 <= y <= HEIGHT and -1 <= x <= WIDTH):
        return plane.new_zeros(plane.shape[0])
    y, x = max(y, 0.0), max(x, 0.0)
    y0, x0 = min(int(y), HEIGHT - 1), min(int(x), WIDTH - 1)
    y1, x1 = min(y0 + 1, HEIGHT - 1), min(x0 + 1, WIDTH - 1)
    dy, dx = (y - y0 if y0 < y1 else 0.0), (x - x0 if x0 < x1 else 0.0)
    return (
        plane[:, y0, x0] * (1 - dy) * (1 - dx)
        + plane[:, y0, x1] * (1 - dy) * dx
        + plane[:, y1, x0] * dy * (1 - dx)
        + plane[:, y1, x1] * dy * dx
    )


def aligned(x, pooled, ratio):
    """Return ROIAlign's top."""
    top = []
    for image, x1, y1, x2, y2 in (REGIONS * torch.tensor([1, *[SCALE] * 4])).tolist():
        high, wide = (max(b - a, 1.0) / n for a, b, n in ((y1, y2, pooled[0]), (x1, x2, pooled[1])))
        rows, columns = (ratio if ratio > 0 else math.ceil(step) for step in (high, wide))
        for i in range(pooled[0]):
            for j in range(pooled[1]):
                samples = [
                    sampled(
                        x[int(image)],
                        y1 + i * high + (r + 0.5) * high / rows,
                        x1 + j * wide + (c + 0.5) * wide / columns,
                    )
                    for r in range(rows)
                    for c in range(columns)
                ]
                top.append(torch.stack(samples).mean(0))
    return torch.stack(top).reshape(len(REGIONS), *pooled, -1).permute(0, 3, 1, 2)


def record_pooling(name, settings, compute, channels=3):
    """Enter a layer that pools regions."""
    x = numbers(2, channels, HEIGHT, WIDTH).requires_grad_()
    top = compute(x)
    top_diff = numbers(*top.shape)
    (dx,) = torch.autograd.grad(top, x, top_diff)
    RECORDER.add(
        name,
        settings,
        bottoms=[x.detach(), REGIONS],
        tops=[top.detach()],
        top_diffs=[top_diff],
        bottom_diffs=[dx],
    )


def poolings():
    """Enter the layers that pool regions."""
    common = f"pooled_h: 3 pooled_w: 4 spatial_scale: {SCALE}"
    for name, pad in (("plain", 0.0), ("padded", 0.25)):
        record_pooling(
            f"roi_pooling-{name}",
            f'type: "ROIPooling" roi_pooling_param {{ {common} pad_ratio: {pad} }}',
            lambda x, pad=pad: max_pooling(x, (3, 4), pad),
        )
    record_pooling(
        "psroi_pooling",
        'type: "PSROIPooling" psroi_pooling_param { output_dim: 2 group_size: 3 spatial_scale: 0.25 }',
        lambda x: mean_pooling(x, 2, 3),
        channels=18,
    )
    for ratio in (-1, 2):
        record_pooling(
            f"roi_align-{ratio}",
            f'type: "ROIAlign" roi_align_param {{ {common} sampling_ratio: {ratio} }}',
            lambda x, ratio=ratio: aligned(x, (3, 4), ratio),
        )


def record_loss(name, settings, loss, inputs, others=(), extra=()):
    """Enter a loss, its gradients for a loss weight of 1.5, and further tops that pass none."""
    gradients = torch.autograd.grad(loss * 1.5, inputs, retain_graph=True)
    RECORDER.add(
        name,
        settings,
        bottoms=[blob.detach() for blob in (*inputs, *others)],
        tops=[loss.detach(), *(blob.detach() for blob in extra)],
        top_diffs=[torch.tensor(1.5), *(torch.zeros(blob.shape) for blob in extra)],
        bottom_diffs=gradients,
    )


def smooth(a, b, sigma=1.0):
    """Return each element's smooth L1 distance."""
    return functional.smooth_l1_loss(a, b, beta=1 / sigma**2, reduction="none")


def losses():
    """Enter the losses."""
    a, b = (torch.randn(5, 8, 2, 3).requires_grad_() for _ in range(2))
    inside = torch.rand(a.shape).gt(0.3) * 1.0
    outside = torch.rand(a.shape)
    for sigma in (1.0, 3.0):
        settings = f'type: "SmoothL1Loss" smooth_l1_loss_param {{ sigma: {sigma} }}'
        record_loss(f"smooth_l1-{sigma}", settings, smooth(a, b, sigma).sum() / 5, (a, b))
        weighted = smooth(inside * a * 1.5, inside * b * 1.5, sigma)
        weights = inside * 1.5
        record_loss(f"smooth_l1-inside-{sigma}", settings, weighted.sum() / 5, (a, b), (weights,))
        record_loss(
            f"smooth_l1-both-{sigma}",
            settings,
            (weighted * outside).sum() / 5,
            (a, b),
            (weights, outside),
        )
    each = smooth(inside * a, inside * b)
    two = 'top: "loss" top: "each" loss_weight: 1.5 loss_weight: 0'
    for mode, divisor in (
        ("VALID", 30),
        ("FULL", 30),
        ("BATCH_SIZE", 5),
        ("NONE", 1),
        ("PRE_FIXED", 7),
    ):
        record_loss(
            f"smooth_l1_ohem-{mode}",
            f'type: "SmoothL1LossOHEM" {two} loss_param {{ normalization: {mode} '
            + ("pre_fixed_normalizer: 7 }" if mode == "PRE_FIXED" else "}"),
            each.sum() / divisor,
            (a, b),
            (inside,),
            (each.sum(1, keepdim=True),),
        )
    scores, labels = torch.randn(6, 4).requires_grad_(), torch.tensor([0, 3, -1, 2, 2, 1])
    each = functional.cross_entropy(scores, labels, ignore_index=-1, reduction="none")
    three = 'top: "loss" top: "p" top: "each" loss_weight: 1.5 loss_weight: 0 loss_weight: 0'
    for mode, divisor in (("VALID", 5), ("PRE_FIXED", 128)):
        fixed = "pre_fixed_normalizer: 128" if mode == "PRE_FIXED" else ""
        record_loss(
            f"softmax_ohem-{mode}",
            f'type: "SoftmaxWithLossOHEM" {three} loss_param {{ ignore_label: -1 normalization: {mode} {fixed} }}',
            each.sum() / divisor,
            (scores,),
            (labels.double(),),
            (scores.softmax(1), each),
        )


poolings()
losses()
RECORDER.write()
