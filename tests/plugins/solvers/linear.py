"""A linear model on changing data, whose gradients are plain to write down: for the trajectories of the rules."""

from __future__ import annotations

import numpy as np

from mycaffe_py.device import Device
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text, load_solver_text

BATCH = 4
MODEL = """
    layer { name: "data" type: "Input" top: "x" top: "y"
            input_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 } } }
    layer { name: "fc" type: "InnerProduct" bottom: "x" top: "z" param { } param { %s }
            inner_product_param { num_output: 2 } }
    layer { name: "loss" type: "EuclideanLoss" bottom: "z" bottom: "y" top: "loss" }
"""


def weights():
    """Return the first weights (2, 3) and biases (2)."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((2, 3)), rng.standard_normal(2)


def batches(count):
    """Yield ``count`` batches x (4, 3) and y (4, 2)."""
    rng = np.random.default_rng(1)
    for _ in range(count):
        yield rng.standard_normal((BATCH, 3)), rng.standard_normal((BATCH, 2))


def fit(registry, settings, multiplied=False):
    """Return a solver of the model, which takes the next batch at each forward pass.

    ``multiplied``: the biases have lr_mult 2 and decay_mult 0.5.
    """
    text = MODEL % ("lr_mult: 2 decay_mult: 0.5" if multiplied else "")
    net = Net(
        load_net_text(registry.schema, text), registry=registry, device=Device(), dtype="float64"
    )
    for blob, values in zip(net.params["fc"], weights(), strict=True):
        blob.data[...] = values
    data = batches(1000)

    def fill(index):
        if index == 0:
            net.blobs["x"].data[...], net.blobs["y"].data[...] = next(data)

    net.before_forward(fill)
    param = load_solver_text(registry.schema, settings).message
    return registry.solvers.find(param.type)(param, net)
