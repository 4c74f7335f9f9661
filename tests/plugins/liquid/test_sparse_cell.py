"""The CfC cell without backbone and with sparse weights, as a wiring's layers are made of."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from mycaffe_plugins.liquid.cfc_cell import CfcCell
from mycaffe_plugins.liquid.cfc_settings import CfcBlobs, CfcSettings

from mycaffe_py.layer import Layer, LayerContext

COLUMNS, SIZE, STEPS = 3, 4, 5


class Host(Layer):
    """A layer that only holds a cell."""

    type = "HOST"
    sparsity = None

    def setup(self, bottom, top):
        settings = CfcSettings.read(self, SIZE, "cfc_unit_param.hidden_size")
        settings = dataclasses.replace(settings, backbone_layers=0)
        where = CfcBlobs(self, settings, COLUMNS, "layer_0.")
        self.cell = CfcCell(settings, self.blobs, where, self.device, self.sparsity)

    def reshape(self, bottom, top):
        pass


@pytest.fixture
def sparsity(rng):
    return rng.integers(0, 2, (SIZE, COLUMNS + SIZE))


@pytest.fixture
def host(registry, rng, sparsity):
    def make(settings="", sparse=True):
        text = f'name: "it" type: "HOST" cfc_unit_param {{ {settings} }}'
        param = registry.schema.parse_text(text, "LayerParameter").message
        layer = Host(param, LayerContext(registry, dtype=np.float64))
        layer.sparsity = sparsity if sparse else None
        layer.initialize([], [])
        return layer

    return make


def expected_states(layer, sparsity, inputs, times, state, no_gate=False):
    values = {
        name.split(".", 1)[1]: b.data for name, b in zip(layer.blob_names, layer.blobs, strict=True)
    }

    def linear(name, a, mask=1):
        return (values[f"{name}.weight"] * mask) @ a + values[f"{name}.bias"][:, None]

    states = []
    for u, t in zip(inputs, times, strict=True):
        a = np.concatenate([u, state])
        first, second = (np.tanh(linear(name, a, sparsity)) for name in ("ff1", "ff2"))
        s = 1 / (1 + np.exp(-(linear("time_a", a) * t + linear("time_b", a))))
        state = first + s * second if no_gate else first * (1 - s) + s * second
        states.append(state)
    return np.stack(states)


@pytest.mark.parametrize("batch", [1, SIZE, 6])
@pytest.mark.parametrize("no_gate", [False, True])
def test_states_and_gradients(host, rng, sparsity, batch, no_gate):
    layer = host(f"no_gate: {str(no_gate).lower()}")
    cell = layer.cell
    inputs = rng.standard_normal((STEPS, COLUMNS, batch))
    times, first = rng.random((STEPS, batch)), rng.standard_normal((SIZE, batch))
    upstream = rng.standard_normal((STEPS, SIZE, batch))

    def objective():
        states = expected_states(layer, sparsity, inputs, times, first, no_gate)
        return (states * upstream).sum()

    cell.reshape(STEPS, batch, COLUMNS)
    cell.inputs.reshape(inputs.shape)[...] = inputs
    cell.states[0].reshape(first.shape)[...] = first
    cell.forward(times, False)
    np.testing.assert_allclose(
        cell.states[1:].reshape(upstream.shape),
        expected_states(layer, sparsity, inputs, times, first, no_gate),
        atol=1e-14,
    )
    cell.backward(upstream.reshape(cell.states[1:].shape))
    gradients = [(b.data, b.diff) for b in layer.blobs]
    gradients += [
        (inputs, cell.input_gradients()),
        (times, cell.time_gradients()),
        (first, cell.initial_state_gradient),
    ]
    for values, gradient in gradients:
        gradient = gradient.reshape(values.shape)
        for _ in range(5):
            index = tuple(rng.integers(n) for n in values.shape)
            kept, found = values[index], []
            for shift in (1e-6, -1e-6):
                values[index] = kept + shift
                found.append(objective())
            values[index] = kept
            numeric = (found[0] - found[1]) / 2e-6
            assert numeric == pytest.approx(gradient[index], rel=1e-6, abs=1e-8)
    for name in ("ff1", "ff2"):
        diff = layer.blobs[layer.blob_names.index(f"layer_0.{name}.weight")].diff
        assert (diff[sparsity == 0] == 0).all() and (diff[sparsity == 1] != 0).all()


def test_an_all_ones_mask_changes_nothing(host, rng, sparsity):
    sparsity[...] = 1
    masked, plain = host(), host(sparse=False)
    for ours, theirs in zip(plain.blobs, masked.blobs, strict=True):
        ours.data[...] = theirs.data
    inputs, times = rng.standard_normal((STEPS, COLUMNS, 2)), rng.random((STEPS, 2))
    states = []
    for layer in (masked, plain):
        layer.cell.reshape(STEPS, 2, COLUMNS)
        layer.cell.inputs[...] = inputs
        layer.cell.forward(times, False)
        states.append(layer.cell.states[1:])
    np.testing.assert_array_equal(*states)
