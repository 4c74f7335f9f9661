"""A small net and solver to train in these tests."""

from __future__ import annotations

import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device
from mycaffe_py.schema import load_net_text, load_solver_text

MODEL = """
name: "small"
layer {{ name: "data" type: "Input" top: "x" top: "tt" top: "mask" top: "target"
  input_param {{
    shape {{ dim: {batch} dim: {steps} dim: 1 }} shape {{ dim: {batch} dim: {steps} }}
    shape {{ dim: {batch} dim: {steps} dim: 1 }} shape {{ dim: {batch} dim: 1 }} }} }}
layer {{ name: "cfc" type: "CFC" bottom: "x" bottom: "tt" bottom: "mask" top: "xhat"
  cfc_param {{ hidden_size: 6 output_features: 1 }}
  cfc_unit_param {{ backbone_units: 5 backbone_dropout_ratio: {dropout} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }}
"""
SOLVER = """
type: "AdamW" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 momentum2: 0.95 max_iter: 20 {solver}
trainer {{ type: "{type}" {trainer} gym {{ type: "Curve" curve_param {{ {curve} }} }} }}
"""


@pytest.fixture
def texts():
    """Return (solver text, model text) with these settings."""

    def texts(
        batch=1, steps=4, dropout=0, solver="", trainer="", curve="", type="RNN.SUPER_SIMPLE"
    ):
        return (
            SOLVER.format(solver=solver, trainer=trainer, curve=curve, type=type),
            MODEL.format(batch=batch, steps=steps, dropout=dropout),
        )

    return texts


@pytest.fixture
def build(texts, registry):
    """Build a training with these settings."""

    def build(seed=1, net=None, **settings):
        solver, model = texts(**settings)
        return build_training(
            solver=load_solver_text(registry.schema, solver),
            model=load_net_text(registry.schema, net or model),
            registry=registry,
            device=Device(),
            seed=seed,
        )

    return build
