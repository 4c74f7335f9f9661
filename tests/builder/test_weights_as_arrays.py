"""Weights that are given to build_training as arrays."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.errors import ConfigError

MODEL = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 3 } }
"""
SETTINGS = {"solver": {"type": "SGD", "base_lr": 0.1}, "model": MODEL, "device": "cpu"}
ARRAYS = {"ip/0": np.arange(6.0).reshape(3, 2), "ip/1": np.array([7.0, 8.0, 9.0])}


def test_they_are_the_weights_of_the_net():
    net = build_training(**SETTINGS, phase="TEST", weights=ARRAYS).net
    found = net.predict(np.array([[1.0, 10.0]]))["y"]
    np.testing.assert_array_equal(found, [[10 + 7, 2 + 30 + 8, 4 + 50 + 9]])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"ip/1": None}, r'"ip/1": the net has \(3,\), and given is none'),
        ({"ip/0": np.zeros((2, 3))}, r'"ip/0": the net has \(3, 2\), and given is \(2, 3\)'),
        ({"ip/2": np.zeros(3)}, r'"ip/2": the net has none, and given is \(3,\)'),
    ],
)
def test_they_are_all_weights_in_their_shapes(change, match):
    given = {name: each for name, each in {**ARRAYS, **change}.items() if each is not None}
    with pytest.raises(ConfigError, match=match):
        build_training(**SETTINGS, phase="TEST", weights=given)
