"""Embed: lookups, repeated indices and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

from ...building import data, layer, make_net, product

TEXT = 'type: "Embed" embed_param { num_output: 2 input_dim: 4 %s }'
TABLE = np.array([[0.0, 1.0], [10.0, 11.0], [20.0, 21.0], [30.0, 31.0]])


@pytest.fixture
def embed(build):
    def make(x, settings="", **options):
        built = build(TEXT % settings, x, **options)
        built.layer.blobs[0].data[...] = TABLE
        return built

    return make


def test_rows_are_looked_up(embed):
    built = embed([[3, 0], [0, 1]])
    built.layer.blobs[1].data[...] = [0.5, -0.5]
    y = built.forward()
    assert y.shape == (2, 2, 2)
    np.testing.assert_array_equal(y, TABLE[[[3, 0], [0, 1]]] + [0.5, -0.5])


def test_the_table_starts_at_zero_without_a_filler(build):
    weight, bias = build(TEXT % "", [1, 2]).layer.blobs
    assert weight.shape == (4, 2) and bias.shape == (2,)
    assert not weight.data.any() and not bias.data.any()


def test_an_axis_of_one_stays(embed):
    assert embed(np.zeros((3, 1))).forward().shape == (3, 1, 2)
    assert embed(2).forward().tolist() == [20, 21]
    assert embed(np.zeros((0, 3))).forward().shape == (0, 3, 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_of_repeated_indices_add_up(embed, dtype):
    built = embed([2, 0, 2, 2], dtype=dtype)
    built.forward()
    weight, bias = built.layer.blobs
    weight.diff[...] = 100
    dy = np.array([[1, 2], [3, 4], [5, 6], [7, 8]])
    built.backward(dy, propagate_down=[False])
    assert weight.diff.tolist() == [[103, 104], [100, 100], [113, 116], [100, 100]]
    assert bias.diff.tolist() == [16, 20]
    assert weight.diff.dtype == dtype


def test_many_rows_against_a_loop(build, rng):
    indices = rng.integers(0, 30, (40, 5))
    built = build('type: "Embed" embed_param { num_output: 7 input_dim: 30 }', indices)
    built.forward()
    dy = rng.standard_normal((40, 5, 7))
    built.backward(dy, propagate_down=[False])
    expected = np.zeros((30, 7))
    for place in np.ndindex(40, 5):
        expected[indices[place]] += dy[place]
    np.testing.assert_allclose(built.layer.blobs[0].diff, expected, 1e-12, 1e-12)
    np.testing.assert_allclose(built.layer.blobs[1].diff, dy.sum((0, 1)), 1e-12, 1e-12)


def test_blobs_that_do_not_learn(embed):
    built = embed([1, 2])
    built.layer.param_propagate_down[:] = [False, False]
    built.forward()
    built.backward(np.ones((2, 2)), propagate_down=[False])
    assert not built.layer.blobs[0].diff.any() and not built.layer.blobs[1].diff.any()


def test_without_bias(embed):
    built = embed([1], "bias_term: false")
    assert len(built.layer.blobs) == 1
    assert built.forward().tolist() == [[10, 11]]


def test_both_ways_of_mycaffe_to_add_up(build):
    for way in ("ACCUMULATE", "FAST"):
        build(TEXT % f"backward_compute_type: {way}", [1])


@pytest.mark.parametrize("value", [-1, 4, 1.5, 1e30, np.inf, -np.inf, np.nan])
def test_values_that_are_no_index(embed, value):
    built = embed([[0, 1, 2], [3, value, -7]])
    message = re.escape(
        f'layer "it" (Embed): bottom "b0" (2, 3) holds {value:g} at (1, 1), but its values must be '
        'whole numbers from 0 to 3: rows of blob "weight" (4, 2)'
    )
    with pytest.raises(LayerError, match=message):
        built.forward()


def test_indices_have_no_gradient(embed):
    built = embed([1, 2])
    built.forward()
    message = r'\(Embed\): the indices in bottom "b0" have no gradient'
    with pytest.raises(LayerError, match=message):
        built.backward(np.ones((2, 2)), propagate_down=[True])


TABLE_SETTINGS = "embed_param { num_output: 2 input_dim: 4 }"


def test_a_layer_below_that_learns_is_refused():
    net = make_net(
        data((2, 3), (2, 2, 2))
        + product("fc", "x0", "h")
        + layer("vectors", "Embed", "h", "y", TABLE_SETTINGS)
        + layer("loss", "EuclideanLoss", "y x1", "loss")
    )
    net.parameters.data[...] = 0
    net.forward()
    with pytest.raises(LayerError, match=r'"vectors" \(Embed\): the indices in bottom "h"'):
        net.backward()


def test_force_backward_stops_at_the_indices():
    net = make_net(
        "force_backward: true "
        + data((2,), (2, 2))
        + layer("vectors", "Embed", "x0", "y", TABLE_SETTINGS)
        + layer("loss", "EuclideanLoss", "y x1", "loss")
    )
    net.forward_backward()
    assert not net.bottom_need_backward[net.layer_index("vectors")][0]


@pytest.mark.parametrize("name", ["num_output", "input_dim"])
def test_sizes_must_be_given(build, name):
    other = {"num_output": "input_dim", "input_dim": "num_output"}[name]
    with pytest.raises(LayerError, match=rf'"it" \(Embed\): {name} is 0, but must') as caught:
        build(f'type: "Embed" embed_param {{ {other}: 3 }}', [1])
    assert caught.value.field == f"embed_param.{name}"
