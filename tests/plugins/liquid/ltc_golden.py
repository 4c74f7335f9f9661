"""LTC_UNIT, and CFC with LTC cells, on the golden data of the CfC authors' and the ncps library's code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mycaffe_py.device import Device
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

GOLDEN = Path(__file__).parents[2] / "data" / "golden"
CELLS = ["ltc_cell_small", "ltc_cell_ts0", "ncps_ltc_autoncp_softplus", "ncps_ltc_full"]
MODELS = ["ltc_model_small_m3x", "ltc_model_small_none"]
FORWARD = {"float64": 1e-12, "float32": 2e-6}
GRADIENT = {"float64": 1e-10, "float32": 1e-4}
MASKS = {"w.sparsity_mask", "w.sensory_sparsity_mask"}


def load(name):
    with np.load(GOLDEN / f"{name}.npz") as data:
        arrays = {key: data[key] for key in data.files if key != "meta"}
        return json.loads(str(data["meta"])), arrays


def with_inputs(inputs, layer):
    shapes = (
        "shape { " + " ".join(f"dim: {dim}" for dim in array.shape) + " }"
        for array in inputs.values()
    )
    data = f"""force_backward: true
        layer {{ name: "data" type: "Input" {" ".join(f'top: "{name}"' for name in inputs)}
          input_param {{ {" ".join(shapes)} }} }}"""
    return data + layer


def build(registry, inputs, layer, dtype, device=None):
    model = load_net_text(registry.schema, with_inputs(inputs, layer))
    net = Net(model, registry=registry, dtype=dtype, device=device or Device())
    return net, net.device_layers[-1]


def by_name(layer):
    """Return the blobs by the golden cells' names, which have no prefix, or the models'."""
    cell_alone = layer.blob_names[-1] == "rnn_cell.output_b"
    names = [name.removeprefix("rnn_cell.") if cell_alone else name for name in layer.blob_names]
    return dict(zip(names, layer.blobs, strict=True))


def set_weights(layer, arrays):
    blobs = by_name(layer)
    assert {f"w.{name}" for name in blobs} == {key for key in arrays if key[:2] == "w."} - MASKS
    for name, blob in blobs.items():
        blob.data[...] = layer.device.asarray(arrays[f"w.{name}"], dtype=layer.dtype)


def assert_gradients(net, layer, arrays, bottoms, tolerance):
    get = layer.device.to_host
    found = {f"grad.{name}": get(blob.diff) for name, blob in by_name(layer).items()}
    found |= {f"grad_{key}": net.blobs[name].diff for key, name in bottoms.items()}
    assert set(found) == {key for key in arrays if key.startswith("grad")} - {"grad_h_seq"}
    for key, value in found.items():
        expected = arrays[key]
        error = np.abs(value.reshape(expected.shape) - expected).max()
        assert error <= tolerance * max(np.abs(expected).max(), 1e-30), key


def cell_settings(meta):
    settings = (
        f"ltc_unit_param {{ hidden_size: {meta['hidden']} ode_unfolds: {meta['ode_unfolds']} "
    )
    if meta["kind"] == "ltc_cell":
        return settings + "}"
    positivity = "SOFTPLUS" if meta["implicit_param_constraints"] else "NONE"
    # The seed that the recorded wiring was drawn from.
    wiring = {"auto": "AUTO_NCP seed: 873", "full": "FULLY_CONNECTED"}[meta["wiring"][0]]
    return f"""{settings} form: NCPS positivity: {positivity} }}
        wiring_param {{ type: {wiring} motor_neurons: {meta["motor"]} }} top: "output" """


def cell_text(meta):
    return f"""layer {{ name: "cell" type: "LTC_UNIT" bottom: "x" bottom: "h" bottom: "ts" top: "h_new"
        {cell_settings(meta)} }}"""


def model_text(meta, inputs):
    return f"""layer {{ name: "cfc1" type: "CFC" {" ".join(f'bottom: "{name}"' for name in inputs)} top: "y"
        cfc_param {{ cell_type: LTC output_features: {meta["out"]} }}
        ltc_unit_param {{ hidden_size: {meta["hidden"]} }} }}"""


def check_cell(registry, name, dtype, device=None):
    """Run a case forward and backward on a device, the CPU by default; return the layer."""
    meta, arrays = load(name)
    inputs = {"x": arrays["input"], "h": arrays["hx"], "ts": arrays["ts"]}
    net, layer = build(registry, inputs, cell_text(meta), dtype, device)
    set_weights(layer, arrays)
    tops = net.forward(**inputs)
    for top in tops:
        np.testing.assert_allclose(tops[top], arrays[top], rtol=0, atol=FORWARD[dtype])
        net.blobs[top].diff[...] = arrays[f"d{top}"]
    net.backward()
    bottoms = {"input": "x", "hx": "h", "ts": "ts"}
    assert_gradients(net, layer, arrays, bottoms, GRADIENT[dtype])
    return layer


def check_model(registry, name, dtype, device=None):
    """Run a case forward and backward on a device, the CPU by default; return the layer."""
    meta, arrays = load(name)
    inputs = {"x": arrays["x"], "tt": arrays["timespans"]}
    if "mask" in arrays:
        inputs["mask"] = arrays["mask"]
    net, layer = build(registry, inputs, model_text(meta, inputs), dtype, device)
    set_weights(layer, arrays)
    outputs = net.forward(**inputs)
    np.testing.assert_allclose(outputs["y"], arrays["y"], rtol=0, atol=FORWARD[dtype])
    states = layer.device.to_host(layer.state_sequence())
    computed = ~np.isnan(states[:, :, 0])  # not after the last observed step
    expected = arrays["h_seq"][computed]
    np.testing.assert_allclose(states[computed], expected, rtol=0, atol=FORWARD[dtype])
    net.blobs["y"].diff[...] = arrays["dy"]
    net.backward()
    assert_gradients(net, layer, arrays, {"x": "x", "timespans": "tt"}, GRADIENT[dtype])
    return layer
