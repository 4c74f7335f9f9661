"""forward_all and forward_backward_all: arrays of any length, batch by batch."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, ShapeError

from ..building import data, layer, make_net, product

NET = "force_backward: true " + data((4, 3)) + product("ip", "x0", "y")


@pytest.fixture
def net():
    return make_net(NET)


def expected(net, x):
    weight, bias = (blob.data for blob in net.params["ip"])
    return x @ weight.T + bias


@pytest.mark.parametrize("length", [1, 3, 4, 5, 8, 11])
def test_forward_all(net, rng, length):
    x = rng.standard_normal((length, 3))
    out = net.forward_all(x0=x)
    assert list(out) == ["y"] and out["y"].shape == (length, 2)
    np.testing.assert_allclose(out["y"], expected(net, x), rtol=1e-12)


def test_forward_all_returns_further_blobs(net, rng):
    x = rng.standard_normal((6, 3))
    out = net.forward_all(blobs=["x0"], x0=x)
    np.testing.assert_array_equal(out["x0"], x)


def test_the_results_are_copies(net):
    first = net.forward_all(x0=np.ones((4, 3)))["y"]
    kept = first.copy()
    net.forward_all(x0=np.zeros((4, 3)))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("length", [3, 8, 10])
def test_forward_backward_all(net, rng, length):
    x, dy = rng.standard_normal((length, 3)), rng.standard_normal((length, 2))
    out, diffs = net.forward_backward_all(blobs=["x0"], diffs=["y"], x0=x, y=dy)
    np.testing.assert_allclose(out["y"], expected(net, x), rtol=1e-12)
    np.testing.assert_array_equal(out["x0"], x)
    np.testing.assert_array_equal(diffs["y"], dy)
    np.testing.assert_allclose(diffs["x0"], dy @ net.params["ip"][0].data, rtol=1e-12)


def test_an_output_without_a_batch_axis_comes_once_for_each_batch():
    net = make_net(
        data((4, 3), (4, 2))
        + product("ip", "x0", "y")
        + layer("l", "EuclideanLoss", "y x1", "loss")
    )
    out = net.forward_all(x0=np.ones((6, 3)), x1=np.ones((6, 2)))
    assert out["loss"].shape == (2,)


def test_batches_are_filled_up_with_zeros(net):
    batches = list(net._batch({"x0": np.ones((6, 3), np.float32)}))
    assert [batch["x0"].shape for batch in batches] == [(4, 3), (4, 3)]
    assert batches[1]["x0"].sum() == 6 and batches[1]["x0"].dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: net.forward_all(), ConfigError, r"Give arrays for the net's inputs: \['x0'\]"),
        (lambda net: net.forward_all(x0=np.ones((0, 3))), ShapeError, "same nonzero length"),
        (lambda net: net.forward_all(q=np.ones((2, 3))), ConfigError, 'no blob "q"'),
        (
            lambda net: net.forward_backward_all(x0=np.ones((4, 3)), y=np.ones((3, 2))), ShapeError,
            r"same nonzero length.*'x0': 4, 'y': 3",
        ),
        (
            lambda net: net.forward_backward_all(x0=np.ones((4, 3)), z=np.ones((4, 2))), ConfigError,
            r"do not match net inputs and outputs. Given: \['x0', 'z'\]",
        ),
    ],
)  # fmt: skip
def test_wrong_arrays(net, call, error, message):
    with pytest.raises(error, match=message):
        call(net)
