"""What the liquid layers say they need: the products of a sequence, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.builder import load_model
from mycaffe_py.device import Device
from mycaffe_py.layer import FUNCTION
from mycaffe_py.layer.cost import bytes_of, flops_of
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry

from ...building import set_up

BATCH, STEPS, FEATURES = 3, 5, 2
UNIT = "cfc_unit_param { backbone_units: 4 backbone_layers: 1 }"


def cfc(settings, shapes=None, type_name="CFC"):
    cls = default_registry().layers.find(type_name)
    shapes = shapes or [(BATCH, STEPS, FEATURES), (BATCH, STEPS)]
    return set_up(cls, f'name: "l" type: "{type_name}" {settings}', shapes, dtype=np.float32)


def test_the_net_of_the_tutorial():
    """42.4 million operations in products and 57 MB of weights through the cache for a step, as measured by hand."""
    net = Net(load_model("LiquidNetCfc.prototxt"), device=Device())
    layer, weights = net.layer_dict["cfc1"], 64 * 259 + 64 * 64 + 4 * 256 * 64
    cost = layer.cost(net.bottoms[1], net.tops[1], net.bottom_need_backward[1])
    rows = 64 + 64 + 4 * 256
    beside = 82 * (rows + 256 * (3 * FUNCTION + 12))
    fc = 2 * 256 + 1
    assert flops_of(cost.forward) == 2 * 82 * weights + beside + fc
    assert flops_of(cost.backward) == 2 * 82 * (2 * weights - 64 * 3) + beside + fc + 2 * 256
    swept = 4 * 2 * 82 * (weights - 64 * 3)
    assert bytes_of(cost.forward + cost.backward) == pytest.approx(swept, rel=0.05)
    assert [work.steps for work in cost.forward if work.steps > 1] == [82]


@pytest.mark.parametrize(
    ("unit", "weights", "operations"),
    [
        ("backbone_units: 4 backbone_layers: 1", 4 * 9 + 4 * 7 * 4, 4 + 28 + 7 * (3 * FUNCTION + 12)),
        ("backbone_units: 4 backbone_layers: 2 minimal: true", 4 * 9 + 16 + 28, 8 + 7 + 7 * (FUNCTION + 6)),
    ],
)  # fmt: skip
def test_cells_by_their_matrices(unit, weights, operations):
    settings = f"cfc_param {{ hidden_size: 7 output_features: 1 }} cfc_unit_param {{ {unit} }}"
    layer, bottom, top = cfc(settings)
    samples = STEPS * BATCH
    cost = layer.cost(bottom, top, [False, False])
    fc = 2 * BATCH * 7 + BATCH
    assert flops_of(cost.forward) == samples * (2 * weights + operations) + fc


def test_outputs_of_all_steps_are_read_out():
    settings = f"cfc_param {{ hidden_size: 7 output_features: 2 %s }} {UNIT}"
    last, every = (cfc(settings % word) for word in ("", "return_sequences: true"))
    found = [flops_of(layer.cost(b, t, [False, False]).forward) for layer, b, t in (last, every)]
    assert found[1] - found[0] == (STEPS - 1) * BATCH * (2 * 14 + 2)


def test_the_memory_in_front_of_a_cell():
    settings = f"cfc_param {{ hidden_size: 7 output_features: 1 %s }} {UNIT}"
    plain, mixed = (cfc(settings % word) for word in ("", "use_mixed: true"))
    found = [flops_of(layer.cost(b, t, [False, False]).forward) for layer, b, t in (plain, mixed)]
    each = 2 * 28 * (FEATURES + 7) + 2 * 28 + 7 * (5 * FUNCTION + 8)
    assert found[1] - found[0] == STEPS * BATCH * each


def test_only_the_synapses_of_a_wiring_count():
    """3 x 4 of 7 x 7 weights between inputs and neurons, and each neuron to each: by the wiring's masks."""
    wiring = (
        "type: NCP inter_neurons: 4 command_neurons: 3 motor_neurons: 2 sensory_fanout: 1 "
        "inter_fanout: 1 recurrent_command_synapses: 2 motor_fanin: 1"
    )
    settings = f"cfc_param {{ output_features: 1 }} wiring_param {{ {wiring} }}"
    layer, bottom, top = cfc(settings)
    sizes, inputs, weights = (4, 3, 2), (FEATURES, 4, 3), 0
    for index, (own, below) in enumerate(zip(sizes, inputs, strict=True)):
        mask = layer.cell.wiring.layer_mask(index)
        assert mask.shape == (own, below + own) and mask.sum() < mask.size
        weights += 2 * own * (below + own) + 2 * int(mask.sum())
    beside = 4 * 9 + 9 * (3 * FUNCTION + 12)
    cost = layer.cost(bottom, top, [False, False])
    assert flops_of(cost.forward) == STEPS * BATCH * (2 * weights + beside) + BATCH * (2 * 2 + 1)


def test_ltc_cells_by_their_synapses():
    settings = (
        "cfc_param { cell_type: LTC hidden_size: 7 output_features: 1 } "
        "ltc_unit_param { ode_unfolds: 4 }"
    )
    layer, bottom, top = cfc(settings)
    samples = STEPS * BATCH
    cost = layer.cost(bottom, top, [False, False])
    synapses = samples * (FEATURES * 7 + 4 * 49) * (FUNCTION + 6)
    assert flops_of(cost.forward) == synapses + samples * 4 * 8 * 7 + BATCH * (2 * 7 + 1)
    (turns,) = (work.steps for work in cost.forward if work.steps > 1)
    assert turns == 4 * STEPS


def test_a_unit_is_one_step():
    unit = "cfc_unit_param { hidden_size: 7 backbone_units: 4 backbone_layers: 1 }"
    layer, bottom, top = cfc(unit, [(BATCH, FEATURES), (BATCH, 7), (BATCH,)], "CFC_UNIT")
    cost = layer.cost(bottom, top, [True, True, False])
    each = 2 * (4 * 9 + 28 * 4) + 4 + 28 + 7 * (3 * FUNCTION + 12)
    assert flops_of(cost.forward) == BATCH * each


def test_steps_that_were_left_out_do_not_count():
    settings = "cfc_param { hidden_size: 7 output_features: 1 } cfc_unit_param { backbone_units: 4 backbone_layers: 1 }"
    shapes = [(BATCH, STEPS, FEATURES), (BATCH, STEPS), (BATCH, STEPS, 1)]
    layer, bottom, top = cfc(settings, shapes)
    whole = flops_of(layer.cost(bottom, top, [False] * 3).forward)
    bottom[1].data[...], bottom[2].data[:, :2] = 1, 1  # nothing is observed after the second step
    layer.forward(bottom, top)
    short = flops_of(layer.cost(bottom, top, [False] * 3).forward)
    fc = BATCH * (2 * 7 + 1)
    assert (short - fc) / (whole - fc) == pytest.approx(2 / STEPS)
