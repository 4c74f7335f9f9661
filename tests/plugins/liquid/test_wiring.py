"""Wirings: the synapses that the ncps library gives, and settings that make none."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.liquid.wiring import read_wiring

from mycaffe_py.blob import Blob
from mycaffe_py.errors import LayerError
from mycaffe_py.layer import Layer, LayerContext

from ...conftest import DATA

NCP = (
    "type: NCP inter_neurons: 4 command_neurons: 3 motor_neurons: 2 sensory_fanout: 2 inter_fanout: 2 "
    "recurrent_command_synapses: 3 motor_fanin: 2"
)


def stored_cases():
    cases = {}
    with np.load(DATA / "wirings.npz") as stored:
        for key in stored.files:
            name, _, part = key.partition("/")
            cases.setdefault(name, {})[part] = stored[key]
    return cases


CASES = stored_cases()


class Wired(Layer):
    type = "CFC"


@pytest.fixture
def wire(registry):
    def make(settings, columns=4, hidden_size=10):
        text = f'name: "it" type: "CFC" wiring_param {{ {settings} }}'
        param = registry.schema.parse_text(text, "LayerParameter").message
        return read_wiring(Wired(param, LayerContext(registry)), columns, hidden_size)

    return make


@pytest.mark.parametrize("name", CASES)
def test_synapses_are_those_of_the_library(wire, name):
    case = CASES[name]
    wiring = wire(str(case["settings"]), *case["sizes"].tolist())
    np.testing.assert_array_equal(wiring.adjacency, case["adjacency"])
    np.testing.assert_array_equal(wiring.sensory_adjacency, case["sensory_adjacency"])
    assert wiring.adjacency.dtype == wiring.sensory_adjacency.dtype == np.int32
    assert [len(layer) for layer in wiring.layers] == case["layer_sizes"].tolist()
    assert np.concatenate(wiring.layers).tolist() == case["layers"].tolist()
    assert list(wiring.groups) == case["groups"].tolist()
    assert wiring.groups.count("motor") == wiring.motor_count
    assert wiring.units == len(case["groups"])


@pytest.mark.parametrize(
    ("name", "seed", "settings"),
    [
        ("ncps_cfc_autoncp", 6440, "motor_neurons: 2"),
        ("ncps_ltc_autoncp_softplus", 873, "motor_neurons: 2"),
        ("ncps_ltc_full", 67, "type: FULLY_CONNECTED motor_neurons: 2"),
    ],
)
def test_synapses_of_the_golden_cells(wire, name, seed, settings):
    with np.load(DATA / "golden" / f"{name}.npz") as golden:
        ltc = "w.erev" in golden
        adjacency = golden["w.erev" if ltc else "adjacency"]
        sensory = golden["w.sensory_erev" if ltc else "sensory_adjacency"]
        masks = [golden[key].T for key in golden.files if key.endswith("sparsity_mask")]
    wiring = wire(f"{settings} seed: {seed}", 4, len(adjacency))
    np.testing.assert_array_equal(wiring.adjacency, adjacency)
    np.testing.assert_array_equal(wiring.sensory_adjacency, sensory)
    if ltc:
        ours = [wiring.mask.T, wiring.sensory_mask.T]
    else:
        ours = [wiring.layer_mask(index).T for index in range(len(wiring.layers))]
    for mask, stored in zip(ours, masks, strict=True):
        assert mask.dtype == np.float64
        np.testing.assert_array_equal(mask, stored)


def test_seeds_make_other_wirings(wire):
    first, same, other = (wire(f"motor_neurons: 2 seed: {seed}") for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.adjacency, same.adjacency)
    assert (first.adjacency != other.adjacency).any()


def test_every_neuron_of_a_policy_has_a_source(wire):
    for seed in range(20):
        wiring = wire(f"motor_neurons: 5 sparsity_level: 0.9 seed: {seed}", 1, 30)
        sources = np.abs(wiring.adjacency).sum(axis=0) + np.abs(wiring.sensory_adjacency).sum(
            axis=0
        )
        assert (sources > 0).all()
        command, motor = wiring.layers[1:]
        assert wiring.mask[np.ix_(command, motor)].any(axis=1).all()


def test_an_ncp_may_say_its_hidden_size(wire):
    assert wire(NCP, hidden_size=0).units == wire(NCP, hidden_size=9).units == 9


# Settings that are refused.


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ("", "motor_neurons", "a wiring of type AUTO_NCP needs motor_neurons"),
        ("motor_neurons: 0", "motor_neurons", "motor_neurons is 0, but must be at least 1"),
        ("motor_neurons: 8", "motor_neurons", "motor_neurons is 8, but must be below 8"),
        ("motor_neurons: 20", "motor_neurons", "motor_neurons is 20, but must be below 8"),
        (
            "type: RANDOM motor_neurons: 11",
            "motor_neurons",
            "motor_neurons is 11, but there are 10 neurons (hidden_size)",
        ),
        (
            "type: FULLY_CONNECTED motor_neurons: -1",
            "motor_neurons",
            "motor_neurons is -1, but must be at least 1",
        ),
        (
            "motor_neurons: 2 sparsity_level: 0.05",
            "sparsity_level",
            "sparsity_level must be from 0.1 to 0.9, got 0.05",
        ),
        ("motor_neurons: 2 sparsity_level: nan", "sparsity_level", "from 0.1 to 0.9, got nan"),
        (
            "type: RANDOM sparsity_level: 1",
            "sparsity_level",
            "sparsity_level must be at least 0 and below 1, got 1",
        ),
        (
            "type: RANDOM sparsity_level: 0.99",
            "sparsity_level",
            "sparsity_level 0.99 leaves no synapse of 4 inputs to 10 neurons",
        ),
        (
            "type: NCP motor_neurons: 2",
            "inter_neurons",
            "a wiring of type NCP needs inter_neurons",
        ),
        (
            NCP.replace("command_neurons: 3", "command_neurons: 0"),
            "command_neurons",
            "command_neurons is 0, but must be at least 1",
        ),
        (
            NCP.replace("sensory_fanout: 2", "sensory_fanout: 5"),
            "sensory_fanout",
            "sensory_fanout is 5, but there are only 4 inter neurons",
        ),
        (
            NCP.replace("inter_fanout: 2", "inter_fanout: 4"),
            "inter_fanout",
            "inter_fanout is 4, but there are only 3 command neurons",
        ),
        (
            NCP.replace("motor_fanin: 2", "motor_fanin: 4"),
            "motor_fanin",
            "motor_fanin is 4, but there are only 3 command neurons",
        ),
        (
            NCP.replace("synapses: 3", "synapses: -1"),
            "recurrent_command_synapses",
            "recurrent_command_synapses is -1, but must be at least 0",
        ),
        (
            NCP.replace("synapses: 3", "synapses: 2000000000"),
            "recurrent_command_synapses",
            "must be at most 100000",
        ),
        (
            NCP.replace("inter_neurons: 4", "inter_neurons: 2000000000"),
            "",
            "a wiring has at most 4,000 neurons, got 2000000005",
        ),
    ],
)
def test_settings_that_are_refused(wire, settings, field, message):
    hidden_size = 0 if "NCP inter" in settings else 10
    with pytest.raises(LayerError) as caught:
        wire(settings, hidden_size=hidden_size)
    assert 'layer "it" (CFC): ' in str(caught.value)
    assert message in str(caught.value)
    assert caught.value.field == f"wiring_param.{field}".rstrip(".")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            "type: FULLY_CONNECTED sparsity_level: 0.6",
            "sparsity_level has no effect with type: FULLY_CONNECTED",
        ),
        (
            "type: RANDOM self_connections: false",
            "self_connections has no effect with type: RANDOM",
        ),
        ("motor_neurons: 2 inter_neurons: 5", "inter_neurons has no effect with type: AUTO_NCP"),
    ],
)
def test_settings_of_another_type_of_wiring(registry, settings, message):
    text = f'name: "it" type: "LTC_UNIT" wiring_param {{ {settings} }}'
    param = registry.schema.parse_text(text, "LayerParameter").message
    layer = registry.layers.find("LTC_UNIT")(param, LayerContext(registry))
    with pytest.raises(LayerError, match=f"wiring_param.{message}"):
        layer.initialize([Blob((2, 3)), Blob((2, 10)), Blob((2, 1))], [Blob()])


@pytest.mark.parametrize(
    ("settings", "hidden_size", "message"),
    [
        ("motor_neurons: 2", 0, "needs hidden_size, its number of neurons, at least 1; got 0"),
        ("type: RANDOM", -3, "needs hidden_size, its number of neurons, at least 1; got -3"),
        (NCP, 12, "hidden_size is 12, but the wiring's inter, command and motor neurons are 9"),
    ],
)
def test_hidden_sizes_that_are_refused(wire, settings, hidden_size, message):
    with pytest.raises(LayerError) as caught:
        wire(settings, hidden_size=hidden_size)
    assert message in str(caught.value)
    assert caught.value.field == "cfc_param.hidden_size"


def test_no_inputs(wire):
    with pytest.raises(LayerError, match="a wiring needs at least 1 input, got 0"):
        wire("motor_neurons: 2", columns=0)


def test_sizes_that_are_refused(wire):
    with pytest.raises(LayerError, match="a wiring has at most 20,000 inputs, got 20001"):
        wire("type: FULLY_CONNECTED", columns=20_001)
    with pytest.raises(LayerError, match="a wiring has at most 4,000 neurons, got 4001"):
        wire("type: FULLY_CONNECTED", hidden_size=4_001)
