"""Learnable parameters: sharing by name, multipliers, and the one buffer."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from mycaffe_py.errors import PrototxtError
from mycaffe_py.layer import Layer
from mycaffe_py.net.parameters import Parameter, ParameterBuffer

from ..building import data, fill, layer, make_layer, make_net, product

LOSS = layer("loss", "EuclideanLoss", "c x1", "loss")


def shared(first="", second="", second_outputs=3):
    """Two InnerProduct layers in a row, 3 -> 3 -> 3, whose weights are both called w."""
    return (
        data((4, 3), (4, second_outputs))
        + product("a", "x0", "b", 3, f'param {{ name: "w" {first} }}')
        + product("b", "b", "c", second_outputs, f'param {{ name: "w" {second} }}')
        + LOSS
    )


def test_the_first_layer_owns_the_weight():
    net = make_net(shared())
    (a_weight, a_bias), (b_weight, b_bias) = net.params["a"], net.params["b"]
    assert np.shares_memory(a_weight.data, b_weight.data)
    assert np.shares_memory(a_weight.diff, b_weight.diff)
    assert not np.shares_memory(a_bias.data, b_bias.data)
    assert net.learnable_params == [a_weight, a_bias, b_bias]
    assert net.parameters.data.size == 9 + 3 + 3


def test_gradients_of_a_shared_weight_add_up():
    net = fill(make_net(shared()))
    apart = fill(make_net(shared().replace('name: "w"', "")))
    for name in ("a", "b"):
        for blob, source in zip(apart.params[name], net.params[name], strict=True):
            blob.data[...] = source.data
    for each in (net, apart):
        each.clear_param_diffs()
        each.forward()
        each.backward()
    wanted = apart.params["a"][0].diff + apart.params["b"][0].diff
    assert np.abs(apart.params["a"][0].diff).min() > 0
    np.testing.assert_allclose(net.params["a"][0].diff, wanted, rtol=1e-12)
    np.testing.assert_allclose(net.params["a"][1].diff, apart.params["a"][1].diff, rtol=1e-12)


def test_sharing_within_one_layer_and_by_the_same_name_only():
    text = data((4, 2), (4, 2)) + product("a", "x0", "c", 2, 'param { } param { name: "w" }') + LOSS
    net = make_net(text)
    assert len(net.learnable_params) == 2


def test_values_of_sharers_are_freed_while_the_net_is_built():
    size, layers = 256, 12
    text = data((1, size)) + "".join(
        product(f"p{index}", f"x{index}", f"x{index + 1}", size, 'param { name: "w" }')
        for index in range(layers)
    )
    tracemalloc.start()
    try:
        net = make_net(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    weight = size * size * 8
    assert net.params["p0"][0].data.nbytes == weight
    # About 4: data and diff of the buffer, the first layer's values, those of the layer in the making.
    assert peak < layers / 2 * weight


@pytest.mark.parametrize(
    ("second", "outputs", "message"),
    [
        ("", 2, r"shapes differ, \(2, 3\) here and \(3, 3\) there"),
        ("share_mode: STRICT", 2, "shapes differ"),
        ("share_mode: PERMISSIVE", 2, r"counts differ, \(2, 3\) here and \(3, 3\) there"),
    ],
)
def test_shapes_that_cannot_be_shared(second, outputs, message):
    with pytest.raises(PrototxtError, match=message) as caught:
        make_net(shared("", second, outputs))
    (problem,) = caught.value.problems
    assert problem.message.startswith(
        'layer "b" (InnerProduct): cannot share param "w" with layer "a"'
    )
    assert (problem.location.line, problem.code) == (3, "E220")
    if "PERMISSIVE" not in second:
        assert "PERMISSIVE" in problem.hint


def test_permissive_sharing_needs_equal_counts_only():
    text = (
        data((4, 2), (4, 6))
        + product("a", "x0", "b", 3, 'param { name: "w" }')
        + product("b", "b", "c", 2, 'param { name: "w" share_mode: PERMISSIVE }')
        + layer("out", "Silence", "c x1")
    )
    net = make_net(text)
    first, second = net.params["a"][0], net.params["b"][0]
    assert (first.shape, second.shape) == ((3, 2), (2, 3))
    assert np.shares_memory(first.data, second.data) and np.shares_memory(first.diff, second.diff)
    first.data[...] = np.arange(6).reshape(3, 2)
    np.testing.assert_array_equal(second.data, [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("first", "second", "lr", "decay"),
    [
        ("", "", 1, 1),
        ("lr_mult: 0.1", "", 0.1, 1),
        ("", "lr_mult: 0.3 decay_mult: 0", 0.3, 0),
        ("lr_mult: 2", "lr_mult: 2 decay_mult: 0.7", 2, 0.7),
    ],
)
def test_multipliers_may_be_given_by_any_sharer(first, second, lr, decay):
    owner = make_net(shared(first, second)).parameters.owners[0]
    assert (owner.lr, owner.decay) == (lr, decay)  # 0.1 exactly: the digits of the file


@pytest.mark.parametrize("name", ["lr_mult", "decay_mult"])
def test_two_different_multipliers(name):
    with pytest.raises(PrototxtError) as caught:
        make_net(shared(f"{name}: 1", f"{name}: 2"))
    (problem,) = caught.value.problems
    assert f'shared param "w" has {name} 2.0 here and 1.0 in an earlier layer' in problem.message
    text = shared(f"{name}: 1", f"{name}: 2").splitlines()[2]
    assert problem.location.line == 3
    assert text[problem.location.column - 1 :].startswith("2")


def test_more_specs_than_blobs():
    text = data((4, 3)) + product("a", "x0", "b", 3, "param { } param { } param { }")
    with pytest.raises(
        PrototxtError, match="3 param specs are given, but it has 2 learnable blobs"
    ):
        make_net(text)


def test_fewer_specs_than_blobs():
    owners = make_net(data((4, 3)) + product("a", "x0", "b", 3, "param { lr_mult: 3 }")).parameters
    assert [(p.lr, p.decay) for p in owners.owners] == [(3, 1), (1, 1)]


# The buffer.


def three_layers():
    return make_net(
        data((4, 3), (4, 2))
        + product("a", "x0", "a", 4, "param { } param { lr_mult: 2 decay_mult: 0 }")
        + product("b", "a", "b", 3, "param { lr_mult: 2 decay_mult: 0 } param { lr_mult: 0 }")
        + product("c", "b", "c", 2)
        + LOSS
    )


def test_every_blob_is_a_view_of_the_buffer():
    net = three_layers()
    buffer = net.parameters
    assert buffer.data.shape == buffer.diff.shape == (12 + 4 + 12 + 3 + 6 + 2,)
    assert buffer.data.flags.c_contiguous and buffer.data.dtype == np.float64
    values = np.concatenate([blob.data.reshape(-1) for blob in net.learnable_params])
    np.testing.assert_array_equal(values, buffer.data)
    assert values[:12].any()  # the fillers' values were kept
    buffer.data[...] = np.arange(buffer.data.size)
    buffer.diff[...] = -np.arange(buffer.diff.size)
    start = 0
    for owner in buffer.owners:
        part = buffer.slice_of(owner)
        assert part == slice(start, start + owner.blob.count)
        np.testing.assert_array_equal(owner.blob.data.reshape(-1), np.arange(start, part.stop))
        np.testing.assert_array_equal(owner.blob.diff.reshape(-1), -np.arange(start, part.stop))
        start = part.stop


def test_segments_join_neighbours_of_equal_multipliers():
    assert list(three_layers().parameters.groups()) == [
        (slice(0, 12), 1, 1),
        (slice(12, 28), 2, 0),  # the bias of a and the weight of b; the bias of b never learns
        (slice(31, 39), 1, 1),
    ]


def test_clear_param_diffs():
    net = three_layers()
    net.parameters.diff[...] = 5
    net.clear_param_diffs()
    assert not any(blob.diff.any() for blob in net.learnable_params)


def test_a_net_without_parameters():
    net = make_net(data((2,)) + layer("a", "ReLU", "x0", "y"))
    assert net.learnable_params == [] and net.params == {}
    assert net.parameters.data.size == 0 and list(net.parameters.groups()) == []


class Reordered(Layer):
    """Three blobs, of which the last two lie side by side in front."""

    type = "Reordered"

    def setup(self, bottom, top):
        for shape in [(2,), (1, 3), (2, 3)]:
            self.add_blob(shape)

    def reshape(self, bottom, top):
        pass

    def forward(self, bottom, top):
        pass

    def storage_order(self):
        return [2, 1, 0]


def test_storage_order_of_a_layer_leaves_the_order_of_params():
    layers = [make_layer(Reordered, f'name: "{name}"') for name in "ab"]
    owners = []
    for number, each in enumerate(layers):
        each.initialize([], [])
        for index, blob in enumerate(each.blobs):
            blob.data[...] = 10 * number + index
            owners.append(Parameter(blob, each, index))
    buffer = ParameterBuffer(owners, layers[0].device, np.float64)
    assert buffer.owners == owners
    starts = [buffer.slice_of(parameter).start for parameter in owners]
    assert starts == [9, 6, 0, 20, 17, 11]
    np.testing.assert_array_equal(buffer.data[:11], [2] * 6 + [1] * 3 + [0] * 2)
    assert list(buffer.groups()) == [(slice(0, 22), 1, 1)]
