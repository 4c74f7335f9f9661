"""Operations and bytes of passes, by hand, and the floors made of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.device import Ceilings, Level
from mycaffe_py.layer import Cost, Layer, Work, elementwise, linear, product, recurrent
from mycaffe_py.layer.cost import bytes_of, fault_of, floor_of, flops_of

from ..building import set_up

CEILINGS = Ceilings(
    "cpu", "float32", 1, 1e9, (Level("L2", 1000, 1e9), Level("memory", math.inf, 1e8))
)


class Doubled(Layer):
    type = "Doubled"

    def setup(self, bottom, top):
        self.add_blob((4,), 1.0, "scale")


def test_a_product():
    assert product(2, 3, 5, 4) == Work(2 * 2 * 3 * 5, 4 * (6 + 15 + 10))


def test_a_linear_layer():
    cost = linear(2, 3, 5, 4, bias=True, learns=True, to_input=True)
    assert cost.forward == (Work(60 + 10, 4 * (6 + 15 + 10 + 5)),)
    assert cost.backward == (Work(70, 4 * (36 + 15)), Work(60, 4 * 31))
    assert linear(2, 3, 5, 4, bias=False, learns=False, to_input=False) == Cost(
        (product(2, 3, 5, 4),)
    )


def test_the_weights_of_a_recurrent_layer_are_read_at_every_step():
    work = recurrent(weights=100, per_sample=6, operations=7, steps=10, batch=3, itemsize=4)
    assert work.flops == 10 * 3 * (200 + 7)
    assert work.distinct == 4 * (100 + 18) and work.bytes == 10 * work.distinct
    assert work.steps == 10


def test_by_size_every_blob_counts_once():
    layer, bottom, top = set_up(Doubled, 'name: "d" type: "Doubled"', [(3, 4)], dtype=np.float32)
    cost = layer.cost(bottom, top, [True])
    assert cost == Cost((Work(12, 4 * (12 + 12 + 4)),), (Work(12, 4 * (12 + 12 + 4)),))
    assert layer.cost(bottom, top, [False]).backward == (Work(12, 4 * (12 + 4)),)
    layer.param_propagate_down[0] = False
    assert layer.cost(bottom, top, [False]).backward == ()
    assert elementwise(layer, bottom, top, [True], 5).forward[0].flops == 60


def test_costs_add_up():
    cost = Cost((Work(1, 2),), (Work(3, 4),)) + Cost((Work(10, 20),), ())
    assert flops_of(cost.forward + cost.backward) == 14 and bytes_of(cost.forward) == 22


@pytest.mark.parametrize(
    ("works", "seconds"),
    [
        ([Work(2e9, 100)], 2.0),
        ([Work(0, 1e9, footprint=1000)], 1.0),
        ([Work(0, 1e9, footprint=1001)], 10.0),
        ([Work(0, 1e9)], 10.0),
        ([Work(2e9, 0), Work(0, 1e9)], 12.0),
        ([], 0.0),
    ],
)  # fmt: skip
def test_a_floor_is_limited_by_arithmetic_or_by_the_level_that_holds_the_bytes(works, seconds):
    assert floor_of(works, CEILINGS) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (None, "must return a Cost, not None"),
        ((1, 2), "must return a Cost"),
        (Cost((Work(-1, 0),)), "forward has Work"),
        (Cost((), (Work(1, math.nan),)), "backward has Work"),
        (Cost((Work(1, math.inf),)), "count from 0 up"),
    ],
)
def test_what_is_no_cost(cost, words):
    assert words in fault_of(cost)


def test_what_is_a_cost():
    assert fault_of(Cost()) is None and fault_of(Cost((Work(1, 2, 3, 4),))) is None
