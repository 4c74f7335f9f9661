"""The CfC kernels on the golden data, through all of the product's own code: the authors' numbers."""

from __future__ import annotations

import pytest
from mycaffe_plugins.liquid import cuda_cfc_cell
from mycaffe_plugins.liquid.cuda_cfc_cell import CudaCfcCell
from mycaffe_plugins.liquid.cuda_cfc_plan import (
    CLUSTER,
    COOPERATIVE,
    ONE_BLOCK,
    CfcPlan,
)

from ..plugins.liquid.golden import CELLS, MODELS, check_cell, check_model
from ..plugins.liquid.wired_golden import WIRINGS, check_wired

pytestmark = pytest.mark.shim

PLANS = {
    "one block": CfcPlan(ONE_BLOCK, 1, 32, True),
    "cluster": CfcPlan(CLUSTER, 2, 64, True),
    "cluster of three, tile": CfcPlan(CLUSTER, 3, 32, True, tile=2),
    "cooperative": CfcPlan(COOPERATIVE, 2, 32, True),
    "not resident, tile": CfcPlan(ONE_BLOCK, 1, 64, False, tile=4),
}
BARE = [name for name in (*MODELS, *CELLS) if "bare" in name]
"""Cells without a backbone, which one block computes."""
SMALL = [name for name in MODELS if "tut" not in name and "mixed" not in name and name not in BARE]
TUTORIAL = [name for name in MODELS if "tut" in name]
DTYPES = {plan: "float64" if "co" in plan or "not" in plan else "float32" for plan in PLANS}
TUTORIAL_PLANS = {
    "cluster": (CfcPlan(CLUSTER, 8, 256, True), -1),
    "cluster of four": (CfcPlan(CLUSTER, 4, 512, True), 1),
    "cooperative": (CfcPlan(COOPERATIVE, 8, 256, True), -2),
    "not resident": (CfcPlan(ONE_BLOCK, 1, 512, False), 4),
}
"""With the order of the threads."""


@pytest.fixture
def with_plan(monkeypatch):
    """Have the cells take one plan, whatever the chip."""

    def choose(plan):
        monkeypatch.setattr(cuda_cfc_cell, "plans", lambda chip, shape, batch: [plan])

    return choose


def assert_by_kernels(layer):
    """The layer's last passes were the kernels', which had agreed with the plain path."""
    launches = layer.device.xp.kernels.launches
    assert isinstance(layer.cell, CudaCfcCell) and layer.cell._running.proven
    last = [name for name in launches if name.startswith("cfc_")][-4:]
    assert last == ["cfc_from_input", "cfc_forward", "cfc_backward", "cfc_weight_gradients"]


def check(registry, gpu, name, dtype):
    run = check_cell if name in CELLS else check_model
    layer = run(registry, name, dtype, gpu)
    if "allzero" not in name:  # nothing observed, nothing to run
        assert_by_kernels(layer)


@pytest.mark.parametrize(
    ("plan", "name"),
    [
        ("one block", "cfc_small_gate_relu_m3x"),
        ("cluster", "cfc_small_no_gate_silu_none"),
        ("cluster of three, tile", "cfc_small_minimal_tanh_m2x"),
        ("cooperative", "cfc_small_gate_gelu_m3x"),
        ("not resident, tile", "cfc_small_gate_lecun_none"),
        ("cluster", "cell_gate_relu_1layer"),
        ("one block", "cfc_ncps_bare_gate"),
        ("not resident, tile", "cell_ncps_bare_minimal"),
    ],
)
def test_small_cases(registry, new_gpu, with_plan, plan, name):
    with_plan(PLANS[plan])
    check(registry, new_gpu(order=3), name, DTYPES[plan])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "name"),
    [(plan, name) for plan in PLANS for name in dict.fromkeys([*SMALL, *CELLS]) if name not in BARE]
    + [(plan, name) for plan in PLANS if PLANS[plan].parts == 1 for name in BARE],
)
def test_every_small_case(registry, new_gpu, with_plan, plan, name):
    with_plan(PLANS[plan])
    check(registry, new_gpu(order=5), name, DTYPES[plan])


def test_the_tutorial(registry, new_gpu):
    check(registry, new_gpu(order=-1), "cfc_tut_gate_relu_m3x", "float32")


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", TUTORIAL)
@pytest.mark.parametrize("plan", TUTORIAL_PLANS)
def test_every_tutorial_case(registry, new_gpu, with_plan, plan, name, dtype):
    chosen, order = TUTORIAL_PLANS[plan]
    with_plan(chosen)
    check(registry, new_gpu(order=order, registers=32), name, dtype)


@pytest.mark.parametrize("plan", [None, CfcPlan(ONE_BLOCK, 1, 64, False, 2)])
def test_a_mixed_memory(registry, new_gpu, with_plan, plan):
    if plan is not None:
        with_plan(plan)
    check(registry, new_gpu(order=3), "cfc_small_gate_silu_m3x_mixed", "float64")


@pytest.mark.parametrize("name", WIRINGS)
def test_wirings_and_given_states(registry, new_gpu, name):
    layer = check_wired(registry, name, "float64", new_gpu(order=2))
    cells = getattr(layer.cell, "cells", [layer.cell])
    assert len(cells) == (3 if "autoncp" in name else 1)
    assert all(cell._running.proven for cell in cells)
