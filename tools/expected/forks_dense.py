"""Expected values of the forks' layers for segmentation, flow and light nets, by PyTorch, OpenCV and plain loops."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch
from recording import Recorder
from torch.nn import functional

torch.manual_seed(20261201)
torch.set_default_dtype(torch.float64)

RECORDER = Recorder("forks_dense")


def numbers(*shape):
    """Return random numbers of few digits."""
    return (torch.randn(shape) * 8).round() / 8


def record(name, settings, compute, bottoms, blobs=(), constants=(), **more):
    """Run ``compute(*bottoms, *constants, *blobs)`` forward and backward, and enter the case."""
    tensors = [tensor.clone().requires_grad_() for tensor in (*bottoms, *blobs)]
    count = len(bottoms)
    top = compute(*tensors[:count], *constants, *tensors[count:])
    top_diff = numbers(*top.shape)
    gradients = torch.autograd.grad(top, tensors, top_diff)
    RECORDER.add(
        name,
        settings,
        bottoms=[*bottoms, *constants],
        blobs=[*blobs, *more.pop("stored", ())],
        tops=[top.detach()],
        top_diffs=[top_diff],
        bottom_diffs=gradients[:count],
        blob_diffs=gradients[count:],
        **more,
    )


def batch_norm():
    """BN in its forms."""
    x, scale, shift = numbers(3, 4, 2, 5), numbers(1, 4, 1, 1), numbers(1, 4, 1, 1)

    def by_batch(eps):
        return lambda x, w, b: functional.batch_norm(
            x, None, None, w.reshape(-1), b.reshape(-1), training=True, eps=eps
        )

    old = "scale_filler { } shift_filler { }"
    record("bn-segnet", f'type: "BN" bn_param {{ {old} }}', by_batch(1e-9), [x], [scale, shift])
    record(
        "bn-segnet-inference",
        'type: "BN" bn_param { bn_mode: INFERENCE }',
        lambda x, w, b: x * w + b,
        [x],
        [scale, shift],
        phase="TEST",
    )
    mean, variance = numbers(1, 4, 1, 1), numbers(1, 4, 1, 1).abs() + 0.5
    seen = x.transpose(0, 1).reshape(4, -1)
    for name, settings, eps, share in (
        ("bn-pspnet", "slope_filler { } momentum: 0.75", 1e-5, 0.25),
        ("bn-oldest", f"{old} decay: 0.125 var_eps: 0.0009765625", 2.0**-10, 0.125),
    ):
        after = [
            stored * (1 - share) + share * new.reshape(1, 4, 1, 1)
            for stored, new in ((mean, seen.mean(1)), (variance, seen.var(1, unbiased=False)))
        ]
        record(
            name,
            f'type: "BN" bn_param {{ {settings} }}',
            by_batch(eps),
            [x],
            [scale, shift],
            stored=[mean, variance],
            blobs_after=[scale, shift, *after],
        )

    def by_stored(x, w, b):
        flat = (value.reshape(-1) for value in (mean, variance, w, b))
        return functional.batch_norm(x, *flat, training=False, eps=1e-5)

    record(
        "bn-pspnet-test",
        'type: "BN" bn_param { slope_filler { } }',
        by_stored,
        [x],
        [scale, shift],
        stored=[mean, variance],
        phase="TEST",
    )


def enlarging():
    """Upsample, Unpooling and Interp."""
    image = torch.randperm(2 * 3 * 6 * 8).reshape(2, 3, 6, 8) / 16
    x, mask = functional.max_pool2d(image, 2, 2, return_indices=True)
    record(
        "upsample-mask",
        'type: "Upsample" upsample_param { scale: 2 }',
        lambda x, mask: functional.max_unpool2d(x, mask.long(), 2, 2),
        [x],
        constants=[mask.double()],
    )
    record(
        "unpooling-mask",
        'type: "Unpooling" unpooling_param { kernel_size: 2 stride: 2 unpool_h: 7 unpool_w: 8 }',
        lambda x, mask: functional.max_unpool2d(x, mask.long(), 2, 2, output_size=(7, 8)),
        [x],
        constants=[mask.double()],
    )
    small = numbers(2, 3, 2, 4)
    record(
        "upsample-repeat",
        'type: "Upsample" upsample_param { scale: 3 }',
        lambda x: functional.interpolate(x, scale_factor=3, mode="nearest"),
        [small],
    )
    record(
        "unpooling-tile",
        'type: "Unpooling" unpooling_param { unpool: TILE kernel_size: 3 stride: 2 }',
        lambda x: functional.conv_transpose2d(x, torch.ones(3, 1, 3, 3), None, 2, groups=3),
        [small],
    )
    for name, settings, size in (
        ("interp-size", "height: 7 width: 5", (7, 5)),
        ("interp-zoom", "zoom_factor: 8", (9, 25)),
        ("interp-shrink", "shrink_factor: 2", (1, 2)),
        ("interp-one", "height: 1 width: 9", (1, 9)),
    ):
        record(
            name,
            f'type: "Interp" interp_param {{ {settings} }}',
            lambda x, size=size: functional.interpolate(
                x, size=size, mode="bilinear", align_corners=True
            ),
            [small],
        )
    record(
        "interp-cut",
        'type: "Interp" interp_param { height: 5 width: 4 pad_beg: -1 pad_end: -2 }',
        lambda x: functional.interpolate(
            x[:, :, 1:-2, 1:-2], size=(5, 4), mode="bilinear", align_corners=True
        ),
        [numbers(1, 2, 6, 7)],
    )


def sampling():
    """SpatialTransformer, whose coordinates are converted to those of torch's sampler."""
    theta = torch.tensor(
        [[0.9, 0.21, 0.07, -0.33, 0.78, 0.11], [0.53, 0.1, 0.03, 0.31, 1.3, -0.43]]
    )
    rows, columns, height, width = 3, 4, 5, 6

    def sample(images, theta):
        u, v = (torch.arange(size) / size * 2 - 1 for size in (rows, columns))
        grid = torch.stack([*torch.meshgrid(u, v, indexing="ij"), torch.ones(rows, columns)])
        found = (theta.reshape(-1, 2, 3) @ grid.reshape(3, -1)).reshape(-1, 2, rows, columns)
        row, column = ((found[:, i] + 1) / 2 * size for i, size in enumerate((height, width)))
        turned = torch.stack([2 * column / (width - 1) - 1, 2 * row / (height - 1) - 1], -1)
        return functional.grid_sample(images, turned, align_corners=True, padding_mode="zeros")

    record(
        "spatial-transformer",
        'type: "SpatialTransformer" st_param { output_H: 3 output_W: 4 }',
        sample,
        [numbers(2, 3, height, width), theta],
    )


def comparing():
    """Correlation and Correlation1D, summed cell by cell."""

    def compare(a, b, settings):
        kernel, most, pad, first, second, tall = settings
        a, b = (functional.pad(x, (pad, pad, pad * tall, pad * tall)) for x in (a, b))
        edge, reach = kernel // 2, most // second
        high, wide = a.shape[2] - 2 * edge - 2 * most * tall, a.shape[3] - 2 * edge - 2 * most
        steps = [step * second for step in range(-reach, reach + 1)]
        shifts = [(down, across) for down in (steps if tall else [0]) for across in steps]
        top = []
        for down, across in shifts:
            for row, column in itertools.product(range(0, high, first), range(0, wide, first)):
                y, x = row + most * tall, column + most
                one = a[:, :, y : y + kernel, x : x + kernel]
                other = b[:, :, y + down : y + down + kernel, x + across : x + across + kernel]
                top.append((one * other).mean((1, 2, 3)))
        sizes = (len(shifts), len(range(0, high, first)), len(range(0, wide, first)))
        return torch.stack(top, 1).reshape(len(a), *sizes)

    for name, settings in (
        ("correlation-plain", (1, 2, 2, 1, 1, 1)),
        ("correlation-strided", (3, 4, 5, 2, 2, 1)),
        ("correlation1d", (1, 4, 4, 1, 2, 0)),
    ):
        kernel, most, pad, first, second, tall = settings
        type_name = "Correlation" if tall else "Correlation1D"
        text = (
            f'type: "{type_name}" correlation_param {{ kernel_size: {kernel} max_displacement: {most} '
            f"pad: {pad} stride_1: {first} stride_2: {second} }}"
        )
        record(
            name,
            text,
            lambda a, b, settings=settings: compare(a, b, settings),
            [numbers(2, 3, 5, 6), numbers(2, 3, 5, 6)],
        )


def darknet_reorg(x, stride):
    """Return what Darknet's loop gives: the bottom's memory, read as (C / s^2, H s, W s)."""
    count, channels, height, width = x.shape
    planes = channels // stride**2
    flat, found = x.reshape(count, -1), torch.zeros_like(x).reshape(count, -1)
    for k, j, i in itertools.product(range(channels), range(height), range(width)):
        offset = k // planes
        row, column = j * stride + offset // stride, i * stride + offset % stride
        source = column + width * stride * (row + height * stride * (k % planes))
        found[:, i + width * (j + height * k)] = flat[:, source]
    return found.reshape(count, channels * stride**2, height // stride, width // stride)


def channels():
    """Reorg, ShuffleChannel, Axpy and the depthwise convolutions."""
    record(
        "reorg",
        'type: "Reorg" reorg_param { stride: 2 }',
        lambda x: darknet_reorg(x, 2) + 0 * x.sum(),
        [numbers(2, 8, 4, 6)],
    )
    record(
        "shuffle",
        'type: "ShuffleChannel" shuffle_channel_param { group: 3 }',
        lambda x: torch.nn.functional.channel_shuffle(x, 3),
        [numbers(2, 12, 2, 3)],
    )
    record(
        "axpy",
        'type: "Axpy"',
        lambda a, x, b: torch.addcmul(b, a, x),
        [numbers(2, 3, 1, 1), numbers(2, 3, 4, 2), numbers(2, 3, 4, 2)],
    )
    for name, settings, outputs in (
        ("ConvolutionDepthwise", "", 4),
        ("DepthwiseConvolution", "num_output: 8 group: 4", 8),
    ):
        record(
            name,
            f'type: "{name}" convolution_param {{ {settings} kernel_size: 3 pad: 1 stride: 2 }}',
            lambda x, w, b: functional.conv2d(x, w, b, 2, 1, groups=4),
            [numbers(2, 4, 6, 7)],
            [numbers(outputs, 1, 3, 3), numbers(outputs)],
        )
    record(
        "hole",
        'type: "Convolution" convolution_param { num_output: 2 kernel_size: 3 pad: 2 hole: 2 }',
        lambda x, w, b: functional.conv2d(x, w, b, 1, 2, dilation=2),
        [numbers(1, 3, 5, 6)],
        [numbers(2, 3, 3, 3), numbers(2)],
    )


def by_opencv(name, settings, *shapes):
    """Enter what OpenCV's importer of Caffe's files gives for one layer, forward only."""
    bottoms = [numbers(*shape).numpy() for shape in shapes]
    inputs = "".join(
        f'input: "x{i}" input_shape {{ {" ".join(f"dim: {n}" for n in shape)} }} '
        for i, shape in enumerate(shapes)
    )
    names = " ".join(f'bottom: "x{i}"' for i in range(len(shapes)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.prototxt")
        path.write_text(f'{inputs} layer {{ name: "y" top: "y" {names} {settings} }}')
        net = cv2.dnn.readNetFromCaffe(str(path))
    for i, values in enumerate(bottoms):
        net.setInput(values.astype(np.float32), f"x{i}")
    RECORDER.add(name, settings, bottoms=bottoms, tops=[net.forward("y")])


batch_norm()
enlarging()
sampling()
comparing()
channels()
by_opencv("cv-interp", 'type: "Interp" interp_param { zoom_factor: 4 }', (1, 2, 3, 5))
by_opencv("cv-shuffle", 'type: "ShuffleChannel" shuffle_channel_param { group: 2 }', (1, 6, 2, 3))
RECORDER.write()
