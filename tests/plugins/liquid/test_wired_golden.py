"""Wired CfC cells, and a plain one from a given state, against numbers from the ncps library (PyTorch, float64)."""

from __future__ import annotations

import pytest

from .golden import assert_runs
from .wired_golden import WIRINGS, check_wired


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", WIRINGS)
def test_a_sequence_from_a_given_state(registry, name, dtype, kernels):
    assert_runs(kernels, check_wired(registry, name, dtype).cell)
