"""The kernels have no races, and a barrier less is noticed: by another order of threads, or by the thread sanitizer."""

from __future__ import annotations

import warnings

import pytest
from mycaffe_plugins.liquid.cuda_cfc_kernels import SOURCE
from mycaffe_plugins.liquid.cuda_cfc_plan import CLUSTER, COOPERATIVE, ONE_BLOCK, CfcPlan
from mycaffe_plugins.liquid.cuda_ltc_kernels import SOURCE as LTC_SOURCE

from mycaffe_py.cuda import read_source

from ..plugins.liquid.golden import check_model
from .one_pass import one_team_of_three, run, run_ltc, sanitized, sanitized_golden

pytestmark = [pytest.mark.shim, pytest.mark.slow]
TEXT = read_source(SOURCE)
BARRIER, MEET = "__syncthreads();", "team.meet(s.exchange);"
IN_CLUSTER, IN_GRID = CfcPlan(CLUSTER, 3, 64, True), CfcPlan(COOPERATIVE, 3, 64, True)


def without(kernel, what, number, put="", text=TEXT):
    """Return the text with the given occurrence of something in a kernel replaced."""
    at = text.index(f"{kernel}(const")
    for _ in range(number):
        at = text.index(what, at) + len(what)
    at = text.index(what, at)
    return text[:at] + put + text[at + len(what) :]


def one_inbox():
    text = TEXT.replace("turn = round & 1;", "turn = 0;").replace(
        "turn = (round - 1) & 1;", "turn = 0;"
    )
    assert text.count("turn = 0;") == 2
    return text


SABOTAGE = {
    "forward: no barrier after the memory is cleared": without("cfc_forward", BARRIER, 0),
    "forward: no barrier after the first layer": without("cfc_forward", BARRIER, 3),
    "forward: no barrier after a further layer": without("cfc_forward", BARRIER, 4),
    "forward: no barrier at the end of a step": without("cfc_forward", BARRIER, 6),
    "forward: a step does not wait for the team": without(
        "cfc_forward", MEET, 0, "++team.round, __syncthreads();"
    ),
    "backward: no barrier after the heads": without("cfc_backward", BARRIER, 1),
    "backward: no barrier after the last layer": without("cfc_backward", BARRIER, 3),
    "backward: no barrier after a further layer": without("cfc_backward", BARRIER, 4),
    "backward: a step does not wait for the team": without(
        "cfc_backward", MEET, 0, "++team.round, __syncthreads();"
    ),
    "one inbox instead of two": one_inbox(),
    "rounds begin anew with each sequence": without(
        "cfc_forward", "for (int t = 0; t < a.steps; ++t) {", 0,
        "team.round = 0; for (int t = 0; t < a.steps; ++t) {",
    ),
    "products: no barrier before the sums": without("cfc_weight_gradients", BARRIER, 0),
    "products: no barrier after the sums": without("cfc_weight_gradients", BARRIER, 1),
}  # fmt: skip
# A cluster has one sequence.
HARMLESS_IN_A_CLUSTER = {"rounds begin anew with each sequence"}
# Where the blocks of a grid exchange words, a round of a step is awaited by whoever reads it, not by a barrier; and
# there is nothing to initialize between the first two barriers.
HARMLESS_IN_A_GRID = {
    "forward: no barrier after the memory is cleared",
    "forward: a step does not wait for the team",
    "backward: a step does not wait for the team",
}


def orders_that_notice(registry, new_gpu, plan, text, steps=12):
    found = []
    for order in (0, 1, 3, -1, -2):
        try:
            run(registry, new_gpu(order=order, chip=one_team_of_three()), plan, text, steps=steps)
        except Exception:  # a difference, a deadlock, a refusal
            found.append(order)
    return found


@pytest.mark.parametrize(
    ("plan", "layers"),
    [
        (IN_CLUSTER, 2),
        (IN_GRID, 2),
        (CfcPlan(ONE_BLOCK, 1, 64, False, 2), 2),
        (CfcPlan(CLUSTER, 2, 64, True, 2), 3),
        (CfcPlan(ONE_BLOCK, 1, 64, True), 0),
    ],
    ids=str,
)
def test_no_races(plan, layers):
    assert sanitized(plan, layers=layers) is None


@pytest.mark.parametrize("name", [name for name in SABOTAGE if name not in HARMLESS_IN_A_CLUSTER])
def test_sabotage_in_a_cluster_is_noticed(registry, new_gpu, name):
    text = SABOTAGE[name]
    assert orders_that_notice(registry, new_gpu, IN_CLUSTER, text) or sanitized(IN_CLUSTER, text)


@pytest.mark.parametrize("name", [name for name in SABOTAGE if name not in HARMLESS_IN_A_GRID])
def test_sabotage_in_a_grid_is_noticed(registry, new_gpu, name):
    text = SABOTAGE[name]
    # A round's number is mistaken for that of an earlier sequence only where no later round lies between them.
    steps = 1 if "anew" in name else 12
    noticed = orders_that_notice(registry, new_gpu, IN_GRID, text, steps)
    assert noticed or sanitized(IN_GRID, text)


def test_no_races_with_a_mixed_memory():
    assert sanitized_golden("cfc_small_gate_silu_m3x_mixed") is None


@pytest.mark.parametrize("order", [0, 1, 5, -1, -2])
def test_every_order_with_a_mixed_memory(registry, new_gpu, order):
    layer = check_model(registry, "cfc_small_gate_silu_m3x_mixed", "float64", new_gpu(order=order))
    assert layer.cell._running.proven


@pytest.mark.parametrize(
    ("kernel", "number"), [("cfc_forward", 2), ("cfc_backward", 5), ("cfc_backward", 6)]
)
def test_sabotage_of_a_mixed_memory_is_noticed(registry, new_gpu, monkeypatch, kernel, number):
    """The barriers that only a cell with a memory has."""
    text = without(kernel, BARRIER, number)
    monkeypatch.setattr("mycaffe_plugins.liquid.cuda_cfc_kernels.read_source", lambda path: text)
    noticed = []
    for order in (0, 1, 3, -1, -2):
        try:
            gpu = new_gpu(order=order)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                check_model(registry, "cfc_small_gate_silu_m3x_mixed", "float64", gpu)
        except Exception:
            noticed.append(order)
    assert noticed


def test_no_races_in_ltc_cells():
    assert sanitized(None) is None


@pytest.mark.parametrize(
    ("kernel", "number"),
    [("ltc_forward", 1), ("ltc_forward", 2), ("ltc_backward", 2), ("ltc_backward", 3)],
)
def test_sabotage_of_ltc_cells_is_noticed(registry, new_gpu, kernel, number):
    text = without(kernel, BARRIER, number, text=read_source(LTC_SOURCE))
    noticed = []
    for order in (0, 1, 3, -1, -2):
        try:
            run_ltc(registry, new_gpu(order=order), text)
        except Exception:
            noticed.append(order)
    assert noticed or sanitized(None, text)
