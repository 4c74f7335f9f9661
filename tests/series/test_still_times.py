"""Times that stand still within a series are refused: they say nothing of what comes next."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.series import LiquidForecaster

from .conftest import QUICK, wave


def test_one_of_several_series_may_not_stand_still():
    table = {
        "when": np.concatenate([np.arange(40), np.zeros(40, int)]),
        "level": wave(80),
        "which": ["a"] * 40 + ["b"] * 40,
    }
    with pytest.raises(DataError, match='"0" is the time of every row of its series'):
        LiquidForecaster(**{**QUICK, "series_column": "which"}).fit(table)


def test_the_only_series_may_not_stand_still():
    with pytest.raises(DataError, match='"7" is the time of every row'):
        LiquidForecaster(**QUICK).fit({"when": np.full(60, 7), "level": wave(60)})
