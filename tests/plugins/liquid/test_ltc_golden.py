"""LTC_UNIT, and CFC with LTC cells, against the CfC authors' and the ncps library's code (PyTorch, float64)."""

from __future__ import annotations

import numpy as np
import pytest

from .ltc_golden import (
    CELLS,
    FORWARD,
    GRADIENT,
    MODELS,
    assert_gradients,
    build,
    cell_settings,
    check_cell,
    check_model,
    load,
    set_weights,
)

pytestmark = pytest.mark.usefixtures("either_ltc_cell")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CELLS)
def test_cell(registry, name, dtype):
    check_cell(registry, name, dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", MODELS)
def test_model(registry, name, dtype):
    check_model(registry, name, dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [name for name in CELLS if name.startswith("ncps")])
def test_a_sequence_of_one_step_gives_the_motor_neurons(registry, name, dtype):
    meta, arrays = load(name)
    inputs = {"x": arrays["input"][:, None], "tt": arrays["ts"], "h": arrays["hx"]}
    settings = cell_settings(meta).replace("output", "y")
    text = f"""layer {{ name: "cfc1" type: "CFC" bottom: "x" bottom: "tt" bottom: "h" {settings} top: "h_new"
        cfc_param {{ cell_type: LTC initial_state: true }} }}"""
    net, layer = build(registry, inputs, text, dtype)
    set_weights(layer, arrays)
    tops = net.forward(**inputs)
    for top, key in (("y", "output"), ("h_new", "h_new")):
        np.testing.assert_allclose(tops[top], arrays[key], rtol=0, atol=FORWARD[dtype])
        net.blobs[top].diff[...] = arrays[f"d{key}"]
    net.backward()
    bottoms = {"input": "x", "hx": "h", "ts": "tt"}
    assert_gradients(net, layer, arrays, bottoms, GRADIENT[dtype])
