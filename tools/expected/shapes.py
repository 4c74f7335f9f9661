"""Expected values of the layers that move or shape data, by PyTorch."""

from __future__ import annotations

import torch
from recording import Recorder

GENERATOR = torch.Generator().manual_seed(3)


def random(*shape: int, requires_grad: bool = True) -> torch.Tensor:
    """Return normal numbers in float64."""
    values = torch.randn(shape, generator=GENERATOR, dtype=torch.float64)
    return values.requires_grad_(requires_grad)


def record(recorder, name, settings, inputs, *outputs, constants=()) -> None:
    """Enter a case: torch differentiates ``outputs`` with random top gradients.

    ``constants`` are further bottoms, behind ``inputs``, that have no gradient.
    """
    top_diffs = [random(*output.shape, requires_grad=False) for output in outputs]
    gradients = torch.autograd.grad(outputs, inputs, top_diffs)
    recorder.add(
        name,
        settings,
        bottoms=[value.detach().numpy() for value in [*inputs, *constants]],
        tops=[output.detach().numpy() for output in outputs],
        top_diffs=[diff.numpy() for diff in top_diffs],
        bottom_diffs=[gradient.numpy() for gradient in gradients],
    )


def add_reshaping(recorder: Recorder) -> None:
    """Flatten, Reshape, Tile, Concat, Slice and Crop."""
    x = random(2, 3, 2, 5)
    record(recorder, "flatten", 'type: "Flatten"', [x], torch.flatten(x, 1))
    settings = 'type: "Flatten" flatten_param { axis: -3 end_axis: -2 }'
    record(recorder, "flatten_inner", settings, [x], torch.flatten(x, 1, 2))
    settings = 'type: "Reshape" reshape_param { shape { dim: 0 dim: -1 dim: 10 } }'
    record(recorder, "reshape", settings, [x], x.reshape(2, 3, 10))
    x = random(2, 3, 4)
    settings = 'type: "Tile" tile_param { tiles: 3 }'
    record(recorder, "tile", settings, [x], x.repeat(1, 3, 1))
    settings = 'type: "Tile" tile_param { axis: -1 tiles: 2 }'
    record(recorder, "tile_last", settings, [x], x.tile(1, 1, 2))
    parts = [random(2, size, 3) for size in (1, 4, 2)]
    record(recorder, "concat", 'type: "Concat"', parts, torch.cat(parts, 1))
    x = random(2, 7, 3)
    settings = 'type: "Slice" slice_param { slice_point: [1, 5] }'
    record(recorder, "slice", settings, [x], *torch.split(x, [1, 4, 2], 1))
    x, size = random(2, 1, 5, 6), random(1, 1, 3, 4, requires_grad=False)
    settings = 'type: "Crop" crop_param { offset: [2, 1] }'
    record(recorder, "crop", settings, [x], x[:, :, 2:5, 1:5], constants=[size])


def add_selecting(recorder: Recorder) -> None:
    """BatchReindex, Filter and ArgMax."""
    x = random(5, 2, 3)
    for name, indices in (("few", [3, 0]), ("many", [1, 4, 4, 0, 4, 1, 4, 4, 4])):
        index = torch.tensor(indices)
        record(
            recorder,
            f"reindex_{name}",
            'type: "BatchReindex"',
            [x],
            torch.index_select(x, 0, index),
            constants=[index.double()],
        )
    selector = torch.tensor([0, 1, 1, 0, -2.0])
    kept = torch.masked_select(x, (selector != 0)[:, None, None]).reshape(3, 2, 3)
    record(recorder, "filter", 'type: "Filter"', [x], kept, constants=[selector])
    x = random(4, 3, 5, requires_grad=False)
    values, places = torch.topk(x.reshape(4, 15), 4)
    recorder.add(
        "top_k",
        'type: "ArgMax" argmax_param { top_k: 4 out_max_val: true }',
        bottoms=[x],
        tops=[torch.stack([places.double(), values], 1)],
    )
    for axis in (0, 1, 2):
        values, places = torch.topk(x, 2, axis)
        for what, expected in (("places", places), ("values", values)):
            wants = "true" if what == "values" else "false"
            settings = f"argmax_param {{ axis: {axis} top_k: 2 out_max_val: {wants} }}"
            name = f"top_{what}_axis{axis}"
            recorder.add(name, f'type: "ArgMax" {settings}', bottoms=[x], tops=[expected])


def add_combining(recorder: Recorder) -> None:
    """Eltwise and Reduction."""
    a, b, c = xs = [random(2, 3, 4) for _ in range(3)]
    cases = {
        "sum": ("", a + b + c),
        "weighted": ("coeff: [1, -0.5, 2]", a - 0.5 * b + 2 * c),
        "product": ("operation: PROD", a * b * c),
        "unstable_product": ("operation: PROD stable_prod_grad: false", a * b * c),
        "largest": ("operation: MAX", torch.maximum(torch.maximum(a, b), c)),
    }
    for name, (settings, y) in cases.items():
        record(recorder, name, f'type: "Eltwise" eltwise_param {{ {settings} }}', xs, y)
    reduced = {
        "SUM": a.sum,
        "ASUM": lambda axes: a.abs().sum(axes),
        "SUMSQ": lambda axes: a.square().sum(axes),
        "MEAN": a.mean,
    }
    for operation, reduce in reduced.items():
        for axis, axes in ((0, (0, 1, 2)), (1, (1, 2)), (2, (2,))):
            settings = f"operation: {operation} axis: {axis} coeff: 1.5"
            name, y = f"{operation.lower()}_axis{axis}", 1.5 * reduce(axes)
            record(recorder, name, f'type: "Reduction" reduction_param {{ {settings} }}', [a], y)


if __name__ == "__main__":
    recorder = Recorder("shapes")
    add_reshaping(recorder)
    add_selecting(recorder)
    add_combining(recorder)
    recorder.write()
