"""Filter, BatchReindex and ArgMax."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

from ...building import data, fill, layer, make_net, product

X = np.arange(12.0).reshape(4, 3)


def test_filter_keeps_items_in_their_order(build):
    built = build('type: "Filter"', X, [10, 20, 30, 40], [[1], [0], [-2], [0.5]], tops=2)
    assert [blob.shape for blob in built.top] == [(4, 3), (4,)]  # at setup there is no data yet
    built.forward()
    np.testing.assert_array_equal(built.top[0].data, X[[0, 2, 3]])
    assert built.top[1].data.tolist() == [10, 30, 40]
    dx, dn, _ = built.backward(np.ones((3, 3)), [1, 2, 3], propagate_down=[True, True, False])
    assert dx.tolist() == [[1] * 3, [0] * 3, [1] * 3, [1] * 3]
    assert dn.tolist() == [1, 0, 2, 3]


def test_filter_follows_the_selector(build):
    built = build('type: "Filter"', X, [1, 1, 1, 1])
    for kept in ([0, 1, 2, 3], [1], [], [3, 0], [0, 1, 2, 3]):
        built.bottom[1].data[...] = 0
        built.bottom[1].data[kept] = 7
        y = built.forward()
        np.testing.assert_array_equal(y, X[sorted(kept)])
        dx, _ = built.backward(np.ones((len(kept), 3)), propagate_down=[True, False])
        assert dx.any(axis=1).tolist() == [index in kept for index in range(4)]


def test_filter_errors(build):
    message = (
        r'"pick" \(Filter\): bottom "b0" \(4, 3\) and the selector, bottom "b1" \(3,\), must have '
    )
    with pytest.raises(LayerError, match=message + "the same first dimension"):
        build('name: "pick" type: "Filter"', X, [1, 0, 1])
    with pytest.raises(
        LayerError, match=r'the selector, bottom "b1" \(4, 2\), must hold one value'
    ):
        build('type: "Filter"', X, np.zeros((4, 2)))
    with pytest.raises(
        LayerError, match="a top for each bottom but the last, .*3 bottoms and 1 tops"
    ):
        build('type: "Filter"', X, X, [1, 0, 1, 1])
    built = build('name: "pick" type: "Filter"', X, [1, 0, 1, 1])
    built.forward()
    with pytest.raises(LayerError, match=r'the selector, bottom "b1", has no gradient') as caught:
        built.backward(np.ones((3, 3)))
    assert "propagate_down" in caught.value.hint
    assert built.layer.allow_force_backward(0) and not built.layer.allow_force_backward(1)


SELECTED = (
    data((4, 3), (4, 2), (4,))
    + layer("filter", "Filter", "x0 x1 x2", "f t")
    + layer("norm", "BatchNorm", "f", "n")
    + layer("scale", "Scale", "n", "n", "scale_param { bias_term: true }")
    + product("ip", "n", "h")
    + layer("relu", "ReLU", "h", "h")
    + layer("form", "Reshape", "h", "r", "reshape_param { shape { dim: 0 dim: -1 dim: 1 } }")
    + layer("flat", "Flatten", "r", "v")
    + layer("twice", "Eltwise", "v v", "y")
    + layer("loss", "EuclideanLoss", "y t", "loss")
)


def test_a_net_runs_on_an_empty_batch_and_goes_on():
    net = fill(make_net(SELECTED + "force_backward: true"))
    for kept in ([0, 3], [], [1, 2, 3], []):
        net.blobs["x2"].data[...] = 0
        net.blobs["x2"].data[kept] = 1
        net.clear_param_diffs()
        loss = net.forward_backward()
        assert net.blobs["y"].shape == (len(kept), 2)
        assert (loss > 0) == bool(kept)
        assert net.params["ip"][0].diff.any() == bool(kept)
        assert net.blobs["x0"].diff.any() == bool(kept)
    assert all(np.isfinite(blob.data).all() for blob in net.params["norm"])


def test_reindex_picks_and_adds_up(build):
    built = build('type: "BatchReindex"', X, [4 - 1, 0, 3, 3, 1, 0])
    np.testing.assert_array_equal(built.forward(), X[[3, 0, 3, 3, 1, 0]])
    dy = np.arange(18.0).reshape(6, 3)
    dx, _ = built.backward(dy, propagate_down=[True, False])
    np.testing.assert_array_equal(dx, [dy[1] + dy[5], dy[4], [0] * 3, dy[0] + dy[2] + dy[3]])


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 100])
def test_reindex_with_many_repeats(build, rng, count):
    x, indices = rng.standard_normal((5, 2, 2)), rng.integers(0, 5, count)
    built = build('type: "BatchReindex"', x, indices)
    built.forward()
    dy, expected = rng.standard_normal((count, 2, 2)), np.zeros((5, 2, 2))
    for index, row in zip(indices, dy, strict=True):
        expected[index] += row
    np.testing.assert_allclose(built.backward(dy, propagate_down=[True, False])[0], expected)


def test_reindex_with_no_indices(build):
    built = build('type: "BatchReindex"', X, [])
    assert built.forward().shape == (0, 3)
    assert not built.backward(np.zeros((0, 3)), propagate_down=[True, False])[0].any()


def test_reindex_errors(build):
    for indices, value, place in (([0, 4], "4", 1), ([-1, 9], "-1", 0)):
        built = build('name: "pick" type: "BatchReindex"', X, indices)
        with pytest.raises(LayerError) as caught:
            built.forward()
        assert str(caught.value) == (
            f'layer "pick" (BatchReindex): bottom "b1" (2,) holds {value} at index {place}, but axis 0 '
            'of bottom "b0" (4, 3) has 4 items, counted from 0'
        )
    with pytest.raises(LayerError, match=r'"b1" \(2, 1\), must have one axis; .*"b0" \(4, 3\)'):
        build('type: "BatchReindex"', X, [[1], [2]])
    built = build('type: "BatchReindex"', X, [1])
    built.forward()
    with pytest.raises(LayerError, match=r'the indices, bottom "b1", have no gradient'):
        built.backward(np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("settings", "indices", "expected"),
    [
        ("", [2, 0], X[[2, 0]]),
        ("", [[1], [3]], X[[[1], [3]]]),
        ("axis: 1", [[1, 1], [2, 0]], X[:, [[1, 1], [2, 0]]]),
        ("axis: -1", 2, X[:, 2]),
    ],
)
def test_gather_puts_the_shape_of_the_indices_in_the_axis_place(build, settings, indices, expected):
    built = build(f'type: "Gather" gather_param {{ {settings} }}', X, indices)
    np.testing.assert_array_equal(built.forward(), expected)
    dx, _ = built.backward(np.ones(expected.shape), propagate_down=[True, False])
    assert dx.sum() == expected.size


def test_gather_errors(build):
    built = build('type: "Gather" gather_param { axis: 1 }', X, [0, 3])
    with pytest.raises(
        LayerError, match=r'"b1" \(2,\) holds 3 at index 1, but axis 1 .* has 3 items'
    ):
        built.forward()
    with pytest.raises(LayerError, match=r'axis 2 is out of range for bottom "b0" \(4, 3\)'):
        build('type: "Gather" gather_param { axis: 2 }', X, [0])


SCORES = np.array([[3.0, 9.0, 9.0, 1.0], [5.0, 5.0, 5.0, 5.0]])


def arg_max(settings=""):
    return f'name: "best" type: "ArgMax" argmax_param {{ {settings} }}'


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", [[[2]], [[3]]]),
        ("top_k: 3", [[[2, 1, 0]], [[3, 2, 1]]]),
        ("out_max_val: true", [[[2], [9]], [[3], [5]]]),
        ("out_max_val: true top_k: 2", [[[2, 1], [9, 9]], [[3, 2], [5, 5]]]),
        ("axis: 1", [[2], [3]]),
        ("axis: 1 top_k: 4", [[2, 1, 0, 3], [3, 2, 1, 0]]),
        ("axis: -1 out_max_val: true top_k: 3", [[9, 9, 3], [5, 5, 5]]),
        ("axis: 0", [[1, 0, 0, 1]]),
        ("operation: MIN", [[[3]], [[3]]]),
        ("operation: MIN axis: 1 top_k: 3", [[3, 0, 2], [3, 2, 1]]),
        ("axis: 0 out_max_val: true", [[5, 9, 9, 5]]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arg_max_puts_the_larger_index_first(build, settings, expected, dtype):
    y = build(arg_max(settings), SCORES, dtype=dtype).forward()
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(
    ("shape", "settings", "expected"),
    [
        ((5,), "", (5, 1, 1)),
        ((2, 6, 3, 4), "", (2, 1, 1, 1)),
        ((2, 6, 3, 4), "top_k: 72", (2, 1, 72, 1)),
        ((2, 6, 3, 4), "top_k: 5 out_max_val: true", (2, 2, 5, 1)),
        ((2, 6, 3, 4, 2), "top_k: 5", (2, 1, 5, 1, 1)),
        ((2, 6, 3, 4), "axis: 1 top_k: 5", (2, 5, 3, 4)),
        ((2, 6, 3, 4), "axis: -1 top_k: 2 out_max_val: true", (2, 6, 3, 2)),
    ],
)
def test_arg_max_shapes(build, rng, shape, settings, expected):
    assert build(arg_max(settings), rng.standard_normal(shape)).forward().shape == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("top_k: 0", r'top_k is 0, but must be from 1 to 4, .* bottom "b0" \(2, 4\)'),
        ("top_k: 5", r'top_k is 5, but must be from 1 to 4, .* bottom "b0" \(2, 4\)'),
        ("top_k: 3 axis: 0", r'top_k is 3, but must be from 1 to 2, .* bottom "b0" \(2, 4\)'),
        ("axis: 2", r'axis 2 is out of range for bottom "b0" \(2, 4\)'),
    ],
)
def test_arg_max_errors(build, settings, message):
    with pytest.raises(LayerError, match=r'layer "best" \(ArgMax\): ' + message):
        build(arg_max(settings), SCORES)


def test_arg_max_has_no_gradient(build):
    built = build(arg_max(), SCORES)
    built.forward()
    with pytest.raises(LayerError, match=r'"best" \(ArgMax\): .* has no gradient'):
        built.backward(np.zeros((2, 1, 1)))
    built.backward(np.zeros((2, 1, 1)), propagate_down=[False])
