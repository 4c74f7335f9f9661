"""Expected values of the activation layers, InnerProduct and Embed, from PyTorch.

``python tools/expected/activations.py`` writes ``tests/data/expected/activations.npz``.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from recording import Recorder

RECORDER = Recorder("activations")
RNG = np.random.default_rng(20)


def values(*shape: int) -> np.ndarray:
    """Return random numbers, most of them between -4 and 4."""
    return 2 * RNG.standard_normal(shape)


def record(name, settings, function, x, blobs=(), differentiable=True) -> None:
    """Enter what ``function(x, *blobs)`` gives, and the gradients for a random dy."""
    tensors = [torch.tensor(array, dtype=torch.float64) for array in (x, *blobs)]
    for tensor in tensors if differentiable else tensors[1:]:
        tensor.requires_grad_()
    y = function(*tensors)
    dy = torch.tensor(values(*y.shape))
    y.backward(dy)
    grads = [None if tensor.grad is None else tensor.grad.numpy() for tensor in tensors]
    RECORDER.add(
        name,
        settings,
        bottoms=[x],
        blobs=blobs,
        tops=[y.detach().numpy()],
        top_diffs=[dy.numpy()],
        bottom_diffs=grads[:1],
        blob_diffs=grads[1:],
    )


def swish(x: torch.Tensor, beta: float) -> torch.Tensor:
    """Return x * sigmoid(beta * x)."""
    return x * torch.sigmoid(beta * x)


def record_functions() -> None:
    """Functions without weights."""
    everywhere = {
        "relu": ('type: "ReLU"', F.relu),
        "relu-leaky": (
            'type: "ReLU" relu_param { negative_slope: 0.125 }',
            lambda x: F.leaky_relu(x, 0.125),
        ),
        "sigmoid": ('type: "Sigmoid"', torch.sigmoid),
        "tanh": ('type: "TanH"', torch.tanh),
        "softplus": ('type: "SoftPlus"', F.softplus),
        "bnll": ('type: "BNLL"', F.softplus),
        "silu": ('type: "SiLU"', F.silu),
        "gelu": ('type: "GELU"', F.gelu),
        "gelu-tanh": (
            'type: "GELU" gelu_param { enable_bert_version: true }',
            lambda x: F.gelu(x, approximate="tanh"),
        ),
        "mish": ('type: "Mish"', F.mish),
        "serf": ('type: "Serf"', lambda x: x * torch.erf(F.softplus(x))),
        "absval": ('type: "AbsVal"', torch.abs),
        "elu": ('type: "ELU"', F.elu),
        "elu-alpha": ('type: "ELU" elu_param { alpha: 0.75 }', lambda x: F.elu(x, 0.75)),
        "clip": (
            'type: "Clip" clip_param { min: -1.5 max: 0.5 }',
            lambda x: torch.clamp(x, -1.5, 0.5),
        ),
        "swish": ('type: "Swish"', lambda x: swish(x, 1.0)),
        "swish-beta": ('type: "Swish" swish_param { beta: 2.5 }', lambda x: swish(x, 2.5)),
        "exp": ('type: "Exp"', torch.exp),
        "exp-base": (
            'type: "Exp" exp_param { base: 2 scale: 0.5 shift: -1.25 }',
            lambda x: 2 ** (0.5 * x - 1.25),
        ),
        "power-line": (
            'type: "Power" power_param { scale: -0.5 shift: 2 }',
            lambda x: 2 - 0.5 * x,
        ),
        "power-square": (
            'type: "Power" power_param { power: 2 scale: 0.5 shift: -0.25 }',
            lambda x: (0.5 * x - 0.25) ** 2,
        ),
        "power-cube": ('type: "Power" power_param { power: 3 }', lambda x: x**3),
        "power-zero": ('type: "Power" power_param { power: 0 scale: 2 }', lambda x: x**0),
    }
    for name, (settings, function) in everywhere.items():
        record(name, settings, function, values(2, 3, 4))
    positive = {
        "log": ('type: "Log"', torch.log),
        "log-base": (
            'type: "Log" log_param { base: 10 scale: 2 shift: 0.5 }',
            lambda x: torch.log10(2 * x + 0.5),
        ),
        "power-root": ('type: "Power" power_param { power: 0.5 }', torch.sqrt),
        "power-inverse": (
            'type: "Power" power_param { power: -1.5 scale: 2 shift: 0.25 }',
            lambda x: (2 * x + 0.25) ** -1.5,
        ),
    }
    for name, (settings, function) in positive.items():
        record(name, settings, function, 0.1 + abs(values(2, 3, 4)))


def record_prelu() -> None:
    """PReLU with one slope for each channel and with one for all."""
    slopes = values(3)
    record("prelu", 'type: "PReLU"', F.prelu, values(2, 3, 2, 4), [slopes])
    record("prelu-two-axes", 'type: "PReLU"', F.prelu, values(4, 3), [slopes])
    shared = 'type: "PReLU" prelu_param { channel_shared: true }'
    record(
        "prelu-shared",
        shared,
        lambda x, slope: F.prelu(x, slope.reshape(1)),
        values(2, 3, 5),
        [values()],
    )


def record_products() -> None:
    """InnerProduct on several axes, and Embed."""
    settings = 'type: "InnerProduct" inner_product_param {{ num_output: 3 {} }}'

    def product(x, weight, bias=None, *, axis=1, transpose=False):
        rows = x.reshape(*x.shape[:axis], -1)
        return F.linear(rows, weight.T if transpose else weight, bias)

    bias = values(3)
    record("product", settings.format(""), product, values(2, 4, 2), [values(3, 8), bias])
    record("product-axis", settings.format("axis: 2"), lambda *a: product(*a, axis=2),
           values(2, 4, 2), [values(3, 2), bias])  # fmt: skip
    record("product-first-axis", settings.format("axis: 0 bias_term: false"),
           lambda *a: product(*a, axis=0), values(2, 4), [values(3, 8)])  # fmt: skip
    record("product-transpose", settings.format("axis: -1 transpose: true"),
           lambda *a: product(*a, axis=2, transpose=True),
           values(2, 2, 5), [values(5, 3), bias])  # fmt: skip

    settings = 'type: "Embed" embed_param {{ num_output: 3 input_dim: 6 {} }}'
    indices = np.array([[5, 0, 2, 2], [2, 5, 1, 2]])
    record("embed", settings.format(""), lambda x, weight, bias: F.embedding(x.long(), weight) + bias,
           indices, [values(6, 3), bias], differentiable=False)  # fmt: skip
    record("embed-no-bias", settings.format("bias_term: false"),
           lambda x, weight: F.embedding(x.long(), weight),
           indices[0], [values(6, 3)], differentiable=False)  # fmt: skip


if __name__ == "__main__":
    record_functions()
    record_prelu()
    record_products()
    RECORDER.write()
