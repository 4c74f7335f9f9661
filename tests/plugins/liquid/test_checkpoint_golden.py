"""Checkpoints of every golden case: the converted weights give the golden outputs, and come back with the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from .states import CASES, assert_same, case, converted, outputs, put


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_there_and_back(registry, tmp_path, name):
    one = put(tmp_path, name)
    assert converted("m.safetensors", "w.caffemodel") == 0
    found = outputs(registry, one, "w.caffemodel")
    for top, expected in one.tops.items():
        np.testing.assert_allclose(found[top], expected, rtol=0, atol=1e-12)
    assert converted("w.caffemodel", "back.safetensors") == 0
    masks = {key for key in one.state if key.endswith("sparsity_mask")}
    assert all(one.state[key].dtype == np.float64 for key in one.state.keys() - masks)
    assert_same("back.safetensors", one.state)


@pytest.mark.parametrize(
    "name", ["cfc_small_gate_silu_m3x_mixed", "ncps_ltc_autoncp_softplus", "ncps_cfc_autoncp"]
)
def test_in_single_precision(registry, tmp_path, name):
    def single(state):
        for key in state:
            state[key] = state[key].astype(np.float32)

    one = put(tmp_path, name, single)
    converted("m.safetensors", "w.caffemodel.h5")
    found = outputs(registry, one, "w.caffemodel.h5", "float32")
    for top, expected in one.tops.items():
        np.testing.assert_allclose(found[top], expected, rtol=0, atol=2e-6)
    converted("w.caffemodel.h5", "back.safetensors")
    assert_same("back.safetensors", one.state)


def test_every_family_is_among_the_cases():
    states = [case(name).state for name in CASES]
    for mark in (
        "rnn_cell.backbone.2.weight", "rnn_cell.time_b.bias", "rnn_cell.w_tau", "backbone.0.weight",
        "lstm.recurrent_map.weight", "rnn_cell.gleak", "gleak", "sparsity_mask", "rnn_cell.layer_2.sparsity_mask",
    ):  # fmt: skip
        assert any(mark in state for state in states), mark
