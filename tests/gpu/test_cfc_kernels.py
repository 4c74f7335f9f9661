"""The CfC kernels on a GPU: golden data, every plan, the same bits every time. On the CPU, tests/cuda has the same."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.liquid import cuda_cfc_cell
from mycaffe_plugins.liquid.cuda_cfc_cell import CudaCfcCell
from mycaffe_plugins.liquid.cuda_cfc_plan import CLUSTER, COOPERATIVE, ONE_BLOCK, CfcPlan

from mycaffe_py.cuda import chip_of
from mycaffe_py.device import open_device

from ..cuda.cells import Pair
from ..cuda.test_cfc_cell import CASES, LARGE
from ..plugins.liquid.golden import CELLS, MODELS, check_cell, check_model
from ..plugins.liquid.wired_golden import WIRINGS, check_wired

pytestmark = pytest.mark.gpu

TUTORIAL_PLANS = {
    "cluster, 8 x 256": CfcPlan(CLUSTER, 8, 256, True),
    "cluster, 4 x 512": CfcPlan(CLUSTER, 4, 512, True),
    "cooperative, 8 x 256": CfcPlan(COOPERATIVE, 8, 256, True),
    "one block": CfcPlan(ONE_BLOCK, 1, 512, False),
}


@pytest.fixture
def gpu():
    return open_device("gpu:0", seed=7)


@pytest.fixture
def with_plan(gpu, monkeypatch):
    def choose(plan):
        if plan.sync == CLUSTER and not chip_of(gpu).has_clusters:
            pytest.xfail("this GPU has no clusters")
        monkeypatch.setattr(cuda_cfc_cell, "plans", lambda chip, shape, batch: [plan])

    return choose


def assert_by_kernels(cell):
    assert isinstance(cell, CudaCfcCell) and cell._running.proven


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*MODELS, *CELLS])
def test_golden_data(registry, gpu, name, dtype):
    run = check_cell if name in CELLS else check_model
    layer = run(registry, name, dtype, gpu)
    if "allzero" not in name:
        assert_by_kernels(layer.cell)


@pytest.mark.parametrize("plan", TUTORIAL_PLANS)
def test_golden_data_with_every_plan(registry, gpu, with_plan, plan):
    with_plan(TUTORIAL_PLANS[plan])
    layer = check_model(registry, "cfc_tut_gate_relu_m3x", "float32", gpu)
    assert_by_kernels(layer.cell)
    assert layer.cell._running.plan == TUTORIAL_PLANS[plan]


@pytest.mark.parametrize("name", WIRINGS)
def test_wirings(registry, gpu, name):
    layer = check_wired(registry, name, "float64", gpu)
    for cell in getattr(layer.cell, "cells", [layer.cell]):
        assert_by_kernels(cell)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*CASES, *LARGE])
def test_every_kind_of_size(registry, gpu, rng, with_plan, name, dtype):
    text, arguments, size, plan = {**CASES, **LARGE}[name]
    with_plan(plan)
    pair = Pair(registry, gpu, text, dtype=dtype, **arguments)
    for _ in range(3):
        pair.assert_close(pair.run(rng, *size))
    assert_by_kernels(pair.own)


@pytest.mark.parametrize("batch", [1, 2, 31, 32, 33, 200])
def test_batches_by_the_plan_of_this_gpu(registry, gpu, rng, batch):
    settings = "hidden_size: 256 backbone_units: 64 backbone_activation: TANH"
    pair = Pair(registry, gpu, settings, dtype=np.float32)
    for _ in range(2):
        pair.assert_close(pair.run(rng, 7, batch), tolerance=1e-3)
    assert_by_kernels(pair.own)


@pytest.mark.parametrize("plan", TUTORIAL_PLANS)
def test_the_same_bits_every_time(registry, gpu, with_plan, plan):
    with_plan(TUTORIAL_PLANS[plan])
    found = []
    for _ in range(3):
        pair = Pair(registry, gpu, "hidden_size: 256 backbone_units: 64", dtype=np.float32)
        found.append(pair.run(np.random.default_rng(1), 82, 3)[1])
    for other in found[1:]:
        for name, array in found[0].items():
            np.testing.assert_array_equal(array, other[name], err_msg=name)
