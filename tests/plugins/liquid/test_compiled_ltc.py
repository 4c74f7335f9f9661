"""The compiled LTC cell against the plain one, whose equations are tested elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.liquid.compiled_ltc_cell import CompiledLtcCell
from mycaffe_plugins.liquid.ltc_cell import LtcCell

from mycaffe_py.compiled import SWITCH
from mycaffe_py.device import Device
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text
from mycaffe_py.testing import check_layer
from tests.conformance.ltc import CFC, LAYERS

CASES = [("LTC_UNIT", case) for case in LAYERS["LTC_UNIT"]] + [("CFC", case) for case in CFC]
RELATIVE = {"float64": 1e-11, "float32": 2e-4}
"""Of each array's maximum. The gradient of cm, of differences between states, is the least exact in float32."""
LEAST = {"float64": 1e-5, "float32": 5e-3}
"""Smaller maxima count as this: where tanh is nearly 1, what is left of 1 - tanh^2 is rounding."""


@pytest.mark.parametrize(("type_name", "case"), CASES)
def test_both_cells_keep_the_contract(either_ltc_cell, type_name, case):
    settings, bottoms, arguments = case
    check_layer(f'name: "layer" type: "{type_name}" {settings}', bottoms, **arguments)


def net_of(registry, monkeypatch, fast, shape, settings, *, masked=False, state=0, dtype="float64"):
    monkeypatch.setenv(SWITCH, "1" if fast else "0")
    batch, steps, _ = shape
    shapes = {"x": shape, "tt": (batch, steps)}
    shapes |= {"mask": (batch, steps, 1)} if masked else {}
    shapes |= {"h": (batch, state)} if state else {}
    data = "".join(
        f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{'
        f" {' '.join(f'dim: {dim}' for dim in dims)} }} }} }}\n"
        for name, dims in shapes.items()
    )
    bottoms = " ".join(f'bottom: "{name}"' for name in shapes)
    text = f"""force_backward: true {data}
        layer {{ name: "ltc" type: "CFC" {bottoms} top: "y" {settings} }}"""
    net = Net(
        load_net_text(registry.schema, text, "net"),
        registry=registry,
        dtype=dtype,
        device=Device(seed=3),
    )
    assert type(net.layer_dict["ltc"].cell) is (CompiledLtcCell if fast else LtcCell)
    return net


def both_nets(registry, monkeypatch, *args, **options):
    plain, fast = (net_of(registry, monkeypatch, fast, *args, **options) for fast in (0, 1))
    rng = np.random.default_rng(5)
    for ours, theirs in zip(fast.params["ltc"], plain.params["ltc"], strict=True):
        if not theirs.data.any():  # input_b: nothing is tested by 0
            theirs.data[...] = rng.uniform(-1, 1, theirs.shape)
        ours.data[...] = theirs.data
    return plain, fast


def pass_of(net, values, dy):
    """Return the output and all gradients of one pass."""
    net.clear_param_diffs()
    y = net.forward(**values)["y"].copy()
    net.backward(y=dy[: y.size].reshape(y.shape))
    found = {"y": y} | {name: net.blobs[name].diff.copy() for name in values}
    names = net.layer_dict["ltc"].blob_names
    blobs = zip(names, net.params["ltc"], strict=True)
    return found | {name: blob.diff.copy() for name, blob in blobs}


def values_for(rng, batch, steps, features, masked=False, state=0):
    values = {
        "x": rng.standard_normal((batch, steps, features)),
        "tt": rng.uniform(0, 3, (batch, steps)),
    }
    if masked:
        lengths = rng.integers(0, steps + 1, batch)
        lengths[0] = steps
        values["mask"] = 1.0 * (np.arange(steps)[None, :, None] < lengths[:, None, None])
    if state:
        values["h"] = rng.standard_normal((batch, state))
    return values


def assert_same(found, expected, dtype="float64"):
    relative, least = RELATIVE[dtype], LEAST[dtype]
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        error = np.abs(found[name] - array).max()
        assert error <= relative * max(np.abs(array).max(), least), name


SETTINGS = {
    "authors": "cfc_param { cell_type: LTC output_features: 2 } ltc_unit_param { hidden_size: %d ode_unfolds: %d }",
    "ncps": """cfc_param { cell_type: LTC output_features: 2 return_sequences: true }
        ltc_unit_param { hidden_size: %d ode_unfolds: %d form: NCPS positivity: SOFTPLUS epsilon: 0.01 }""",
    "random": """cfc_param { cell_type: LTC output_features: 1 } wiring_param { type: RANDOM sparsity_level: 0.7 }
        ltc_unit_param { hidden_size: %d ode_unfolds: %d positivity: CLIP }""",
    "mixed": """cfc_param { cell_type: LTC output_features: 2 use_mixed: true }
        ltc_unit_param { hidden_size: %d ode_unfolds: %d }""",
}
# Hidden size, unfolds, batch, steps, features: around the widths of vectors, groups and chunks of samples.
SIZES = [
    (1, 1, 1, 1, 1),
    (3, 6, 2, 5, 2),
    (7, 2, 3, 1, 1),
    (8, 3, 4, 3, 5),
    (9, 1, 5, 4, 1),
    (16, 2, 7, 3, 2),
    (17, 3, 8, 2, 9),
    (33, 2, 33, 3, 2),
    (128, 1, 9, 2, 1),
    (13, 2, 70, 2, 3),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", SETTINGS)
def test_equal_to_the_plain_cell(registry, monkeypatch, rng, kind, size, dtype):
    hidden, unfolds, batch, steps, features = size
    if kind == "random" and hidden < 3:
        hidden = 3  # so that an input has a synapse
    settings = SETTINGS[kind] % (hidden, unfolds)
    shape = (batch, steps, features)
    plain, fast = both_nets(registry, monkeypatch, shape, settings, dtype=dtype)
    values = values_for(rng, batch, steps, features)
    dy = rng.standard_normal(batch * steps * 2)
    expected = pass_of(plain, values, dy)
    assert_same(pass_of(fast, values, dy), expected, dtype)
    assert expected["rnn_cell.mu"].any() and expected["tt"].any()


@pytest.mark.parametrize("mixed", ["", "use_mixed: true"])
@pytest.mark.parametrize("batch", [1, 6, 40])
def test_sequences_that_end_early_from_a_given_state(registry, monkeypatch, rng, batch, mixed):
    settings = f"""cfc_param {{ cell_type: LTC output_features: 2 initial_state: true {mixed} }}
        ltc_unit_param {{ hidden_size: 11 ode_unfolds: 2 }}"""
    options = {"masked": True, "state": 22 if mixed else 11}
    plain, fast = both_nets(registry, monkeypatch, (batch, 12, 2), settings, **options)
    values, dy = values_for(rng, batch, 12, 2, **options), rng.standard_normal(batch * 2)
    expected = pass_of(plain, values, dy)
    assert_same(pass_of(fast, values, dy), expected)
    assert expected["h"].any()


def test_batches_of_any_size_one_after_another(registry, monkeypatch, rng):
    settings = SETTINGS["authors"] % (10, 2)
    plain, fast = both_nets(registry, monkeypatch, (3, 4, 2), settings)
    for batch, steps in ((3, 4), (40, 2), (1, 9), (2, 3), (3, 4)):
        values, dy = values_for(rng, batch, steps, 2), rng.standard_normal(batch * 2)
        for net in (plain, fast):
            for name, array in values.items():
                net.blobs[name].reshape(*array.shape)
        expected = pass_of(plain, values, dy)
        assert_same(pass_of(fast, values, dy), expected)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch", [3, 12])
def test_not_a_number_stays_in_its_sample_and_batch(registry, monkeypatch, rng, batch, dtype):
    settings = SETTINGS["authors"] % (13, 3)
    net = net_of(registry, monkeypatch, 1, (batch, 4, 2), settings, dtype=dtype)
    values, dy = values_for(rng, batch, 4, 2), rng.standard_normal(batch * 2)
    before = pass_of(net, values, dy)
    spoilt = {**values, "x": values["x"].copy()}
    spoilt["x"][1, 2] = np.nan
    found = pass_of(net, spoilt, dy)
    for name in ("y", "x", "tt"):
        np.testing.assert_array_equal(np.delete(found[name], 1, 0), np.delete(before[name], 1, 0))
    assert np.isnan(found["y"][1]).all() and np.isnan(found["rnn_cell.w"]).all()
    after = pass_of(net, values, dy)
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)


@pytest.mark.parametrize("hidden", [5, 128])
def test_nothing_is_left_of_what_was_not_a_number(registry, monkeypatch, rng, hidden):
    """A batch of another shape, whose rows lie where others were, padding among them."""
    settings = SETTINGS["authors"] % (hidden, 2)
    plain, fast = both_nets(registry, monkeypatch, (4, 5, 2), settings)
    values, dy = values_for(rng, 4, 5, 2), rng.standard_normal(14)
    values["x"][...] = np.nan
    assert np.isnan(pass_of(fast, values, dy)["y"]).all()
    values = values_for(rng, 7, 2, 2)
    for net in (plain, fast):
        for name, array in values.items():
            net.blobs[name].reshape(*array.shape)
    assert_same(pass_of(fast, values, dy), pass_of(plain, values, dy))


def test_frozen_cells_keep_their_gradients_of_inputs(registry, monkeypatch, rng):
    settings = (
        SETTINGS["authors"] % (6, 2) + " param { lr_mult: 0 }" * 13 + " propagate_down: true" * 2
    )
    plain, fast = both_nets(registry, monkeypatch, (4, 3, 2), settings)
    values, dy = values_for(rng, 4, 3, 2), rng.standard_normal(8)
    assert_same(pass_of(fast, values, dy), pass_of(plain, values, dy))


def test_time_scales_are_those_of_the_plain_cell(registry, monkeypatch, rng):
    for kind in ("authors", "mixed", "random"):
        nets = both_nets(registry, monkeypatch, (1, 5, 2), SETTINGS[kind] % (9, 2))
        values = values_for(rng, 1, 5, 2)
        scales = []
        for net in nets:
            net.forward(**values)
            scales.append(net.layer_dict["ltc"].cell.time_scales())
        np.testing.assert_allclose(scales[1].constants, scales[0].constants, rtol=1e-12)
        np.testing.assert_allclose(scales[1].shares, scales[0].shares, rtol=1e-12)
