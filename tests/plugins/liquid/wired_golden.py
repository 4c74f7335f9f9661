"""Wired CfC cells on the golden data: numbers from the ncps library (PyTorch, float64)."""

from __future__ import annotations

import json

import numpy as np

from mycaffe_py.device import Device
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

from ...conftest import DATA

# The seeds that the wirings of the golden data have.
WIRINGS = {
    "ncps_cfc_autoncp": "wiring_param { type: AUTO_NCP motor_neurons: 2 seed: 6440 }",
    "ncps_cfc_default_lecun": "",
}


def load(name):
    with np.load(DATA / "golden" / f"{name}.npz") as data:
        arrays = {key: data[key] for key in data.files if key != "meta"}
        return json.loads(str(data["meta"])), arrays


def net_text(name, meta, inputs):
    wiring = WIRINGS[name]
    output = "" if wiring else f"output_features: {meta['out']}"
    backbone = (
        "" if wiring else f"backbone_units: {meta['backbone_units']} backbone_activation: LECUN"
    )
    shapes = " ".join(
        "shape { " + " ".join(f"dim: {dim}" for dim in array.shape) + " }"
        for array in inputs.values()
    )
    return f"""force_backward: true
        layer {{ name: "data" type: "Input" {" ".join(f'top: "{name}"' for name in inputs)}
          input_param {{ {shapes} }} }}
        layer {{ name: "cfc1" type: "CFC" {" ".join(f'bottom: "{name}"' for name in inputs)} top: "y"
          cfc_param {{ hidden_size: {meta["hidden"]} {output} initial_state: true return_sequences: true }}
          cfc_unit_param {{ {backbone} }} {wiring} }}"""


def set_weights(layer, arrays):
    names = {f"w.{name}" for name in layer.blob_names}
    assert names == {k for k in arrays if k.startswith("w.") and not k.endswith("sparsity_mask")}
    for blob, name in zip(layer.blobs, layer.blob_names, strict=True):
        blob.data[...] = layer.device.asarray(arrays[f"w.{name}"], dtype=layer.dtype)


def check_wired(registry, name, dtype, device=None):
    """Run a case from a given state forward and backward on a device, the CPU by default; return the layer."""
    forward, gradient = (1e-12, 1e-10) if dtype == "float64" else (2e-6, 1e-4)
    meta, arrays = load(name)
    inputs = {"x": arrays["x"], "tt": arrays["timespans"], "h0": arrays["h0"]}
    text = net_text(name, meta, inputs)
    device = device or Device()
    model = load_net_text(registry.schema, text)
    net = Net(model, registry=registry, dtype=dtype, device=device)
    layer = net.device_layers[1]
    set_weights(layer, arrays)
    y = net.forward(**inputs)["y"]
    np.testing.assert_allclose(y, arrays["y"], rtol=0, atol=forward)
    states = device.to_host(layer.state_sequence())
    np.testing.assert_allclose(states, arrays["h_seq"], rtol=0, atol=forward)
    net.blobs["y"].diff[...] = arrays["dy"]
    net.backward()
    found = {
        f"grad.{n}": device.to_host(b.diff)
        for n, b in zip(layer.blob_names, layer.blobs, strict=True)
    }
    for key, blob in (("grad_x", "x"), ("grad_timespans", "tt"), ("grad_h0", "h0")):
        found[key] = net.blobs[blob].diff
    for key, value in found.items():
        error = np.abs(value - arrays[key]).max()
        assert value.dtype == dtype and value.shape == arrays[key].shape, key
        assert error <= gradient * np.abs(arrays[key]).max(), key
    return layer
