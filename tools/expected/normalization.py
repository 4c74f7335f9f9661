"""Expected values of the normalisation and affine layers, by PyTorch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from recording import Recorder

GENERATOR = torch.Generator().manual_seed(4)


def random(*shape: int, requires_grad: bool = True) -> torch.Tensor:
    """Return normal numbers in float64, not centred at 0."""
    values = 1.5 * torch.randn(shape, generator=GENERATOR, dtype=torch.float64) + 0.5
    return values.requires_grad_(requires_grad)


def record(recorder, name, settings, bottoms, y, blobs=(), **more) -> None:
    """Enter a case: torch differentiates ``y`` by bottoms and blobs with a random top gradient."""
    dy = random(*y.shape, requires_grad=False)
    learned = [value for value in (*bottoms, *blobs) if value.requires_grad]
    found = iter(torch.autograd.grad(y, learned, dy))
    gradients = [next(found) if v.requires_grad else None for v in (*bottoms, *blobs)]
    recorder.add(
        name,
        settings,
        bottoms=[value.detach() for value in bottoms],
        blobs=[value.detach() for value in blobs],
        tops=[y.detach()],
        top_diffs=[dy],
        bottom_diffs=gradients[: len(bottoms)],
        blob_diffs=gradients[len(bottoms) :],
        **more,
    )


def stored(channels: int, factor: float) -> list[torch.Tensor]:
    """Return BatchNorm's three blobs, as they are after some updates."""
    mean = random(channels, requires_grad=False)
    variance = random(channels, requires_grad=False).abs() + 0.5
    return [mean * factor, variance * factor, torch.tensor([factor], dtype=torch.float64)]


def add_batch_norm(recorder: Recorder) -> None:
    """BatchNorm with its own statistics and with stored ones, and with scale and bias."""
    eps, fraction = 2.0**-10, 0.75  # exact in float32, as the settings are
    text = f"eps: {eps!r} moving_average_fraction: {fraction!r}"
    for name, shape in (("images", (4, 3, 2, 3)), ("vectors", (6, 4))):
        settings = f'type: "BatchNorm" batch_norm_param {{ {text} }}'
        x, channels = random(*shape), shape[1]
        blobs = stored(channels, 2.5)
        # With momentum 1 torch's running statistics are those of this batch alone.
        mean = torch.zeros(channels, dtype=torch.float64)
        variance = torch.zeros_like(mean)
        y = F.batch_norm(x, mean, variance, training=True, momentum=1.0, eps=eps)
        now = (mean, variance, torch.ones(1, dtype=torch.float64))
        after = [old * fraction + new for old, new in zip(blobs, now, strict=True)]
        record(recorder, f"train_{name}", settings, [x], y, blobs, blobs_after=after)
        y = F.batch_norm(x, blobs[0] / blobs[2], blobs[1] / blobs[2], eps=eps)
        more = {"blobs_after": blobs, "phase": "TEST"}
        record(recorder, f"test_{name}", settings, [x], y, blobs, **more)
    x, blobs = random(3, 4, 2, 2), [*stored(4, 1.5), random(4), random(4)]
    settings = f'type: "BatchNorm" batch_norm_param {{ {text} scale_bias: true }}'
    y = F.batch_norm(x, None, None, blobs[3], blobs[4], training=True, eps=eps)
    record(recorder, "train_scale_bias", settings, [x], y, blobs)


def add_mvn(recorder: Recorder) -> None:
    """MVN, whose eps is added to the deviation and not to the variance, by its formula."""
    for name, shape, axes, settings in (
        ("planes", (2, 2, 3, 4), (2, 3), ""),
        ("items", (2, 2, 3, 4), (1, 2, 3), "across_channels: true"),
        ("large_eps", (2, 3, 8), (2,), "eps: 0.5"),
    ):
        x = random(*shape)
        eps = 0.5 if "eps" in settings else 1e-9
        centred = x - x.mean(axes, keepdim=True)
        deviation = x.std(axes, correction=0, keepdim=True)
        text = f'type: "MVN" mvn_param {{ {settings} }}'
        record(recorder, f"mvn_{name}", text, [x], centred / (deviation + eps))
    x = random(3, 2, 4)
    text = 'type: "MVN" mvn_param { normalize_variance: false }'
    record(recorder, "mvn_mean_only", text, [x], x - x.mean(2, keepdim=True))
    x = random(3, 20)
    text = 'type: "MVN" mvn_param { across_channels: true eps: 0 }'
    record(recorder, "mvn_layer_norm", text, [x], F.layer_norm(x, (20,), eps=0.0))


def add_affine(recorder: Recorder) -> None:
    """Scale and Bias, learned and with two bottoms."""
    x = random(2, 3, 4, 2)
    for name, settings, shape, wide in (
        ("channels", "", (3,), (3, 1, 1)),
        ("all_axes", "axis: 0 num_axes: -1", (2, 3, 4, 2), (2, 3, 4, 2)),
        ("inner", "axis: -2 num_axes: 1", (4,), (4, 1)),
        ("two_axes", "axis: 1 num_axes: 2", (3, 4), (3, 4, 1)),
        ("single", "num_axes: 0", (), ()),
    ):
        s, b = random(*shape), random(*shape)
        y = x * s.reshape(wide) + b.reshape(wide)
        text = f'type: "Scale" scale_param {{ {settings} bias_term: true }}'
        record(recorder, f"scale_{name}", text, [x], y, [s, b])
        text = f'type: "Bias" bias_param {{ {settings} }}'
        record(recorder, f"bias_{name}", text, [x], x + b.reshape(wide), [b])
        if name in ("single", "all_axes"):
            continue
        start = settings.partition(" num_axes")[0]
        text = f'type: "Scale" scale_param {{ {start} }}'
        record(recorder, f"scale_by_bottom_{name}", text, [x, s], x * s.reshape(wide))
        text = f'type: "Bias" bias_param {{ {start} }}'
        record(recorder, f"bias_by_bottom_{name}", text, [x, b], x + b.reshape(wide))


if __name__ == "__main__":
    recorder = Recorder("normalization")
    add_batch_norm(recorder)
    add_mvn(recorder)
    add_affine(recorder)
    recorder.write()
