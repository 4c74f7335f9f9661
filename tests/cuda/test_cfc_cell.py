"""The CfC kernels against the plain cell: sizes and settings that the golden data lack."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.liquid import cuda_cfc_cell
from mycaffe_plugins.liquid.cuda_cfc_cell import CudaCfcCell
from mycaffe_plugins.liquid.cuda_cfc_plan import CLUSTER, COOPERATIVE, ONE_BLOCK, CfcPlan

from .cells import Pair
from .stand_in_kernels import SMALL_AMPERE, SMALL_HOPPER

pytestmark = pytest.mark.shim


def settings(hidden, units, activation="SILU", more=""):
    return f"hidden_size: {hidden} backbone_units: {units} backbone_activation: {activation} {more}"


DROPOUT = "backbone_dropout_ratio: 0.3"
CASES = {
    "no backbone": (
        settings(5, 1), {"layers": 0}, (6, 3), CfcPlan(ONE_BLOCK, 1, 64, True)),
    "no backbone, tile, from the cache": (
        settings(33, 1, more="minimal: true"), {"layers": 0, "columns": 2}, (5, 3),
        CfcPlan(ONE_BLOCK, 1, 64, False, 2)),
    "one layer, dropout, three blocks": (
        settings(13, 7, more=DROPOUT), {"layers": 1}, (6, 3), CfcPlan(CLUSTER, 3, 64, True)),
    "three layers, teams take turns": (
        settings(13, 7, "TANH", f"no_gate: true {DROPOUT}"), {"layers": 3}, (6, 5),
        CfcPlan(COOPERATIVE, 2, 32, True, 2)),
    "more units than threads": (
        settings(12, 40, "LECUN", DROPOUT), {"layers": 3, "columns": 1}, (6, 2),
        CfcPlan(CLUSTER, 4, 96, True)),
    "tile of four, minimal": (
        settings(40, 9, "TANH", f"minimal: true {DROPOUT}"), {"layers": 2, "columns": 4}, (6, 3),
        CfcPlan(CLUSTER, 2, 64, True, 4)),
    "tile of eight": (
        settings(8, 8, "RELU"), {"layers": 2}, (4, 11), CfcPlan(COOPERATIVE, 2, 32, True, 8)),
    "gelu, one step": (
        settings(9, 6, "GELU"), {"layers": 2}, (1, 1), CfcPlan(CLUSTER, 2, 32, True)),
    "sixteen blocks": (
        settings(40, 8, "RELU"), {"layers": 2}, (3, 1), CfcPlan(COOPERATIVE, 16, 32, True)),
    "sixteen blocks of a cluster": (
        settings(40, 8, "RELU"), {"layers": 2}, (3, 2), CfcPlan(CLUSTER, 16, 32, True)),
}  # fmt: skip
QUICK = (
    "no backbone, tile, from the cache",
    "one layer, dropout, three blocks",
    "three layers, teams take turns",
)
LARGE = {
    "512 x 256 x 3": (
        settings(512, 256, "TANH", DROPOUT), {"layers": 3}, (3, 2),
        CfcPlan(CLUSTER, 8, 256, False)),
    "512 x 64 x 2": (
        settings(512, 64, "RELU"), {"layers": 2}, (4, 1), CfcPlan(CLUSTER, 8, 512, True)),
    "512 x 128 x 2": (
        settings(512, 128, "RELU"), {"layers": 2}, (3, 1), CfcPlan(COOPERATIVE, 16, 256, True)),
    "300 x 50 x 1": (
        settings(300, 50, "SILU", f"no_gate: true {DROPOUT}"), {"layers": 1}, (4, 3),
        CfcPlan(ONE_BLOCK, 1, 256, False)),
}  # fmt: skip


@pytest.fixture
def with_plan(monkeypatch):
    def choose(*chosen):
        monkeypatch.setattr(cuda_cfc_cell, "plans", lambda chip, shape, batch: list(chosen))

    return choose


def compare(registry, gpu, rng, case, dtype, **how):
    text, arguments, size, _ = case
    pair = Pair(registry, gpu, text, dtype=dtype, **arguments)
    for _ in range(2):  # the second pass goes on with the counts of rounds
        pair.assert_close(pair.run(rng, *size, **how))
    assert isinstance(pair.own, CudaCfcCell) and pair.own._running.proven
    return pair


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in CASES],
)
def test_every_kind_of_size(registry, new_gpu, rng, with_plan, name):
    with_plan(CASES[name][3])
    compare(registry, new_gpu(order=3, registers=32), rng, CASES[name], np.float64)


@pytest.mark.slow
@pytest.mark.parametrize("order", [0, 1, 7, -1, -2])
@pytest.mark.parametrize("name", CASES)
def test_every_order_of_threads(registry, new_gpu, rng, with_plan, name, order):
    with_plan(CASES[name][3])
    compare(registry, new_gpu(order=order, registers=32), rng, CASES[name], np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large_nets(registry, new_gpu, rng, with_plan, name):
    with_plan(LARGE[name][3])
    compare(registry, new_gpu(order=-1, registers=32), rng, LARGE[name], np.float64)


@pytest.mark.parametrize("chip", [SMALL_HOPPER, SMALL_AMPERE])
def test_the_chip_decides(registry, new_gpu, rng, chip):
    case = (settings(24, 64, "RELU"), {"layers": 2}, (3, 1), None)
    pair = compare(registry, new_gpu(chip=chip), rng, case, np.float64)
    assert pair.own._running.plan == CfcPlan(
        CLUSTER if chip is SMALL_HOPPER else COOPERATIVE, 2, 256, True
    )


def test_weights_with_gaps(registry, new_gpu, rng):
    sparsity = rng.integers(0, 2, (6, 3 + 6))
    pair = Pair(registry, new_gpu(), settings(6, 1), layers=0, sparsity=sparsity, dtype=np.float64)
    results = pair.run(rng, 5, 2)
    pair.assert_close(results)
    gradient = results[1][pair.hosts[1].blob_names[0]]
    assert (gradient[sparsity == 0] == 0).all() and (gradient[sparsity == 1] != 0).all()


def test_many_terms_are_divided_among_blocks(registry, new_gpu, rng):
    gpu = new_gpu()
    pair = Pair(registry, gpu, settings(5, 4), dtype=np.float64)
    pair.assert_close(pair.run(rng, 30, 13))
    assert gpu.xp.kernels.launches[-2:] == ["cfc_weight_gradients", "cfc_add_partials"]


def test_a_batch_may_change(registry, new_gpu, rng):
    pair = Pair(registry, new_gpu(), settings(5, 4), dtype=np.float64)
    for steps, batch in ((4, 2), (7, 3), (2, 2), (3, 1)):
        pair.assert_close(pair.run(rng, steps, batch))


def test_weights_that_are_not_to_learn(registry, new_gpu, rng):
    pair = Pair(registry, new_gpu(), settings(5, 4), dtype=np.float64)
    results = pair.run(rng, 4, 2, learns=False)
    pair.assert_close(results)
    assert all((results[1][name] == 0).all() for name in pair.hosts[0].blob_names)


def test_gradients_are_added(registry, new_gpu, rng):
    pair = Pair(registry, new_gpu(), settings(5, 4, more="minimal: true"), dtype=np.float64)
    for host in pair.hosts:
        for blob in host.blobs:
            diff = blob.diff
            diff += 3
    pair.assert_close(pair.run(rng, 4, 2))


@pytest.mark.parametrize("span", [0.0, 1e-30, 1e30])
def test_spans_of_any_length(registry, new_gpu, rng, span):
    pair = Pair(registry, new_gpu(), settings(5, 4, more="minimal: true"), dtype=np.float32)
    pair.assert_close(pair.run(rng, 3, 2, spans=np.full((3, 2), span)))


def test_time_constants(registry, new_gpu, rng):
    for more in ("", "minimal: true"):
        pair = Pair(registry, new_gpu(), settings(5, 4, more=more), dtype=np.float64)
        pair.run(rng, 4, 1)
        plain, own = (cell.time_scales() for cell in (pair.plain, pair.own))
        np.testing.assert_allclose(own.constants, plain.constants, rtol=1e-11)
        np.testing.assert_allclose(own.shares, plain.shares, rtol=1e-11)
        assert own.meaning == plain.meaning


def test_the_same_bits_every_time(registry, new_gpu, with_plan):
    """In every order of threads, and twice in one process."""
    with_plan(CfcPlan(CLUSTER, 3, 64, True, 2))
    found = []
    for order in (0, 0, 1, 5, -1):
        pair = Pair(registry, new_gpu(order=order), settings(9, 8), dtype=np.float32)
        found.append(pair.run(np.random.default_rng(1), 5, 3)[1])
    for other in found[1:]:
        for name, array in found[0].items():
            np.testing.assert_array_equal(array, other[name], err_msg=name)
