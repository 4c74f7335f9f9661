"""Tests that hold for the plain cells and for the compiled ones."""

from __future__ import annotations

import pytest
from mycaffe_plugins.liquid.compiled_ltc_cell import CompiledLtcCell
from mycaffe_plugins.liquid.ltc_cell import LtcCell

from mycaffe_py.compiled import SWITCH


@pytest.fixture(params=["plain", "compiled"])
def either_ltc_cell(request, monkeypatch):
    """Run a test with the plain LTC cell and with the compiled one, and make sure that this is the one that runs."""
    monkeypatch.setenv(SWITCH, "1" if request.param == "compiled" else "0")
    used, forward = [], LtcCell.forward

    def noted(self, *args):
        used.append(type(self))
        forward(self, *args)

    monkeypatch.setattr(LtcCell, "forward", noted)
    yield request.param
    expected = CompiledLtcCell if request.param == "compiled" else LtcCell
    # The checkers of layers also run them on a device that has no compiled kernels.
    assert expected in used or not used
    assert CompiledLtcCell not in used or expected is CompiledLtcCell
