"""Tests that run with compiled kernels and without."""

from __future__ import annotations

import pytest

from mycaffe_py.compiled import SWITCH


@pytest.fixture(params=["compiled", "NumPy"])
def kernels(request, monkeypatch):
    """Which kernels the layers of a test take."""
    monkeypatch.setenv(SWITCH, "0" if request.param == "NumPy" else "1")
    return request.param
