"""``net.predict``: whose weights it uses, and outputs that no row belongs to."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import TEST, Net
from mycaffe_py.errors import ConfigError, ShapeError

X = np.random.default_rng(4).standard_normal((10, 6))
NET = """name: "n"
layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 4 dim: 6 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
"""
FIXED = """
layer { name: "r" type: "Reshape" bottom: "y" top: "r" reshape_param { shape { dim: 2 dim: -1 } } }
"""


def test_weights_that_were_shared_later():
    net, other = Net(NET, dtype="float64"), Net(NET, dtype="float64")
    net.predict(X)
    net.share_with(other)
    other.params["ip"][0].data[...] = 3
    np.testing.assert_allclose(net.predict(X)["y"], 3 * X.sum(1, keepdims=True) * [1, 1])


def test_an_output_without_rows_whose_shape_differs():
    net = Net(NET + FIXED, TEST)
    assert net.predict(X[:8])["r"].shape == (2, 2, 4)  # once for each batch
    with pytest.raises(ShapeError, match=r'"r" has no axis of rows.*\(2, 2\), \(2, 4\)') as got:
        net.predict(X, batch_size=4)
    assert "divides the number of rows" in got.value.hint
    assert net.blobs["x"].shape == (4, 6)


@pytest.mark.parametrize("blobs", [3, [3], ["y", None], b"y", {"y": 1}.items()])
def test_what_names_no_blobs(blobs):
    with pytest.raises(ConfigError, match="takes the name of a blob or a list of names"):
        Net(NET, TEST).predict(X, blobs=blobs)
