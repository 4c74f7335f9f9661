"""How the CfC kernels would be launched on chips that were made up, or described by their makers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from mycaffe_plugins.liquid.cfc_settings import ACTIVATIONS as CLASSES
from mycaffe_plugins.liquid.cuda_cfc_plan import (
    ACTIVATIONS,
    CLUSTER,
    COOPERATIVE,
    ONE_BLOCK,
    CfcPlan,
    CfcShape,
    plans,
    weight_words,
)

from mycaffe_py.cuda import Chip

H200 = Chip((9, 0), 132, 227 << 10, 228 << 10, 65536, 2048)
A100 = Chip((8, 0), 108, 163 << 10, 164 << 10, 65536, 2048)
T4 = Chip((7, 5), 40, 64 << 10, 64 << 10, 65536, 1024)
CHIPS = {"H200": H200, "A100": A100, "T4": T4}
TUTORIAL = CfcShape(256, 64, 2, "gate", "ReLU", 4)
SIZES = [
    (hidden, units, layers)
    for hidden in (1, 5, 32, 256, 300, 512)
    for units in (1, 7, 64, 256)
    for layers in (0, 1, 2, 3)
]


def test_the_tutorials_net():
    first = [plans(chip, TUTORIAL, 1)[0] for chip in CHIPS.values()]
    assert first == [
        CfcPlan(CLUSTER, 8, 256, True),
        CfcPlan(COOPERATIVE, 8, 256, True),
        CfcPlan(COOPERATIVE, 8, 256, True),
    ]
    # 64 x 32 of the first layer, 64 x 64, and 4 x 32 x 64 of the heads, by 256 threads
    assert weight_words(TUTORIAL, 8, 256) == (2048 + 4096 + 8192) / 256
    assert weight_words(replace(TUTORIAL, itemsize=8), 8, 256) == 2 * 56


def test_the_ways_are_tried_from_the_fastest_on():
    assert [(p.sync, p.parts, p.threads, p.resident) for p in plans(H200, TUTORIAL, 1)] == [
        (CLUSTER, 8, 256, True),
        (COOPERATIVE, 8, 256, True),
        (CLUSTER, 16, 256, True),
        (COOPERATIVE, 16, 256, True),
        (CLUSTER, 8, 512, True),
        (COOPERATIVE, 8, 512, True),
        (CLUSTER, 8, 512, False),
        (COOPERATIVE, 8, 512, False),
        (ONE_BLOCK, 1, 512, False),
    ]


@pytest.mark.parametrize("hidden", [5, 8, 32])
def test_a_small_net_takes_one_block(hidden):
    shape = CfcShape(hidden, hidden, 2, "gate", "SiLU", 4)
    for chip in CHIPS.values():
        assert plans(chip, shape, 1)[0] == CfcPlan(ONE_BLOCK, 1, 256, True)


def test_a_chip_without_cooperative_launches_takes_one_block():
    chip = replace(T4, cooperative=False)
    assert [(p.sync, p.parts) for p in plans(chip, TUTORIAL, 1)] == [(ONE_BLOCK, 1)]
    chip = replace(A100, processors=4)
    assert [(p.sync, p.parts) for p in plans(chip, TUTORIAL, 1)] == [(ONE_BLOCK, 1)]


def test_batches_are_spread_over_the_chip():
    """32 sequences run side by side, in teams of 8 blocks with two blocks a processor; then teams take several."""
    tiles = [plans(H200, TUTORIAL, batch)[0].tile for batch in (1, 8, 32, 128, 1024)]
    assert tiles[:3] == [1, 1, 1] and tiles == sorted(tiles) and tiles[-1] == 8
    both = [p.tile for p in plans(H200, TUTORIAL, 1024)][:2]
    assert both == [8, 1]  # one sequence at a time where more do not fit


@pytest.mark.parametrize("chip", CHIPS)
def test_every_size_has_ways_that_the_chip_allows(chip):
    chip, kinds = CHIPS[chip], (("gate", 4, 1), ("minimal", 8, 3), ("no_gate", 4, 500))
    for size, (mode, itemsize, batch) in itertools.product(SIZES, kinds):
        shape = CfcShape(*size, mode, "TanH", itemsize)
        found = plans(chip, shape, batch)
        assert found and found[-1].sync == ONE_BLOCK and not found[-1].resident
        assert len(set(found)) == len(found)
        for plan in found:
            assert plan.parts == 1 or (shape.layers and plan.sync != ONE_BLOCK)
            assert plan.sync != CLUSTER or (chip.has_clusters and plan.cluster == plan.parts <= 16)
            assert plan.sync != COOPERATIVE or (plan.parts <= chip.processors and plan.cluster == 1)
            assert plan.threads <= 512 and plan.threads % 32 == 0
            room = {256: 160, 512: 80}[plan.threads]
            assert not plan.resident or weight_words(shape, plan.parts, plan.threads) <= room


@pytest.mark.parametrize("chip", CHIPS)
def test_a_mixed_memory_takes_one_block(chip):
    for hidden in (8, 64, 256):
        shape = CfcShape(hidden, 32, 1, "gate", "ReLU", 4, memory=True)
        found = plans(CHIPS[chip], shape, 1)
        assert {plan.sync for plan in found} == {ONE_BLOCK} and not found[-1].resident
        assert found[0].resident == (hidden <= 64) and found[0].macros(shape, 1)["MEMORY"] == 1


def test_what_has_no_kernels():
    assert TUTORIAL.fits() and replace(TUTORIAL, layers=0, units=5000).fits()
    for change in ({"layers": 4}, {"hidden": 2000}, {"units": 600}, {"activation": "Mish"}):
        assert not replace(TUTORIAL, **change).fits()
    assert TUTORIAL.indices_fit(82, 1000, 3) and not TUTORIAL.indices_fit(82, 30000, 3)
    assert not TUTORIAL.indices_fit(1000, 1000, 3000)


def test_the_macros():
    macros = CfcPlan(CLUSTER, 8, 256, True, 2).macros(replace(TUTORIAL, dropout=True), 5)
    assert macros == {
        "HIDDEN": 256, "UNITS": 64, "LAYERS": 2, "MODE": 0, "ACTIVATION": 1, "DROPOUT": 1, "MEMORY": 0, "REAL": "float",
        "PARTS": 8, "THREADS": 256, "SYNC": 1, "CLUSTER_BLOCKS": 8, "BATCH_TILE": 2, "RESIDENT": 1, "BATCH": 0,
        "LONGEST_SPAN": 1e12,
    }  # fmt: skip
    shape = CfcShape(7, 0, 0, "minimal", "LeCun", 8)
    macros = CfcPlan(COOPERATIVE, 8, 256, False).macros(shape, 1)
    assert (macros["UNITS"], macros["REAL"], macros["BATCH"]) == (1, "double", 1)
    assert (macros["MODE"], macros["ACTIVATION"], macros["CLUSTER_BLOCKS"]) == (2, 4, 1)


def test_every_activation_has_a_number():
    assert {cls.__name__ for cls in CLASSES.values()} == set(ACTIVATIONS)
