"""CFC and CFC_UNIT against numbers from the CfC authors' own code (PyTorch autograd, float64)."""

from __future__ import annotations

import pytest

from .golden import CELLS, MODELS, assert_runs, check_cell, check_model, load


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", MODELS)
def test_model(registry, name, dtype, kernels):
    assert_runs(kernels, check_model(registry, name, dtype).cell)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CELLS)
def test_cell(registry, name, dtype, kernels):
    assert_runs(kernels, check_cell(registry, name, dtype).cell)


def test_every_kind_of_case_is_there():
    kinds = {(load(name)[0]["mode"], load(name)[0]["mask"]) for name in MODELS}
    assert {("gate", "m3x"), ("gate", "m2x"), ("gate", "mother"), ("no_gate", "m3x")} <= kinds
    assert {load(name)[0]["activation"] for name in MODELS} == {
        "silu", "relu", "tanh", "gelu", "lecun",
    }  # fmt: skip
    assert len(MODELS) == 45 and len(CELLS) == 7
