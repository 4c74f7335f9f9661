"""CFC and CFC_UNIT against numbers from the CfC authors' own code (PyTorch autograd, float64)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

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
    return f"""cfc_unit_param {{ hidden_size: {meta["hidden"]} backbone_units: {meta["backbone_units"]}
        backbone_layers: {meta["backbone_layers"]} {mode}
        backbone_activation: {meta["activation"].upper()} }}"""


def build(registry, text, dtype):
    return Net(load_net_text(registry.schema, text), registry=registry, dtype=dtype)


def set_weights(layer, arrays):
    assert {f"w.{name}" for name in layer.blob_names} == {k for k in arrays if k.startswith("w.")}
    for blob, name in zip(layer.blobs, layer.blob_names, strict=True):
        blob.data[...] = arrays[f"w.{name}"]


def assert_gradients(found, arrays, tolerance):
    for key, value in found.items():
        expected = arrays[key]
        error = np.abs(value.reshape(expected.shape) - expected).max()
        assert error <= tolerance * max(np.abs(expected).max(), 1e-30), key


def tolerances(dtype, name):
    if dtype == "float64":
        return 1e-12, 1e-10
    return (2e-5 if "tut" in name else 2e-6), 1e-4


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", MODELS)
def test_model(registry, name, dtype):
    meta, arrays = load(name)
    inputs = {"x": arrays["x"], "tt": arrays["timespans"]}
    if "mask" in arrays:
        inputs["mask"] = arrays["mask"]
    net = build(
        registry,
        f"""force_backward: true
        layer {{ name: "data" type: "Input" {" ".join(f'top: "{name}"' for name in inputs)}
          input_param {{ {" ".join(shape(a) for a in inputs.values())} }} }}
        layer {{ name: "cfc1" type: "CFC" {" ".join(f'bottom: "{name}"' for name in inputs)} top: "y"
          cfc_param {{ input_features: {meta["in_features_cell"]} output_features: {meta["out"]}
            use_mixed: {str(meta["use_mixed"]).lower()}
            return_sequences: {str(meta["return_sequences"]).lower()} }}
          {unit_param(meta)} }}""",
        dtype,
    )
    layer = net.layer_dict["cfc1"]
    set_weights(layer, arrays)
    forward, gradient = tolerances(dtype, name)
    outputs = net.forward(**inputs)
    np.testing.assert_allclose(outputs["y"], arrays["y"], rtol=0, atol=forward)
    states = layer.state_sequence()
    computed = ~np.isnan(states[:, :, 0])  # not after the last observed step
    assert computed.all() or "mask" in arrays
    np.testing.assert_allclose(states[computed], arrays["h_seq"][computed], rtol=0, atol=forward)
    net.blobs["y"].diff[...] = arrays["dy"]
    net.backward()
    found = {f"grad.{n}": b.diff for n, b in zip(layer.blob_names, layer.blobs, strict=True)}
    found |= {"grad_x": net.blobs["x"].diff, "grad_timespans": net.blobs["tt"].diff}
    assert_gradients(found, arrays, gradient)
    if meta["mask_all_zero"]:
        assert np.all(outputs["y"] == 0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CELLS)
def test_cell(registry, name, dtype):
    meta, arrays = load(name)
    inputs = {"x": arrays["input"], "h": arrays["hx"], "ts": arrays["ts"]}
    net = build(
        registry,
        f"""force_backward: true
        layer {{ name: "data" type: "Input" {" ".join(f'top: "{name}"' for name in inputs)}
          input_param {{ {" ".join(shape(a) for a in inputs.values())} }} }}
        layer {{ name: "cell" type: "CFC_UNIT" bottom: "x" bottom: "h" bottom: "ts" top: "h_new"
          {unit_param(meta)} }}""",
        dtype,
    )
    layer = net.layer_dict["cell"]
    set_weights(layer, arrays)
    forward, gradient = tolerances(dtype, name)
    outputs = net.forward(**inputs)
    np.testing.assert_allclose(outputs["h_new"], arrays["h_new"], rtol=0, atol=forward)
    net.blobs["h_new"].diff[...] = arrays["dh_new"]
    net.backward()
    found = {f"grad.{n}": b.diff for n, b in zip(layer.blob_names, layer.blobs, strict=True)}
    found |= {
        f"grad_{k}": net.blobs[n].diff for k, n in (("input", "x"), ("hx", "h"), ("ts", "ts"))
    }
    assert_gradients(found, arrays, gradient)


def test_every_kind_of_case_is_there():
    kinds = {(load(name)[0]["mode"], load(name)[0]["mask"]) for name in MODELS}
    assert {("gate", "m3x"), ("gate", "m2x"), ("gate", "mother"), ("no_gate", "m3x")} <= kinds
    assert {load(name)[0]["activation"] for name in MODELS} == {
        "silu", "relu", "tanh", "gelu", "lecun",
    }  # fmt: skip
    assert len(MODELS) == 42 and len(CELLS) == 4
