"""Nets of several liquid layers, as docs/liquid.md shows them: stacked, bidirectional, one step at a time."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import TEST, Net, NetSpec, layers as L

BATCH, STEPS, FEATURES, HIDDEN, OUT = 3, 6, 2, 5, 3
LENGTHS = (6, 4, 1)
SETTINGS = {"hidden_size": HIDDEN, "output_features": OUT, "return_sequences": True}


def inputs(n, names, batch=BATCH, steps=STEPS):
    wide = {"x": [batch, steps, FEATURES], "tt": [batch, steps], "mask": [batch, steps, FEATURES]}
    for name in names:
        setattr(n, name, L.Input(shape={"dim": wide[name]}))


def net_of(n, seed=2):
    net = Net(n, phase=TEST, dtype="float64")
    net.parameters.data[...] = np.random.default_rng(seed).normal(size=net.parameters.data.size)
    return net


@pytest.fixture
def data(rng):
    mask = np.zeros((BATCH, STEPS, FEATURES))
    for row, length in enumerate(LENGTHS):
        mask[row, :length] = 1
    x, tt = rng.normal(size=mask.shape), rng.uniform(0.2, 1.5, mask.shape[:2])
    return {"x": x, "tt": tt, "mask": mask}


def single(weights, batch=1, steps=STEPS, features=FEATURES, masked=False, **settings):
    """Return a net of one CFC layer with these weights."""
    n = NetSpec()
    n.x = L.Input(shape={"dim": [batch, steps, features]})
    n.tt = L.Input(shape={"dim": [batch, steps]})
    bottoms = [n.x, n.tt]
    if masked:
        n.mask = L.Input(shape={"dim": [batch, steps, features]})
        bottoms.append(n.mask)
    n.y = L.CFC(*bottoms, **{**SETTINGS, **settings})
    net = net_of(n)
    for blob, values in zip(net.params["y"], weights, strict=True):
        blob.data[...] = values
    return net


def weights_of(net, layer):
    return [blob.data.copy() for blob in net.params[layer]]


def bidirectional(mask):
    n = NetSpec()
    inputs(n, ["x", "tt", "mask"] if mask else ["x", "tt"])
    masks = [n.mask] if mask else []
    n.ahead = L.CFC(n.x, n.tt, *masks, **SETTINGS)
    n.late_x = L.Reverse(n.x, *masks)
    n.late_tt = L.Reverse(n.tt, *masks, keep_first=True)
    if mask:
        n.late_mask = L.Reverse(n.mask, n.mask)
    n.late = L.CFC(n.late_x, n.late_tt, *([n.late_mask] if mask else []), **SETTINGS)
    n.back = L.Reverse(n.late, *masks)
    n.y = L.Concat(n.ahead, n.back, axis=2)
    return net_of(n)


@pytest.mark.parametrize("masked", [True, False])
def test_the_backward_half_is_a_layer_over_each_reversed_sequence(data, masked):
    net = bidirectional(masked)
    given = data if masked else {"x": data["x"], "tt": data["tt"]}
    y = net.forward(**given)["y"]
    ahead, late = weights_of(net, "ahead"), weights_of(net, "late")
    for row, length in enumerate(LENGTHS if masked else (STEPS,) * BATCH):
        x, tt = data["x"][row : row + 1, :length], data["tt"][row : row + 1, :length]
        mask = {"mask": np.ones_like(x)} if masked else {}
        first = single(ahead, steps=length, masked=masked).forward(x=x, tt=tt, **mask)["y"]
        np.testing.assert_allclose(y[row, :length, :OUT], first[0], atol=1e-12)
        # The time between steps k and k + 1 is the span of k + 1.
        spans = np.concatenate([tt[:, :1], tt[:, 1:][:, ::-1]], axis=1)
        other = single(late, steps=length, masked=masked)
        backwards = other.forward(x=x[:, ::-1].copy(), tt=spans, **mask)["y"]
        np.testing.assert_allclose(y[row, :length, OUT:], backwards[0, ::-1], atol=1e-12)


def test_what_comes_after_a_sequence_does_not_matter(data):
    net = bidirectional(True)
    before = net.forward(**data)["y"].copy()
    data["x"][1, 4:], data["tt"][1, 4:] = 77.0, 3.0
    np.testing.assert_array_equal(net.forward(**data)["y"][1, :4], before[1, :4])


def stacked(steps, **states):
    n = NetSpec()
    inputs(n, ["x", "tt"], steps=steps)
    n.state1 = L.Input(shape={"dim": [BATCH, HIDDEN]})
    n.state2 = L.Input(shape={"dim": [BATCH, HIDDEN]})
    more = {"ntop": 2, "initial_state": True}
    n.low, n.next1 = L.CFC(n.x, n.tt, n.state1, **SETTINGS, **more)
    n.y, n.next2 = L.CFC(n.low, n.tt, n.state2, **SETTINGS, **more)
    return net_of(n)


ZEROS = {"state1": np.zeros((BATCH, HIDDEN)), "state2": np.zeros((BATCH, HIDDEN))}


def test_a_stack_is_one_layer_after_the_other(data):
    net, x, tt = stacked(STEPS), data["x"], data["tt"]
    y = net.forward(x=x, tt=tt, **ZEROS)["y"]
    low = single(weights_of(net, "low"), BATCH).forward(x=x, tt=tt)["y"]
    high = single(weights_of(net, "y"), BATCH, features=OUT).forward(x=low, tt=tt)["y"]
    np.testing.assert_allclose(y, high, atol=1e-12)


@pytest.mark.parametrize("built_for", [STEPS, 1])
def test_one_step_at_a_time_is_the_whole_sequence(data, built_for):
    x, tt = data["x"], data["tt"]
    whole = stacked(STEPS).forward(x=x, tt=tt, **ZEROS)["y"].copy()
    stream = stacked(built_for).stream()
    found = [stream.step(x=x[:, k : k + 1], tt=tt[:, k : k + 1])["y"] for k in range(STEPS)]
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-12)
    assert not np.allclose(found[1], whole[:, :1])
