"""What PyTorch gives for the layers of image nets, where its rules are Caffe's."""

from __future__ import annotations

import math

import torch
from recording import Recorder
from torch.nn import functional

torch.manual_seed(20240611)
torch.set_default_dtype(torch.float64)

RECORDER = Recorder("vision")


def sided(name: str, values) -> str:
    """Return ``values``, one for each spatial axis, as a repeated field."""
    return f"{name}: [{', '.join(map(str, values))}]"


def numbers(*shape):
    """Return random numbers of few digits: they and what is made of them pack well."""
    return (torch.randn(shape) * 8).round() / 8


def distinct(*shape):
    """Return numbers of which no two are equal."""
    count = math.prod(shape)
    return (torch.randperm(count).reshape(shape) - count // 2) / 16


def record(name, settings, compute, bottom, blobs=(), phase="TRAIN"):
    """Run ``compute(bottom, *blobs)`` forward and backward, and enter the case."""
    tensors = [tensor.requires_grad_() for tensor in (bottom, *blobs)]
    top = compute(*tensors)
    top_diff = numbers(*top.shape)
    gradients = torch.autograd.grad(top, tensors, top_diff)
    RECORDER.add(
        name,
        settings,
        bottoms=[bottom.detach()],
        blobs=[blob.detach() for blob in blobs],
        tops=[top.detach()],
        top_diffs=[top_diff],
        bottom_diffs=gradients[:1],
        blob_diffs=gradients[1:],
        phase=phase,
    )


def convolution(
    name, shape, outputs, kernel, stride=1, pad=0, dilation=1, group=1, bias=True, transposed=False
):
    """Enter a case of Convolution, or of Deconvolution."""
    axes = len(kernel)
    stride, pad, dilation = (
        (value,) * axes if isinstance(value, int) else value for value in (stride, pad, dilation)
    )
    names = ("kernel_size", "stride", "pad", "dilation")
    settings = " ".join(map(sided, names, (kernel, stride, pad, dilation)))
    settings += f" num_output: {outputs} group: {group} bias_term: {str(bias).lower()}"
    if transposed:
        channels = shape[1], outputs // group
        run, options = f"conv_transpose{axes}d", (stride, pad, 0, group, dilation)
    else:
        channels = outputs, shape[1] // group
        run, options = f"conv{axes}d", (stride, pad, dilation, group)
    blobs = [numbers(*channels, *kernel), *([numbers(outputs)] if bias else [])]
    type_name = "Deconvolution" if transposed else "Convolution"
    record(
        f"{type_name.lower()}-{name}",
        f'type: "{type_name}" convolution_param {{ {settings} }}',
        lambda x, w, b=None: getattr(functional, run)(x, w, b, *options),
        numbers(*shape),
        blobs,
    )


def convolutions(transposed):
    """Enter the cases of Convolution, or of Deconvolution."""

    def add(*args, **options):
        convolution(*args, **options, transposed=transposed)

    add("plain", (2, 3, 5, 4), 4, (3, 3))
    add("strided", (2, 2, 7, 6), 2, (3, 2), stride=(2, 3), pad=(1, 0))
    add("grouped", (1, 4, 5, 6), 6, (3, 3), pad=1, group=2)
    add("depthwise", (2, 3, 5, 5), 3, (3, 3), pad=1, group=3, bias=False)
    add("dilated", (1, 2, 6, 5), 3, (2, 3), pad=2, dilation=(3, 2))
    add("pointwise", (2, 3, 3, 2), 4, (1, 1))
    add("one-axis", (2, 3, 9), 4, (4,), stride=2, pad=1)
    add("three-axes", (1, 2, 4, 5, 3), 2, (2, 3, 2), stride=(1, 2, 1), pad=(1, 0, 1))


def im2col(name, shape, kernel, stride, pad, dilation):
    """Enter a case of Im2col, which torch calls unfold."""

    def run(x):
        columns = functional.unfold(x, kernel, dilation, pad, stride)
        sizes = zip(shape[2:], kernel, stride, pad, dilation, strict=True)
        return columns.reshape(
            *columns.shape[:2], *((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in sizes)
        )

    names = ("kernel_size", "stride", "pad", "dilation")
    settings = " ".join(map(sided, names, (kernel, stride, pad, dilation)))
    record(name, f'type: "Im2col" convolution_param {{ {settings} }}', run, numbers(*shape))


def pooling(name, settings, compute, shape=(1, 3, 7, 8)):
    """Enter a case of Pooling."""
    record(name, f'type: "Pooling" pooling_param {{ {settings} }}', compute, distinct(*shape))


def poolings():
    """Enter the cases of Pooling."""
    pooling(
        "max", "kernel_size: 2 stride: 2", lambda x: functional.max_pool2d(x, 2, 2), (2, 3, 6, 8)
    )
    pooling(
        "max-ceil",
        "kernel_size: 3 stride: 2",
        lambda x: functional.max_pool2d(x, 3, 2, ceil_mode=True),
    )
    pooling(
        "max-floor",
        "kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 3 pad_h: 1 pad_w: 1 round_mode: FLOOR",
        lambda x: functional.max_pool2d(x, (3, 2), (2, 3), 1),
    )
    pooling("max-global", "global_pooling: true", lambda x: functional.adaptive_max_pool2d(x, 1))
    # Both count padding, as long as no window hangs over it.
    pooling(
        "ave-padded",
        "pool: AVE kernel_size: 3 stride: 2 pad: 1",
        lambda x: functional.avg_pool2d(x, 3, 2, 1, count_include_pad=True),
        (1, 2, 7, 9),
    )
    pooling(
        "ave-floor",
        "pool: AVE kernel_size: 3 stride: 2 round_mode: FLOOR",
        lambda x: functional.avg_pool2d(x, 3, 2),
    )
    pooling(
        "ave-overlap",
        "pool: AVE kernel_size: 3 stride: 1 pad: 1",
        lambda x: functional.avg_pool2d(x, 3, 1, 1),
    )
    pooling(
        "ave-global",
        "pool: AVE global_pooling: true",
        lambda x: functional.adaptive_avg_pool2d(x, 1),
    )


def lrn(name, size, alpha, beta, k):
    """Enter a case of LRN across channels."""
    # torch divides alpha by the size of the window, as Caffe does.
    record(
        name,
        f'type: "LRN" lrn_param {{ local_size: {size} alpha: {alpha} beta: {beta} k: {k} }}',
        lambda x: functional.local_response_norm(x, size, alpha, beta, k),
        numbers(2, 7, 2, 2),
    )


def lrn_within(name, size, alpha, beta):
    """Enter a case of LRN within a channel."""

    def run(x):
        mean = functional.avg_pool2d(x**2, size, 1, size // 2, count_include_pad=True)
        return x / (1 + alpha * mean) ** beta

    settings = f"local_size: {size} alpha: {alpha} beta: {beta} norm_region: WITHIN_CHANNEL"
    record(name, f'type: "LRN" lrn_param {{ {settings} }}', run, numbers(2, 2, 5, 4))


def spp():
    """Enter a case of SPP in which every level fits."""

    def levels(x):
        pools = (functional.max_pool2d(x, 8 >> level, 8 >> level) for level in range(3))
        return torch.cat([pool.flatten(1) for pool in pools], 1)

    record("spp", 'type: "SPP" spp_param { pyramid_height: 3 }', levels, distinct(2, 3, 8, 8))


convolutions(transposed=False)
convolutions(transposed=True)
im2col("im2col", (2, 3, 6, 7), (3, 2), (1, 2), (1, 0), (1, 2))
poolings()
lrn("lrn", 5, 1.0, 0.75, 1.0)
lrn("lrn-other", 3, 0.5, 0.5, 2.0)
lrn_within("lrn-within", 3, 2.0, 0.75)
spp()
RECORDER.write()
