"""Expected values of the forks' activations and normalisations, by PyTorch."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recorder

torch.set_default_dtype(torch.float64)
GENERATOR = torch.Generator().manual_seed(2019)
RECORDER = Recorder("forks_neurons")


def normal(*shape: int, scale: float = 1.0) -> torch.Tensor:
    """Return numbers that gradients can be asked for."""
    return (scale * torch.randn(*shape, generator=GENERATOR)).requires_grad_()


def add(name, settings, x, y, blobs=()) -> None:
    """Enter a layer with one bottom: torch differentiates y by x and by the blobs."""
    dy = normal(*y.shape).detach()
    gradients = [each.numpy() for each in torch.autograd.grad(y, (x, *blobs), dy)]
    RECORDER.add(
        name,
        settings,
        bottoms=[x.detach().numpy()],
        blobs=[blob.detach().numpy() for blob in blobs],
        tops=[y.detach().numpy()],
        top_diffs=[dy.numpy()],
        bottom_diffs=gradients[:1],
        blob_diffs=gradients[1:],
    )


def activations() -> None:
    """SeLU, ReLU6, HSwish, the two hard sigmoids and CReLU."""
    x = normal(4, 6, 3, scale=4)
    exact = "selu_param { lambda: 1.0625 alpha: 1.625 }"  # in float32 too, as settings are
    add("selu", f'type: "SeLU" {exact}', x, 1.0625 * F.elu(x, 1.625))
    add("relu6", 'type: "ReLU6"', x, F.relu6(x))
    add("relu6_n", 'type: "ReLU6" relu6_param { n: 2 }', x, F.hardtanh(x, 0.0, 2.0))
    add("hswish", 'type: "HSwish"', x, F.hardswish(x))
    # Not hardsigmoid(), whose slope is 1/6 in float32.
    add("hsigmoid", 'type: "HSigmoid"', x, F.relu6(x + 3) / 6)
    settings = "hard_sigmoid_param { alpha: 0.125 beta: 0.375 }"
    add("hard_sigmoid", f'type: "HardSigmoid" {settings}', x, (x / 8 + 0.375).clamp(0, 1))
    for axis in (1, -1):
        settings = f'type: "CReLU" crelu_param {{ concat_axis: {axis} negative_slope: 0.25 }}'
        y = torch.cat([F.leaky_relu(x, 0.25), F.leaky_relu(-x, 0.25)], axis)
        add(f"crelu_{axis}", settings, x, y)


def layer_norm() -> None:
    """LayerNorm in the forms of its two forks."""
    x = normal(2, 5, 8, scale=3)
    add("layer_norm", 'type: "LayerNorm"', x, F.layer_norm(x, (8,), eps=1e-10))
    weight, bias = normal(5, 8), normal(5, 8)
    settings = 'type: "LayerNorm" layer_norm_param { eps: 1e-5 }'
    y = F.layer_norm(x, (5, 8), weight, bias, eps=1e-5)
    add("layer_norm_affine", settings, x, y, (weight, bias))
    weight, bias = normal(8), normal(8)
    settings = 'type: "LayerNorm" layer_norm_param { axis: -1 elementwise_affine: true }'
    y = F.layer_norm(x, (8,), weight, bias, eps=1e-5)
    add("layer_norm_last", settings, x, y, (weight, bias))


if __name__ == "__main__":
    activations()
    layer_norm()
    RECORDER.write()
