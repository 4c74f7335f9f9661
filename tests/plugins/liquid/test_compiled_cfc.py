"""The CfC cell on compiled kernels against the plain one: every setting, odd sizes, what must not depend on them."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import TEST, TRAIN
from mycaffe_py.device import Device, flush_denormals
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

from .golden import assert_runs

# Batch, steps, columns, hidden size, units, layers, activation; then cfc_param, cfc_unit_param, and the rest.
CASES = {
    "one of everything": ((1, 1, 1, 1, 1, 1, "TANH"), "", "", ""),
    "one sample": ((1, 30, 1, 128, 64, 2, "RELU"), "", "", ""),
    "two samples": ((2, 7, 2, 17, 3, 1, "SILU"), "initial_state: true", "", ""),
    "three, no gate": ((3, 9, 5, 5, 24, 3, "GELU"), "return_sequences: true", "no_gate: true", ""),
    "nine, minimal": ((9, 8, 3, 17, 64, 2, "LECUN"), "initial_state: true", "minimal: true", ""),
    "33": ((33, 12, 2, 128, 64, 2, "RELU"), "", "", ""),
    "33, small": ((33, 5, 4, 5, 3, 1, "TANH"), "", "no_gate: true", ""),
    "dropout": ((9, 6, 2, 17, 24, 2, "SILU"), "", "backbone_dropout_ratio: 0.3", ""),
    "dropout of outputs": ((3, 6, 2, 5, 24, 1, "RELU"), "", "backbone_dropout_ratio: 0.5", ""),
    "mixed": ((9, 7, 2, 17, 24, 1, "SILU"), "use_mixed: true initial_state: true", "", ""),
    "mixed, one": ((1, 7, 1, 128, 3, 2, "TANH"), "use_mixed: true", "minimal: true", ""),
    "wired": ((9, 7, 2, 12, 1, 1, "TANH"), "", "", "wiring_param { motor_neurons: 3 }"),
}  # fmt: skip


def net_of(registry, case, dtype, phase=TRAIN):
    (batch, steps, columns, hidden, units, layers, activation), layer, unit, more = CASES[case]
    states = hidden * (2 if "use_mixed" in layer else 1)
    stateful, wired = "initial_state" in layer, "wiring" in more
    inputs = {
        "x": (batch, steps, columns),
        "tt": (batch, steps, 1),
        "mask": (batch, steps, columns),
    }
    inputs |= {"h": (batch, states)} if stateful else {}
    shapes = (f"shape {{ {' '.join(f'dim: {n}' for n in dims)} }}" for dims in inputs.values())
    tops = 'top: "y" top: "last" loss_weight: 1 loss_weight: 0.5' if stateful else 'top: "y"'
    sizes = f"hidden_size: {hidden}" + ("" if wired else " output_features: 2")
    backbone = (
        f"backbone_units: {units} backbone_layers: {layers} backbone_activation: {activation}"
    )
    text = f"""force_backward: true
        layer {{ name: "data" type: "Input" {" ".join(f'top: "{name}"' for name in inputs)}
          input_param {{ {" ".join(shapes)} }} }}
        layer {{ name: "cfc" type: "CFC" {" ".join(f'bottom: "{name}"' for name in inputs)} {tops}
          cfc_param {{ {sizes} {layer} }} cfc_unit_param {{ {"" if wired else backbone} {unit} }} {more} }}"""
    model = load_net_text(registry.schema, text)
    return Net(model, phase, registry=registry, dtype=dtype, device=Device(seed=3)), inputs


def values_of(inputs):
    """Return random inputs whose sequences end at different steps, with gaps before."""
    rng = np.random.default_rng(8)
    values = {name: rng.standard_normal(shape) for name, shape in inputs.items()}
    values["tt"] = rng.uniform(0.1, 2, inputs["tt"])
    mask = (rng.uniform(size=inputs["mask"]) < 0.8).astype(float)
    for sample, length in enumerate(rng.integers(1, mask.shape[1] + 1, len(mask))):
        mask[sample, length:] = 0
    return values | {"mask": mask}


def run(net, values, seed=5):
    """Return all that a pass gives: outputs, states, and gradients of blobs and inputs."""
    found = {name: array.copy() for name, array in net.forward(**values).items()}
    layer, rng = net.device_layers[1], np.random.default_rng(seed)
    found["states"] = layer.state_sequence()
    for name in layer.param.top:
        net.blobs[name].diff[...] = rng.standard_normal(net.blobs[name].shape)
    net.clear_param_diffs()
    net.backward()
    found |= {n: blob.diff.copy() for n, blob in zip(layer.blob_names, layer.blobs, strict=True)}
    return found | {f"d {n}": net.blobs[n].diff.copy() for n in values if n != "mask"}


def assert_same(found, wanted, tolerance):
    assert found.keys() == wanted.keys()
    for name, expected in wanted.items():
        np.testing.assert_array_equal(np.isnan(found[name]), np.isnan(expected), name)
        error = np.nan_to_num(np.abs(found[name] - expected)).max()
        assert error <= tolerance * max(np.nan_to_num(np.abs(expected)).max(), 1e-30), name


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES)
def test_the_plain_cell_gives_the_same(registry, case, dtype, compiled, monkeypatch):
    fast, inputs = net_of(registry, case, dtype)
    monkeypatch.setenv("MYCAFFE_FAST", "0")
    plain, _ = net_of(registry, case, dtype)
    assert_runs("compiled", fast.device_layers[1].cell)
    assert_runs("plain", plain.device_layers[1].cell)
    values = values_of(inputs)
    for _ in range(2):  # the second pass finds its memory used
        assert_same(run(fast, values), run(plain, values), 1e-12 if dtype == "float64" else 2e-5)


@pytest.mark.parametrize("activation", ["RELU", "TANH", "LECUN", "SILU"])
def test_dropout_has_no_effect_in_the_test_phase(registry, activation, compiled, monkeypatch):
    sizes = (3, 6, 2, 5, 24, 2, activation)
    monkeypatch.setitem(CASES, "with", (sizes, "", "backbone_dropout_ratio: 0.5", ""))
    monkeypatch.setitem(CASES, "without", (sizes, "", "", ""))
    dropping, inputs = net_of(registry, "with", "float64", TEST)
    plain, _ = net_of(registry, "without", "float64", TEST)
    assert_runs("compiled", dropping.device_layers[1].cell)
    values = values_of(inputs)
    assert_same(run(dropping, values), run(plain, values), 1e-12)


def test_a_pass_gives_the_same_bits_again(registry, compiled):
    first, inputs = net_of(registry, "33", "float32")
    second, _ = net_of(registry, "33", "float32")
    values = values_of(inputs)
    wanted = run(first, values)
    for found in (run(first, values), run(second, values)):
        for name, expected in wanted.items():
            assert found[name].tobytes() == expected.tobytes(), name


def test_a_cell_that_changes_its_shape_gives_what_a_fresh_one_does(registry, compiled):
    net, inputs = net_of(registry, "nine, minimal", "float64")
    values = values_of(inputs)
    wanted = run(net, values)
    for batch, steps in ((2, 3), (1, 5), (9, 8)):
        short = {n: a[:batch] if n == "h" else a[:batch, :steps] for n, a in values.items()}
        for name, array in short.items():
            net.blobs[name].reshape(*array.shape)
        run(net, short)
    assert_same(run(net, values), wanted, 0)


@pytest.mark.parametrize(
    "case", ["two samples", "three, no gate", "nine, minimal", "mixed", "wired"]
)
def test_nan_stays_in_its_sample(registry, case, compiled):
    net, inputs = net_of(registry, case, "float32")
    values = values_of(inputs)
    values["mask"][:] = 1
    wanted = run(net, values)
    values["x"][1, 2] = np.nan
    with np.errstate(invalid="ignore"):
        found = run(net, values)
    for name in ("y", "states", "d x", "d tt"):
        for sample in range(len(values["x"])):
            if sample != 1:
                np.testing.assert_array_equal(found[name][sample], wanted[name][sample], name)
    assert np.isnan(found["states"][1, 2:]).all()
    assert np.isfinite(found["states"][1, :2]).all()


def test_steps_without_a_gradient_are_left_out_without_a_trace(registry, compiled):
    """Where the gradient is 0 the sweep leaves out its products; a tiny gradient from later steps must not matter."""
    net, inputs = net_of(registry, "one sample", "float32")
    values = values_of(inputs)
    values["mask"][:] = 1
    with flush_denormals():
        run(net, values)
        layer = net.device_layers[1]
        gradients = []
        for scale in (0.0, 1e-36):
            net.clear_param_diffs()
            layer.cell.state_gradients[...] = 0
            layer.cell.state_gradients[9] = 1
            layer.cell.state_gradients[-1] = scale
            layer.cell.backward(layer.cell.state_gradients)
            gradients.append([blob.diff.copy() for blob in layer.blobs])
    for left_out, swept in zip(*gradients, strict=True):
        np.testing.assert_allclose(left_out, swept, rtol=1e-5, atol=1e-30)
    assert any(array.any() for array in gradients[0])


def test_a_saturated_gate_has_no_slope_however_long_the_span(registry, compiled):
    net, inputs = net_of(registry, "two samples", "float32")
    values = values_of(inputs)
    values["mask"][:] = 1
    values["tt"][:] = 1e12
    found = run(net, values)
    assert all(np.isfinite(array).all() for array in found.values())
    assert np.abs(found["d tt"]).max() < 1e-6


def test_the_pictures_are_those_of_the_plain_cell(registry, compiled, monkeypatch):
    from mycaffe_plugins.liquid.explaining import run_first_sample

    for case in ("one sample", "nine, minimal", "mixed", "wired"):
        monkeypatch.setenv("MYCAFFE_FAST", "1")
        fast, inputs = net_of(registry, case, "float64")
        monkeypatch.setenv("MYCAFFE_FAST", "0")
        plain, _ = net_of(registry, case, "float64")
        values, seen = values_of(inputs), []
        for net in (fast, plain):
            net.forward(**values)
            trace, cell = run_first_sample(net.device_layers[1], net.bottoms[1])
            scales = cell.time_scales()
            seen.append((trace.states, trace.outputs, scales.constants, scales.shares))
            meaning = scales.meaning, scales.share_name
        for found, wanted in zip(*seen, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
        assert all(meaning)
