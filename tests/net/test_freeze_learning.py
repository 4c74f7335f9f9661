"""Layers whose weights are not learned, in MyCaffe's form."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import Net, get_solver

NET = """
layer { name: "x" type: "Input" top: "x" top: "t" input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 1 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" %s param { lr_mult: 5 }
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b"
  inner_product_param { num_output: 1 weight_filler { type: "xavier" } } }
layer { name: "l" type: "EuclideanLoss" bottom: "b" bottom: "t" top: "l" }
"""


@pytest.mark.parametrize(
    ("setting", "moves"),
    [("", True), ("freeze_learning: False", True), ("freeze_learning: True", False)],
)
def test_frozen_weights_stay(setting, moves):
    solver = get_solver({"base_lr": 0.1, "max_iter": 3}, model=NET % setting)
    net = solver.net
    net.blobs["x"].data[...] = 1
    before = {name: [blob.data.copy() for blob in blobs] for name, blobs in net.params.items()}
    solver.step(2)
    moved = {
        name: [
            bool((blob.data != old).any()) for blob, old in zip(blobs, before[name], strict=True)
        ]
        for name, blobs in net.params.items()
    }
    assert moved == {"a": [moves, moves], "b": [True, True]}


def test_the_model_is_not_changed():
    net = Net(NET % "freeze_learning: true")
    assert [spec.lr_mult for spec in net.document.message.layer[1].param] == [5]
    assert not any(net.device_layers[1].param_propagate_down)
    assert np.isfinite(net.forward()["l"])
