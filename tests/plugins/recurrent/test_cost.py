"""What LSTM and RNN say they need: products counted by hand."""

from __future__ import annotations

import pytest

from mycaffe_py.layer import FUNCTION
from mycaffe_py.layer.cost import bytes_of, flops_of
from mycaffe_py.plugins import default_registry

from ...building import set_up

STEPS, BATCH, INPUTS, SIZE = 5, 3, 4, 6


def built(type_name, static=0):
    shapes = [(STEPS, BATCH, INPUTS), (STEPS, BATCH)] + [(BATCH, static)] * bool(static)
    cls = default_registry().layers.find(type_name)
    text = f'name: "l" type: "{type_name}" recurrent_param {{ num_output: {SIZE} }}'
    return set_up(cls, text, shapes)


@pytest.mark.parametrize("static", [0, 7])
def test_an_lstm(static):
    layer, bottom, top = built("LSTM", static)
    flags = [True, False, True][: len(bottom)]
    samples = STEPS * BATCH
    inner, hidden = 4 * SIZE * INPUTS, 4 * SIZE * SIZE
    beside = 2 * BATCH * 4 * SIZE * static
    gates = samples * SIZE * (5 * FUNCTION + 8)
    cost = layer.cost(bottom, top, flags)
    assert flops_of(cost.forward) == 2 * samples * (inner + hidden) + beside + gates
    assert flops_of(cost.backward) == 4 * samples * (inner + hidden) + 2 * beside + gates
    (sweep,) = (work for work in cost.forward if work.steps > 1)
    assert sweep.steps == STEPS and sweep.bytes == STEPS * sweep.distinct
    assert sweep.distinct == 8 * (hidden + BATCH * 5 * SIZE)


def test_an_rnn_has_a_product_for_its_output():
    layer, bottom, top = built("RNN")
    samples = STEPS * BATCH
    cost = layer.cost(bottom, top, [False, False])
    products = 2 * samples * (SIZE * INPUTS + SIZE * SIZE + SIZE * SIZE)
    assert flops_of(cost.forward) == products + samples * SIZE * (FUNCTION + 2)
    assert bytes_of(cost.forward) > 8 * STEPS * SIZE * SIZE


def test_without_learning_there_is_only_the_way_back():
    layer, bottom, top = built("LSTM")
    layer.param_propagate_down[:] = [False] * len(layer.blobs)
    (sweep,) = layer.cost(bottom, top, [False, False]).backward
    assert sweep.steps == STEPS
