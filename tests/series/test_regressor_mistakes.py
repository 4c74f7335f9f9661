"""LiquidRegressor: what is wrong with data and parameters is named."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DataError, ShapeError

from .test_regressor import SPANS, X, Y, quick


@pytest.mark.parametrize(
    ("params", "data", "error", "words"),
    [
        ({}, {"y": Y[:5]}, ShapeError, "y is (5,), expected (120,)"),
        ({}, {"y": np.where(Y > 2, np.nan, Y) * np.nan}, DataError, "y contains NaN: sample 0"),
        ({}, {"y": None}, DataError, "requires y"),
        ({}, {"X": np.where(X[3, 2] == X, np.inf, X)}, DataError, "sample 3, step 2, feature 0"),
        ({}, {"X": np.full_like(X, np.nan)}, DataError, "no observed value"),
        ({}, {"X": X[:0]}, DataError, "0 sample(s)"),
        ({}, {"X": X[:, :0]}, DataError, "0 step(s)"),
        ({}, {"X": X[:, :, :0]}, DataError, "0 feature(s)"),
        ({}, {"X": X[0, :, 0]}, ShapeError, "Reshape your data"),
        ({}, {"X": [["a"]] * 120}, DataError, "X must hold numbers"),
        ({}, {"X": None}, DataError, "not NoneType"),
        ({}, {"X": [X[0], X[1][:0]], "y": Y[:2]}, DataError, "X[1] is empty"),
        ({}, {"X": [X[0], np.ones((3, 2))], "y": Y[:2]}, ShapeError, "X[1] is (3, 2)"),
        ({}, {"lengths": np.full(120, 9)}, DataError, "lengths[0] is 9"),
        ({}, {"lengths": [3]}, ShapeError, "lengths is (1,)"),
        ({}, {"mask": np.full_like(X, 0.5)}, DataError, "0 and 1"),
        ({}, {"mask": np.ones((120, 3, 1))}, ShapeError, "mask is (120, 3, 1)"),
        ({}, {"X": [X[0], X[1][:3]], "times": [SPANS[0], SPANS[1][:4]], "y": Y[:2]}, ShapeError,
         "times[1] has 4 steps"),
        ({"scale": False}, {"X": 1e300 * X}, DataError, "X holds numbers that are too large"),
        ({"scale": False}, {"y": 1e300 * Y}, DataError, "y holds numbers that are too large"),
        ({}, {"times": SPANS[:, :3]}, ShapeError, "times is (120, 3)"),
        ({}, {"times": -SPANS}, DataError, "spans must not be negative"),
        ({}, {"times": SPANS * np.nan}, DataError, "expected a finite time"),
        ({"time": "absolute"}, {"times": SPANS}, DataError, "absolute times must not decrease"),
        ({"time": "seconds"}, {}, ConfigError, "time must be one of"),
        ({"time_column": 0}, {}, ShapeError, "at least 2 features"),
        ({"hidden_size": 0}, {}, ConfigError, "hidden_size must be a whole number"),
        ({"learning_rate": "fast"}, {}, ConfigError, "learning_rate must be a number"),
        ({"validation_share": 1.0}, {}, ConfigError, "validation_share"),
        ({"cell": "lstm"}, {}, ConfigError, "cell must be one of"),
        ({"random_state": -1}, {}, ConfigError, "random_state"),
        ({"device": "abacus"}, {}, ConfigError, "unknown device"),
        ({"callbacks": 3}, {}, ConfigError, "a callback is"),
        ({}, {"sample_weight": -np.ones(120)}, DataError, "sample_weight[0] is -1"),
        ({}, {"sample_weight": np.zeros(120)}, DataError, "zero for every sample"),
        ({}, {"sample_weight": np.ones(3)}, ShapeError, "sample_weight is (3,)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_mistakes_are_named(params, data, error, words):
    with pytest.raises(error) as caught:
        quick(**params).fit(**{"X": X, "y": Y, **data})
    assert words in str(caught.value)
