"""Where kernels cannot be used, or give other numbers, the plain path runs and one message says why."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.liquid import cuda_cfc_cell
from mycaffe_plugins.liquid.cfc_cell import CfcCell
from mycaffe_plugins.liquid.cuda_cfc_cell import CudaCfcCell
from mycaffe_plugins.liquid.cuda_cfc_kernels import CfcKernels
from mycaffe_plugins.liquid.cuda_cfc_plan import CLUSTER, COOPERATIVE, CfcPlan
from mycaffe_plugins.liquid.cuda_proof import difference

from mycaffe_py.errors import MyCaffeWarning

from .cells import Pair

pytestmark = pytest.mark.shim
SMALL = "hidden_size: 5 backbone_units: 4"
PLANS = [CfcPlan(CLUSTER, 2, 32, True), CfcPlan(COOPERATIVE, 2, 32, True)]


@pytest.fixture
def two_plans(monkeypatch):
    monkeypatch.setattr(cuda_cfc_cell, "plans", lambda chip, shape, batch: PLANS)


def pair_on(registry, gpu, more=""):
    return Pair(registry, gpu, f"{SMALL} {more}", dtype=np.float64)


def run_with_one_warning(pair, rng, message):
    with pytest.warns(MyCaffeWarning, match=message) as warned:
        pair.assert_close(pair.run(rng, 4, 2))
    assert len(warned) == 1
    pair.assert_close(pair.run(rng, 4, 2))  # no second one
    assert pair.own._running is None


def test_kernels_that_cannot_be_compiled(registry, new_gpu, rng):
    pair = pair_on(registry, new_gpu(local_bytes=16))
    message = (
        r'layer "it" \(HOST\): its CUDA kernels are not used, the slower CuPy path is: '
        "cfc_layout keeps 16 bytes a thread in local memory"
    )
    run_with_one_warning(pair, rng, message)


def test_a_launch_that_fails_has_the_next_plan_tried(registry, new_gpu, rng, two_plans):
    gpu = new_gpu()
    gpu.xp.kernels.refuses = lambda name, cluster: cluster > 1
    pair = pair_on(registry, gpu)
    pair.assert_close(pair.run(rng, 4, 2))
    assert pair.own._running.plan == PLANS[1] and pair.own._running.proven


def test_when_no_launch_works(registry, new_gpu, rng, two_plans):
    gpu = new_gpu()
    gpu.xp.kernels.refuses = lambda name, cluster: name == "cfc_backward"
    run_with_one_warning(
        pair_on(registry, gpu), rng, "they cannot be launched: CUDA_ERROR_INVALID_VALUE"
    )


def test_blocks_that_do_not_run_at_the_same_time(registry, new_gpu, rng, monkeypatch):
    plan = CfcPlan(COOPERATIVE, 5, 256, True)
    monkeypatch.setattr(cuda_cfc_cell, "plans", lambda chip, shape, batch: [plan])
    run_with_one_warning(
        pair_on(registry, new_gpu(registers=255)), rng, "5 blocks do not run at the same time"
    )


@pytest.mark.parametrize(("what", "kernel"), [("states", "forward"), ("gradients", "backward")])
def test_kernels_that_give_other_numbers(registry, new_gpu, rng, monkeypatch, what, kernel):
    plain = getattr(CfcKernels, kernel)

    def wrong(self, arguments):
        plain(self, arguments)
        given = self._device.xp.kernels
        name = "states" if kernel == "forward" else "state_gradient"
        given.add_at(getattr(arguments, name), 5 * 2 if kernel == "forward" else 0, 0.25)

    monkeypatch.setattr(CfcKernels, kernel, wrong)
    run_with_one_warning(
        pair_on(registry, new_gpu()), rng, f"their {what} differ from the plain path's by 0.25 of"
    )


def test_the_comparison():
    states, gradient = np.array([0.5, -2.0]), np.array([1e-3, 0.0])
    assert difference([states, gradient], [states, gradient]) == ""
    assert difference([states, gradient], [states + 1e-8, gradient]) != ""
    assert difference([states, gradient], [states, gradient * (1 + 1e-5)]) != ""
    assert difference([states, gradient], [states + 1e-10, gradient * (1 + 1e-7)]) == ""
    many = np.ones(10000)
    flipped = many.copy()
    flipped[7] = 0  # one unit of ReLU
    assert difference([states, many], [states, flipped]) != ""
    many, flipped = many.astype(np.float32), flipped.astype(np.float32)
    assert difference([many, many], [many, flipped]) == ""
    assert difference([many, many], [flipped, many]).startswith("their states differ")
    assert difference([many, many * 1e-43], [many, many * 0]) == ""  # flushed to 0
    single = [array.astype(np.float32) for array in (states, gradient)]
    assert difference(single, [single[0] + np.float32(1e-4), single[1] * np.float32(1.01)]) == ""
    assert difference([states * np.nan, gradient], [states, gradient]) is None
    assert "by nan of 2" in difference([states, gradient], [states * np.nan, gradient])


def test_inputs_that_are_not_finite_prove_nothing(registry, new_gpu, rng):
    pair = pair_on(registry, new_gpu())
    with np.errstate(all="ignore"):
        found = pair.run(rng, 4, 2, spans=np.full((4, 2), np.nan))
    assert np.isnan(found[1]["states"]).any() and pair.own._running is None
    for blob in (*pair.hosts[0].blobs, *pair.hosts[1].blobs):
        blob.diff.fill(0)  # gradients are added
    pair.assert_close(pair.run(rng, 4, 2))
    assert pair.own._running.proven


def test_what_has_no_kernels_is_the_plain_cell(registry, new_gpu, rng, monkeypatch):
    many = Pair(registry, new_gpu(), SMALL, layers=4, dtype=np.float64)
    assert type(many.own) is CfcCell and type(pair_on(registry, new_gpu()).own) is CudaCfcCell
    monkeypatch.setenv("MYCAFFE_FAST", "0")
    assert type(pair_on(registry, new_gpu()).own) is CfcCell


def test_a_sequence_too_long_for_the_indices(registry, new_gpu, rng, monkeypatch):
    pair = pair_on(registry, new_gpu())
    monkeypatch.setattr("mycaffe_plugins.liquid.cuda_cfc_plan._INDEX_LIMIT", 100)
    pair.assert_close(pair.run(rng, 4, 2))
    assert pair.own._running is None and pair.hosts[1].device.xp.kernels.launches == []
