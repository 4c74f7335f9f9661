"""Float settings read as the digits of the file."""

from __future__ import annotations

import math

import pytest

from mycaffe_py.plugins import default_registry
from mycaffe_py.schema.decimals import DecimalSettings, as_written


@pytest.mark.parametrize("number", [0, 1, 0.1, 0.9, 0.999, 1e-8, 0.0005, -3.3, 1e30, math.inf])
def test_digits(number):
    param = default_registry().schema.new("SolverParameter", base_lr=number)
    assert as_written(param.base_lr) == number


def test_nan_stays_nan():
    assert math.isnan(as_written(math.nan))


def test_other_fields_pass_through():
    text = 'type: "SGD" base_lr: 0.9 adamw_decay: 0.1 max_iter: 7 stepvalue: [1, 2]'
    param = default_registry().schema.parse_text(text, "SolverParameter").message
    assert param.base_lr != 0.9
    settings = DecimalSettings(param)
    assert (settings.base_lr, settings.adamw_decay, settings.max_iter) == (0.9, 0.1, 7)
    assert settings.type == "SGD" and list(settings.stepvalue) == [1, 2]
    assert settings.delta == 1e-8  # a default
    param.base_lr = 0.3
    assert settings.base_lr == 0.3  # a view, not a copy
