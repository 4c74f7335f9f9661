"""CFC and CFC_UNIT on the golden data: numbers from the CfC authors' own code and, without a backbone, from ncps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mycaffe_py.device import Device
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

GOLDEN = Path(__file__).parents[2] / "data" / "golden"
MODELS = sorted(path.stem for path in GOLDEN.glob("cfc_*.npz"))
CELLS = sorted(path.stem for path in GOLDEN.glob("cell_*.npz"))


def load(name):
    with np.load(GOLDEN / f"{name}.npz") as data:
        arrays = {key: data[key] for key in data.files if key != "meta"}
        return json.loads(str(data["meta"])), arrays


def shape(array):
    return "shape { " + " ".join(f"dim: {dim}" for dim in array.shape) + " }"


def unit_param(meta):
    mode = "" if meta["mode"] == "gate" else f"{meta['mode']}: true"
    if not meta["backbone_layers"]:
        return f"cfc_unit_param {{ hidden_size: {meta['hidden']} backbone_layers: 0 {mode} }}"
    return f"""cfc_unit_param {{ hidden_size: {meta["hidden"]} backbone_units: {meta["backbone_units"]}
        backbone_layers: {meta["backbone_layers"]} {mode}
        backbone_activation: {meta["activation"].upper()} }}"""


def build(registry, text, dtype, device):
    model = load_net_text(registry.schema, text)
    return Net(model, registry=registry, dtype=dtype, device=device)


def set_weights(layer, arrays):
    assert {f"w.{name}" for name in layer.blob_names} == {k for k in arrays if k.startswith("w.")}
    for blob, name in zip(layer.blobs, layer.blob_names, strict=True):
        blob.data[...] = layer.device.asarray(arrays[f"w.{name}"], dtype=layer.dtype)


def weight_gradients(layer):
    return {
        f"grad.{name}": layer.device.to_host(blob.diff)
        for name, blob in zip(layer.blob_names, layer.blobs, strict=True)
    }


def assert_gradients(found, arrays, tolerance):
    for key, value in found.items():
        expected = arrays[key]
        error = np.abs(value.reshape(expected.shape) - expected).max()
        assert error <= tolerance * max(np.abs(expected).max(), 1e-30), key


def tolerances(dtype, name):
    if dtype == "float64":
        return 1e-12, 1e-10
    return (2e-5 if "tut" in name else 2e-6), 1e-4


def model_inputs(arrays):
    inputs = {"x": arrays["x"], "tt": arrays["timespans"]}
    return inputs | ({"mask": arrays["mask"]} if "mask" in arrays else {})


def model_text(meta, inputs):
    return f"""force_backward: true
        layer {{ name: "data" type: "Input" {" ".join(f'top: "{name}"' for name in inputs)}
          input_param {{ {" ".join(shape(a) for a in inputs.values())} }} }}
        layer {{ name: "cfc1" type: "CFC" {" ".join(f'bottom: "{name}"' for name in inputs)} top: "y"
          cfc_param {{ input_features: {meta["in_features_cell"]} output_features: {meta["out"]}
            use_mixed: {str(meta["use_mixed"]).lower()}
            return_sequences: {str(meta["return_sequences"]).lower()} }}
          {unit_param(meta)} }}"""


def cell_text(meta, inputs):
    return f"""force_backward: true
        layer {{ name: "data" type: "Input" {" ".join(f'top: "{name}"' for name in inputs)}
          input_param {{ {" ".join(shape(a) for a in inputs.values())} }} }}
        layer {{ name: "cell" type: "CFC_UNIT" bottom: "x" bottom: "h" bottom: "ts" top: "h_new"
          {unit_param(meta)} }}"""


def check_model(registry, name, dtype, device=None):
    """Run a case forward and backward on a device, the CPU by default; return the layer."""
    meta, arrays = load(name)
    inputs = model_inputs(arrays)
    net = build(registry, model_text(meta, inputs), dtype, device or Device())
    layer = net.device_layers[1]
    set_weights(layer, arrays)
    forward, gradient = tolerances(dtype, name)
    outputs = net.forward(**inputs)
    np.testing.assert_allclose(outputs["y"], arrays["y"], rtol=0, atol=forward)
    states = layer.device.to_host(layer.state_sequence())
    computed = ~np.isnan(states[:, :, 0])  # not after the last observed step
    assert computed.all() or "mask" in arrays
    np.testing.assert_allclose(states[computed], arrays["h_seq"][computed], rtol=0, atol=forward)
    net.blobs["y"].diff[...] = arrays["dy"]
    net.backward()
    found = weight_gradients(layer)
    found |= {"grad_x": net.blobs["x"].diff, "grad_timespans": net.blobs["tt"].diff}
    assert_gradients(found, arrays, gradient)
    if meta["mask_all_zero"]:
        assert np.all(outputs["y"] == 0)
    return layer


def check_cell(registry, name, dtype, device=None):
    """Run a case forward and backward on a device, the CPU by default; return the layer."""
    meta, arrays = load(name)
    inputs = {"x": arrays["input"], "h": arrays["hx"], "ts": arrays["ts"]}
    net = build(registry, cell_text(meta, inputs), dtype, device or Device())
    layer = net.device_layers[1]
    set_weights(layer, arrays)
    forward, gradient = tolerances(dtype, name)
    outputs = net.forward(**inputs)
    np.testing.assert_allclose(outputs["h_new"], arrays["h_new"], rtol=0, atol=forward)
    net.blobs["h_new"].diff[...] = arrays["dh_new"]
    net.backward()
    found = weight_gradients(layer)
    found |= {
        f"grad_{k}": net.blobs[n].diff for k, n in (("input", "x"), ("hx", "h"), ("ts", "ts"))
    }
    assert_gradients(found, arrays, gradient)
    return layer


def assert_runs(kernels, cell):
    """Check that a cell, or each of a wiring's, is the one that the fixture ``kernels`` asks for."""
    for one in getattr(cell, "cells", [cell]):
        assert (type(one).__name__ == "CompiledCfcCell") == (kernels == "compiled")
