"""LSTM and RNN: blobs, cont, the state between forwards, and gradients."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, SnapshotError
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

from .stepping import KINDS, PARTS, run, text

pytestmark = [pytest.mark.parametrize("kind", KINDS), pytest.mark.usefixtures("kernels")]


def cont_of(rng, steps, batch):
    return (rng.random((steps, batch)) < 0.6).astype(float)


@pytest.mark.parametrize("with_static", [False, True])
@pytest.mark.parametrize(
    ("steps", "batch", "size", "features"),
    [(1, 1, 1, (1,)), (4, 1, 3, (2,)), (3, 5, 2, (2, 2)), (6, 3, 7, (1,)), (2, 3, 3, (3,))],
)
def test_against_plain_steps(build, rng, kind, with_static, steps, batch, size, features):
    x, cont = rng.standard_normal((steps, batch, *features)), cont_of(rng, steps, batch)
    static = rng.standard_normal((batch, 2, 2)) if with_static else None
    bottoms = [x, cont, *([static] if with_static else [])]
    built = build(text(kind, size), *bottoms)
    state = None
    for _ in range(3):  # the state is carried from one forward to the next
        expected, state = run(kind, built.layer.blobs, x, cont, static, state)
        np.testing.assert_allclose(built.forward(), expected, atol=1e-13)
        for part, name in zip(state, "hc", strict=False):
            np.testing.assert_allclose(built.layer.state()[name], part, atol=1e-13)


def test_blobs(build, kind):
    x, cont, static = np.zeros((2, 3, 5, 2)), np.zeros((2, 3)), np.zeros((3, 4))
    found = {}
    for bottoms in ([x, cont], [x, cont, static]):
        layer = build(text(kind, 6), *bottoms).layer
        found[len(bottoms)] = [(b.name, b.shape) for b in layer.blobs]
        assert layer.blob_names == [b.name for b in layer.blobs]
        assert all(b.data.any() for b in layer.blobs)
    if kind == "LSTM":
        assert found[2] == [("W_xc", (24, 10)), ("b_c", (24,)), ("W_hc", (24, 6))]
        assert found[3] == [*found[2][:2], ("W_xc_static", (24, 4)), *found[2][2:]]
    else:
        assert found[2] == [
            *(("W_xh", (6, 10)), ("b_h", (6,)), ("W_hh", (6, 6))),
            *(("W_ho", (6, 6)), ("b_o", (6,))),
        ]
        assert found[3] == [*found[2][:2], ("W_xh_static", (6, 4)), *found[2][2:]]


def test_without_fillers_all_weights_are_zero(build, kind):
    built = build(
        f'type: "{kind}" recurrent_param {{ num_output: 2 }}', np.ones((2, 1, 1)), np.ones((2, 1))
    )
    assert not any(blob.data.any() for blob in built.layer.blobs)
    assert not built.forward().any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types(build, rng, kind, dtype):
    built = build(text(kind), rng.standard_normal((3, 2, 2)), np.ones((3, 2)), dtype=dtype)
    assert built.forward().dtype == dtype
    assert built.backward(1, propagate_down=[True, False])[0].dtype == dtype
    assert all(part.dtype == dtype for part in built.layer.state().values())


# The state.


def test_two_forwards_are_one_of_both_lengths(build, rng, kind):
    x = rng.standard_normal((8, 2, 3))
    whole = build(text(kind), x, np.ones((8, 2)))
    parts = build(text(kind), x[:4], np.ones((4, 2)))
    expected = whole.forward()
    for start in (0, 4):
        part = slice(start, start + 4)
        parts.bottom[0].data[...] = x[part]
        np.testing.assert_allclose(parts.forward(), expected[part], atol=1e-13)


def test_reset_state(build, rng, kind):
    built = build(text(kind), rng.standard_normal((3, 2, 2)), np.ones((3, 2)))
    first = built.forward().copy()
    assert np.abs(built.forward() - first).max() > 1e-4
    built.layer.reset_state()
    np.testing.assert_array_equal(built.forward(), first)


def test_another_number_of_sequences_begins_anew(build, rng, kind):
    x = rng.standard_normal((3, 2, 2))
    built = build(text(kind), x, np.ones((3, 2)))
    first = built.forward().copy()
    for batch in (1, 3, 2):
        built.bottom[0].reshape(3, batch, 2)
        built.bottom[1].reshape(3, batch)
        built.bottom[0].data[...] = np.resize(x.transpose(1, 0, 2), (batch, 3, 2)).transpose(
            1, 0, 2
        )
        built.bottom[1].data[...] = 1
        found = built.forward()
        assert found.shape == (3, batch, 3)
        np.testing.assert_allclose(found[:, 0], first[:, 0], atol=1e-13)


def test_the_state_is_stored_and_taken_back(build, rng, kind):
    x = rng.standard_normal((3, 2, 2))
    built = build(text(kind), x, np.ones((3, 2)))
    built.forward()
    stored = built.layer.state()
    expected = [built.forward().copy() for _ in range(2)]
    assert [part.shape for part in stored.values()] == [(2, 3)] * PARTS[kind]
    other = build(text(kind), x[:, :1], np.ones((3, 1)))  # its batch is smaller until the forward
    other.layer.load_state(stored)
    other.bottom[0].reshape(3, 2, 2)
    other.bottom[1].reshape(3, 2)
    other.bottom[0].data[...], other.bottom[1].data[...] = x, 1
    for values in expected:
        np.testing.assert_array_equal(other.forward(), values)


def test_states_that_do_not_fit(build, rng, kind):
    built = build(text(kind), rng.standard_normal((3, 2, 2)), np.ones((3, 2)))
    wider = build(text(kind, 4), rng.standard_normal((3, 2, 2)), np.ones((3, 2)))
    with pytest.raises(SnapshotError, match=rf'"it" \({kind}\): the stored state is \(2, 4\)'):
        built.layer.load_state(wider.layer.state())
    for damaged in ({}, [], None, {"h": np.zeros(3), "c": np.zeros((2, 3))}):
        with pytest.raises(SnapshotError, match=rf'^layer "it" \({kind}\)'):
            built.layer.load_state(damaged)


def test_no_sequences(build, kind):
    built = build(text(kind), np.zeros((3, 0, 2)), np.zeros((3, 0)), np.zeros((0, 4)))
    assert built.forward().shape == (3, 0, 3)
    dx, _, static = built.backward(propagate_down=[True, False, True])
    assert dx.shape == (3, 0, 2) and static.shape == (0, 4)
    assert not any(blob.diff.any() for blob in built.layer.blobs)


# expose_hidden.


def exposed(build, kind, x, cont, *others):
    tops = " ".join(f'top: "t{i}"' for i in range(1 + PARTS[kind]))
    return build(text(kind, 3, "expose_hidden: true", tops), x, cont, *others, tops=1 + PARTS[kind])


@pytest.mark.parametrize("with_static", [False, True])
def test_exposed_states(build, rng, kind, with_static):
    x, cont = rng.standard_normal((4, 2, 2)), cont_of(rng, 4, 2)
    cont[0, 0] = 1
    static = [rng.standard_normal((2, 5))] if with_static else []
    state = [rng.standard_normal((2, 3)) for _ in range(PARTS[kind])]
    built = exposed(build, kind, x, cont, *static, *(part[None] for part in state))
    expected, last = run(kind, built.layer.blobs, x, cont, static[0] if static else None, state)
    for _ in range(2):  # nothing is carried over
        np.testing.assert_allclose(built.forward(), expected, atol=1e-13)
        for blob, part in zip(built.top[1:], last, strict=True):
            np.testing.assert_allclose(blob.data, part[None], atol=1e-13)
    assert built.layer.state() is None


def test_no_gradient_passes_the_exposed_states(build, rng, kind):
    x, cont = rng.standard_normal((4, 2, 2)), np.ones((4, 2))
    state = [rng.standard_normal((1, 2, 3)) for _ in range(PARTS[kind])]
    built = exposed(build, kind, x, cont, *state)
    built.forward()
    for blob in built.bottom:
        blob.diff[...] = 5
    flags = [True, False, *(True for _ in state)]
    first = built.backward(1, *(7 for _ in state), propagate_down=flags)
    assert not any(diff.any() for diff in first[2:])
    dx = first[0].copy()
    second = built.backward(1, *(0 for _ in state), propagate_down=flags)
    np.testing.assert_array_equal(second[0], dx)
    built.bottom[2].diff[...] = 5
    built.backward(1, propagate_down=[False] * len(flags))
    assert (built.bottom[2].diff == 5).all()


# Gradients.


def test_the_gradient_with_a_carried_state(build, rng, kind):
    x, cont = rng.standard_normal((3, 2, 2)), np.ones((3, 2))
    cont[1, 1] = 0
    built = build(text(kind), x, cont)
    start = {name: rng.standard_normal((2, 3)) for name in "hc"[: PARTS[kind]]}
    dy = rng.standard_normal((3, 2, 3))

    def objective():
        built.layer.load_state(start)
        return float(np.vdot(built.forward(), dy))

    objective()
    dx, _ = built.backward(dy, propagate_down=[True, False])
    pairs = [(built.bottom[0].data, dx), *((b.data, b.diff) for b in built.layer.blobs)]
    for values, gradient in pairs:
        for index in list(np.ndindex(values.shape))[::2]:
            kept = values[index]
            values[index] = kept + 1e-5
            above = objective()
            values[index] = kept - 1e-5
            below = objective()
            values[index] = kept
            assert gradient[index] == pytest.approx((above - below) / 2e-5, abs=1e-8)


def test_weights_that_do_not_learn_are_left_alone(build, rng, kind):
    built = build(
        text(kind), rng.standard_normal((3, 2, 2)), np.ones((3, 2)), rng.standard_normal((2, 2))
    )
    built.forward()
    flags = [index % 2 == 0 for index in range(len(built.layer.blobs))]
    built.layer.param_propagate_down[:] = flags
    built.backward(1, propagate_down=[False, False, True])
    assert [bool(blob.diff.any()) for blob in built.layer.blobs] == flags
    assert not built.bottom[0].diff.any() and built.bottom[2].diff.any()


def test_cont_has_no_gradient(build, rng, kind):
    built = build(text(kind), rng.standard_normal((3, 2, 2)), np.ones((3, 2)))
    built.forward()
    with pytest.raises(LayerError, match=rf'"it" \({kind}\): bottom "b1" \(3, 2\) .* no gradient'):
        built.backward(1)
    assert [built.layer.allow_force_backward(i) for i in range(3)] == [True, False, True]


NET = """
force_backward: true
layer { name: "in" type: "Input" top: "x" top: "cont"
  input_param { shape { dim: 3 dim: 2 dim: 2 } shape { dim: 3 dim: 2 } } }
layer { name: "it" KIND bottom: "x" bottom: "cont" top: "y" }
layer { name: "after" type: "TanH" bottom: "y" top: "TOP" }
"""


def net_of(registry, kind, top="z"):
    net = NET.replace("KIND", text(kind)).replace("TOP", top)
    return Net(
        load_net_text(registry.schema, net, "net.prototxt"), registry=registry, dtype=np.float64
    )


def test_a_layer_may_work_in_place_on_the_output(registry, rng, kind):
    """Backward reads nothing that the layer above has overwritten."""
    apart, in_place = net_of(registry, kind), net_of(registry, kind, "y")
    in_place.share_with(apart)
    x = rng.standard_normal((3, 2, 2))
    found = []
    for net in (apart, in_place):
        net.blobs["x"].data[...], net.blobs["cont"].data[...] = x, 1
        net.forward()
        net.blobs["y" if net is in_place else "z"].diff[...] = 1
        net.backward()
        found.append([net.blobs["x"].diff, *(blob.diff for blob in net.params["it"])])
    for ours, theirs in zip(*found, strict=True):
        assert ours.any()
        np.testing.assert_array_equal(ours, theirs)


def test_a_net_keeps_states_and_weights(registry, rng, tmp_path, kind):
    first, second = net_of(registry, kind), net_of(registry, kind)
    x = rng.standard_normal((3, 2, 2))
    for net in (first, second):
        net.blobs["x"].data[...], net.blobs["cont"].data[...] = x, 1
    first.forward()
    first.save(tmp_path / "it.caffemodel")
    second.copy_from(tmp_path / "it.caffemodel")
    second.load_layer_states(first.layer_states())
    np.testing.assert_array_equal(second.forward()["z"], first.forward()["z"])
