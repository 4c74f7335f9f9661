"""CFC and CFC_UNIT with a wiring: layers, masks, batches, settings."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

POLICY = (
    "type: NCP inter_neurons: 4 command_neurons: 3 motor_neurons: 2 sensory_fanout: 2 inter_fanout: 2 "
    "recurrent_command_synapses: 3 motor_fanin: 2"
)
MODES = ["", "no_gate: true", "minimal: true"]


def text(wiring=POLICY, unit="", layer="", kind="CFC"):
    layer = f"cfc_param {{ {layer} }}" if kind == "CFC" else ""
    return f'type: "{kind}" {layer} cfc_unit_param {{ {unit} }} wiring_param {{ {wiring} }}'


def sequence(rng, batch, steps=5, features=3):
    return rng.standard_normal((batch, steps, features)), rng.uniform(0.1, 2, (batch, steps))


def backward(built, dy):
    for blob in built.layer.blobs:
        blob.diff[...] = 0
    dx, dtt = built.backward(dy)
    return [dx.copy(), dtt.copy()], [blob.diff.copy() for blob in built.layer.blobs]


# What is computed.


def step(wiring, weights, x, state, span, no_gate):
    """One step of one sample, neuron groups spelled out: what a reader of the paper would write."""
    new, seen, start = [], x, 0
    for index, neurons in enumerate(wiring.layers):
        own = state[start : start + len(neurons)]
        start += len(neurons)
        values = np.concatenate([seen, own])
        mask = np.ones((len(neurons), len(values)))
        for row, target in enumerate(neurons):
            for column in range(len(seen)):
                adjacency = wiring.adjacency if index else wiring.sensory_adjacency
                source = wiring.layers[index - 1][column] if index else column
                mask[row, column] = adjacency[source, target] != 0
        w = {k.removeprefix(f"rnn_cell.layer_{index}."): v for k, v in weights.items()}
        first, second = (
            np.tanh((w[f"{name}.weight"] * mask) @ values + w[f"{name}.bias"])
            for name in ("ff1", "ff2")
        )
        a, b = (w[f"{n}.weight"] @ values + w[f"{n}.bias"] for n in ("time_a", "time_b"))
        gate = 1 / (1 + np.exp(-(a * span + b)))
        seen = first + gate * second if no_gate else first * (1 - gate) + gate * second
        new.append(seen)
    return np.concatenate(new)


@pytest.mark.parametrize("unit", ["", "no_gate: true"])
@pytest.mark.parametrize("wiring", [POLICY, "type: RANDOM motor_neurons: 2"])
@pytest.mark.parametrize("batch", [1, 3])
def test_equations(build, rng, wiring, unit, batch):
    x, tt = sequence(rng, batch)
    size = "hidden_size: 7" if "RANDOM" in wiring else ""
    built = build(text(wiring, f"{size} {unit}"), x, tt)
    cell = built.layer.cell
    weights = {blob.name: blob.data for blob in built.layer.blobs}
    y = built.forward()
    states = cell.states.reshape(*cell.states.shape[:2], batch)
    for sample in range(batch):
        state = np.zeros(cell.state_size)
        for index in range(x.shape[1]):
            state = step(
                cell.wiring, weights, x[sample, index], state, tt[sample, index], bool(unit)
            )
            np.testing.assert_allclose(states[index + 1, :, sample], state, atol=1e-13)
        motors = state[:2] if "RANDOM" in wiring else state[-2:]
        np.testing.assert_allclose(y[sample], motors, atol=1e-13)


@pytest.mark.parametrize("unit", MODES)
@pytest.mark.parametrize("layer", ["", "output_features: 3"])
@pytest.mark.parametrize("batch", [2, 4, 9, 24])
def test_a_batch_is_its_samples_one_by_one(build, rng, unit, layer, batch):
    """4 is the size of a layer, 9 that of the whole state; 24 sequences are run in parts, by their lengths."""
    x, tt = sequence(rng, batch)
    mask = (rng.random((batch, 5, 3)) < 0.6).astype(float)
    mask *= np.arange(5)[:, None] < rng.integers(1, 6, (batch, 1, 1))
    whole = build(text(unit=unit, layer=layer), x, tt, mask)
    y = whole.forward().copy()
    dy = rng.standard_normal(y.shape)
    total = [np.zeros(blob.shape) for blob in whole.layer.blobs]
    dx, dtt, _ = (diff.copy() for diff in whole.backward(dy))
    diffs = [blob.diff.copy() for blob in whole.layer.blobs]
    for sample in range(batch):
        part = slice(sample, sample + 1)
        one = build(text(unit=unit, layer=layer), x[part], tt[part], mask[part])
        for blob, source in zip(one.layer.blobs, whole.layer.blobs, strict=True):
            blob.data[...] = source.data
        np.testing.assert_allclose(one.forward(), y[part], atol=1e-13)
        own_dx, own_dtt, _ = one.backward(dy[part])
        np.testing.assert_allclose(own_dx, dx[part], atol=1e-12)
        np.testing.assert_allclose(own_dtt, dtt[part], atol=1e-12)
        for summed, blob in zip(total, one.layer.blobs, strict=True):
            summed += blob.diff
    for summed, diff in zip(total, diffs, strict=True):
        np.testing.assert_allclose(summed, diff, atol=1e-11)


@pytest.mark.parametrize("unit", MODES)
def test_weights_without_a_synapse_never_matter(build, rng, unit):
    x, tt = sequence(rng, 3)
    built = build(text(unit=unit), x, tt)
    layer = built.layer
    y = built.forward().copy()
    dy = rng.standard_normal(y.shape)
    gradients, diffs = backward(built, dy)
    missing = 0
    for blob, diff in zip(layer.blobs, diffs, strict=True):
        if "ff" not in blob.name or "weight" not in blob.name:
            assert (diff != 0).all()
            continue
        index = int(blob.name.split(".")[1].removeprefix("layer_"))
        absent = layer.cell.wiring.layer_mask(index) == 0
        missing += absent.sum()
        assert (diff[absent] == 0).all() and (diff[~absent] != 0).all()
        blob.data[absent] = 1e30
    assert missing > 10
    np.testing.assert_array_equal(built.forward(), y)
    again, again_diffs = backward(built, dy)
    for first, second in zip([*gradients, *diffs], [*again, *again_diffs], strict=True):
        np.testing.assert_array_equal(first, second)


def test_the_top_is_the_motor_neurons_or_read_out_of_them(build, rng):
    x, tt = sequence(rng, 3)
    assert build(text(), x, tt).forward().shape == (3, 2)
    built = build(text(layer="output_features: 5"), x, tt)
    assert built.forward().shape == (3, 5)
    names = built.layer.blob_names
    assert names[-2:] == ["fc.weight", "fc.bias"] and built.layer.blobs[-2].shape == (5, 2)
    assert names[:3] == [f"rnn_cell.layer_0.{n}" for n in ("ff1.weight", "ff1.bias", "ff2.weight")]
    assert sorted(built.layer.storage_order()) == list(range(len(names)))


def test_one_step_of_the_unit(build, rng):
    """The unit, fed with its own state, is the layer; blobs have the same order."""
    x, tt = sequence(rng, 2, steps=3)
    layer = build(text(), x, tt)
    y = layer.forward()
    state = np.zeros((2, 9))
    for index in range(3):
        unit = build(text(kind="CFC_UNIT"), x[:, index], state, tt[:, index])
        assert [f"rnn_cell.{name}" for name in unit.layer.blob_names] == layer.layer.blob_names
        for blob, source in zip(unit.layer.blobs, layer.layer.blobs, strict=True):
            blob.data[...] = source.data
        state = unit.forward().copy()
    np.testing.assert_allclose(state[:, -2:], y, atol=1e-14)


def test_other_batches_and_lengths_after_one_another(build, rng):
    built = build(text(), *sequence(rng, 2))
    for batch, steps in ((2, 5), (1, 7), (4, 1), (4, 3), (2, 5)):
        x, tt = sequence(rng, batch, steps)
        for blob, values in zip(built.bottom, (x, tt), strict=True):
            blob.reshape(values.shape)
            blob.data[...] = values
        fresh = build(text(), x, tt)
        for blob, source in zip(fresh.layer.blobs, built.layer.blobs, strict=True):
            blob.data[...] = source.data
        np.testing.assert_allclose(built.forward(), fresh.forward(), atol=1e-14)
        dy = rng.standard_normal((batch, 2))
        for found, expected in zip(backward(built, dy)[1], backward(fresh, dy)[1], strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-13)


def test_frozen_weights_get_no_gradient(build, rng):
    built = build(text(), *sequence(rng, 2))
    built.forward()
    built.layer.param_propagate_down[0] = False
    backward(built, np.ones((2, 2)))
    assert (built.layer.blobs[0].diff == 0).all() and (built.layer.blobs[1].diff != 0).any()


def test_a_sequence_in_pieces(build, rng):
    x, tt = sequence(rng, 2, steps=6)
    tops = 'top: "y" top: "h"'
    whole = build(f"{text(layer='return_sequences: true')} {tops}", x, tt)
    expected, state = whole.forward(), np.zeros((2, 9))
    for first in (0, 2):
        piece = slice(first, first + 2 + first)
        layer = "initial_state: true return_sequences: true"
        part = build(f"{text(layer=layer)} {tops}", x[:, piece], tt[:, piece], state)
        for blob, source in zip(part.layer.blobs, whole.layer.blobs, strict=True):
            blob.data[...] = source.data
        np.testing.assert_allclose(part.forward(), expected[:, piece], atol=1e-14)
        state = part.top[1].data
    np.testing.assert_allclose(state, whole.top[1].data, atol=1e-14)


# Settings.


def test_each_cell_tells_its_wiring(build, rng):
    for kind in ("CFC", "LTC"):
        layer = f"cell_type: {kind} hidden_size: 8 output_features: 1"
        wired = build(text("motor_neurons: 3", "", layer), *sequence(rng, 1)).layer.cell
        assert wired.wiring.motor_count == wired.output_size == 3
        plain = f'type: "CFC" cfc_param {{ {layer} }}'
        assert build(plain, *sequence(rng, 1)).layer.cell.wiring is None


def test_hidden_size_of_layer_and_unit(build, rng):
    for layer, unit in (("hidden_size: 12", ""), ("", "hidden_size: 12")):
        built = build(text("motor_neurons: 3", unit, layer), *sequence(rng, 1))
        assert built.layer.cell.state_size == 12


@pytest.mark.parametrize(
    ("wiring", "unit", "layer", "field", "message"),
    [
        ("motor_neurons: 2", "", "", "cfc_param.hidden_size", "needs hidden_size"),
        ("", "hidden_size: 9", "", "wiring_param.motor_neurons", "needs motor_neurons"),
        (POLICY, "", "hidden_size: 8", "cfc_param.hidden_size", "motor neurons are 9"),
        (POLICY, "", "output_features: 0", "cfc_param.output_features", "at least 1, got 0"),
        (
            "type: FULLY_CONNECTED self_connections: false",
            "hidden_size: 4",
            "",
            "wiring_param.self_connections",
            "has no effect with cfc_param.cell_type: CFC",
        ),
        (
            POLICY,
            "",
            "use_mixed: true",
            "cfc_param.use_mixed",
            "cannot be combined with wiring_param",
        ),
        (POLICY, "minimal: true no_gate: true", "", "cfc_unit_param.minimal", "exclude each other"),
    ],
)
def test_settings_that_are_refused(build, rng, wiring, unit, layer, field, message):
    with pytest.raises(LayerError, match=message) as caught:
        build(text(wiring, unit, layer), *sequence(rng, 2))
    assert caught.value.field == field
    assert 'layer "it" (CFC): ' in str(caught.value)


def test_a_state_of_the_wrong_size(build, rng):
    with pytest.raises(LayerError, match=r'bottom "b1" is \(2, 8\), expected \(2, 9\)'):
        build(text(kind="CFC_UNIT"), np.ones((2, 3)), np.ones((2, 8)), np.ones(2))


@pytest.mark.parametrize("unit", MODES)
@pytest.mark.parametrize("span", [0.0, 1e30])
def test_zero_and_huge_spans(build, rng, unit, span):
    x, _ = sequence(rng, 2)
    built = build(text(unit=unit), x, np.full((2, 5), span), dtype=np.float32)
    assert np.isfinite(built.forward()).all()
    assert all(np.isfinite(diff).all() for diffs in backward(built, 1.0) for diff in diffs)
