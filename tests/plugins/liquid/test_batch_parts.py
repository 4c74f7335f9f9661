"""CFC on sequences of different lengths: what nobody observed is not computed, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text
from mycaffe_py.testing import strict_device

STEPS = 12
VARIANTS = {
    "gate": ("", ""),
    "no gate": ("", "no_gate: true"),
    "minimal": ("", "minimal: true backbone_activation: TANH"),
    "mixed": ("use_mixed: true", ""),
    "narrow": ("input_features: 4", ""),
    "from a state": ("initial_state: true", ""),
    "mixed from a state": ("use_mixed: true initial_state: true", ""),
}


def text(layer="", unit=""):
    return f"""type: "CFC" cfc_param {{ output_features: 2 {layer} }}
        cfc_unit_param {{ hidden_size: 4 backbone_units: 3 {unit} }}"""


def bottoms_of(rng, lengths, layer="", columns=2):
    """Return sequences that end after ``lengths`` steps, with gaps before; after the end x and tt are NaN."""
    batch = len(lengths)
    x, tt = rng.standard_normal((batch, STEPS, 2)), rng.random((batch, STEPS))
    mask = (rng.random((batch, STEPS, columns)) < 0.7).astype(float)
    for sample, length in enumerate(lengths):
        mask[sample, length:] = 0
        mask[sample, length - 1 : length] = [1, 0][:columns]
        x[sample, length:] = tt[sample, length:] = np.nan
    bottoms = [x, tt, mask]
    if "initial_state" in layer:
        bottoms.append(rng.standard_normal((batch, 8 if "mixed" in layer else 4)))
    return bottoms


@pytest.mark.parametrize(
    ("name", "columns"), [*((name, 2) for name in VARIANTS), ("gate", 1), ("mixed", 1)]
)
def test_a_divided_batch_equals_its_samples_one_by_one(build, rng, name, columns):
    lengths = [3, 12, 0, 1, 5, 2, 2, 12, 7, 0, 1, 1, 4, 2, 3, 3, 6, 2, 2, 1, 5, 9, 2, 1, 1, 2, 3]
    parts = one_by_one(build, rng, VARIANTS[name], columns, lengths)
    assert len(parts) > 1
    assert sum(part.steps * part.count for part in parts) < 0.6 * 12 * len(lengths)


@pytest.mark.parametrize("name", ["gate", "mixed from a state"])
@pytest.mark.parametrize("observed", [1, 8, 10, 16])
def test_samples_that_were_never_observed_are_left_out(build, rng, name, observed):
    lengths = [0] * (20 - observed) + [12] * observed
    parts = one_by_one(build, rng, VARIANTS[name], 2, lengths)
    assert len(parts) == 1


def one_by_one(build, rng, variant, columns, lengths):
    """Compare a batch with its samples; return the parts that it was divided into."""
    layer, unit = variant
    bottoms = bottoms_of(rng, lengths, layer, columns)
    whole = build(text(layer, unit), *bottoms)
    y = whole.forward()
    dy = rng.standard_normal(y.shape)
    expected = whole.backward(dy)
    totals = [np.zeros(blob.shape) for blob in whole.layer.blobs]
    for n, length in enumerate(lengths):
        single = build(text(layer, unit), *(values[n : n + 1] for values in bottoms))
        for ours, theirs in zip(single.layer.blobs, whole.layer.blobs, strict=True):
            ours.data[...] = theirs.data
        np.testing.assert_allclose(single.forward()[0], y[n], atol=1e-14)
        found = single.backward(dy[n : n + 1])
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours[0], theirs[n], atol=1e-13)
        assert not expected[0][n, length:].any() and not expected[1][n, length:].any()
        if not length:
            assert not y[n].any() and not any(diff[n].any() for diff in expected)
        totals = [t + blob.diff for t, blob in zip(totals, single.layer.blobs, strict=True)]
    for total, blob in zip(totals, whole.layer.blobs, strict=True):
        np.testing.assert_allclose(total, blob.diff, atol=1e-12)
    return whole.layer._parts


def test_states_are_those_of_the_whole_sequence(build, rng):
    lengths = [1] * 20 + [3, 12, 5, 4]
    bottoms = bottoms_of(rng, lengths)
    bottoms = [np.nan_to_num(values) for values in bottoms]
    divided, whole = build(text(), *bottoms), build(text("return_sequences: true"), *bottoms)
    for ours, theirs in zip(divided.layer.blobs, whole.layer.blobs, strict=True):
        ours.data[...] = theirs.data
    divided.forward()
    whole.forward()
    states, expected = divided.layer.state_sequence(), whole.layer.state_sequence()
    computed = ~np.isnan(states)
    np.testing.assert_allclose(states[computed], expected[computed], atol=1e-14)
    for sample, length in enumerate(lengths):
        assert computed[sample, :length].all()
    assert not computed.all() and np.isfinite(expected).all()


def test_batches_of_one_net_may_differ_in_lengths_and_size(build, rng):
    built = build(text("use_mixed: true"), *bottoms_of(rng, [3] * 18))
    for lengths in (
        [1] * 10 + [12] * 7, [12] * 17, [2] * 16 + [9], [0] * 17, [1] * 8 + [3] * 9, [12, 1], [4],
    ):  # fmt: skip
        bottoms = bottoms_of(rng, lengths)
        fresh = build(text("use_mixed: true"), *bottoms)
        for blob, values in zip(built.bottom, bottoms, strict=True):
            blob.reshape(*values.shape)
            blob.data[...] = values
        for ours, theirs in zip(built.layer.blobs, fresh.layer.blobs, strict=True):
            ours.data[...] = theirs.data
            ours.diff.fill(0)
        np.testing.assert_array_equal(built.forward(), fresh.forward())
        dy = rng.standard_normal((len(lengths), 2))
        for ours, theirs in zip(built.backward(dy), fresh.backward(dy), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        for ours, theirs in zip(built.layer.blobs, fresh.layer.blobs, strict=True):
            np.testing.assert_array_equal(ours.diff, theirs.diff)


def test_trailing_steps_are_computed_where_they_are_asked_for(build, rng):
    bottoms = [np.nan_to_num(values) for values in bottoms_of(rng, [2] * 16 + [7])]
    built = build(text(), *bottoms)
    built.forward()
    assert built.layer._parts[-1].start + built.layer._parts[-1].steps == 7
    for settings, tops in (("return_sequences: true", 1), ("", 2)):
        built = build(text(settings), *bottoms, tops=tops)
        built.forward()
        (part,) = built.layer._parts
        assert (part.steps, part.count) == (STEPS, 17)


def test_full_masks_and_small_batches_are_run_whole(build, rng):
    for lengths in ([12] * 40, [1] * 10 + [12], [11] * 20 + [12] * 20):
        built = build(text(), *bottoms_of(rng, lengths))
        built.forward()
        (part,) = built.layer._parts
        assert part.cell is built.layer.cell and (part.steps, part.count) == (12, len(lengths))


def test_a_gpu_runs_the_batch_whole_without_asking_for_lengths(registry, rng):
    bottoms = bottoms_of(rng, [1] * 16 + [5] * 4)
    shapes = " ".join(f"shape {{ {' '.join(f'dim: {n}' for n in b.shape)} }}" for b in bottoms)
    net_text = f"""force_backward: true
        layer {{ name: "d" type: "Input" top: "x" top: "tt" top: "m" input_param {{ {shapes} }} }}
        layer {{ name: "c" {text()} bottom: "x" bottom: "tt" bottom: "m" top: "y" }}"""
    device = strict_device(seed=1)
    net = Net(load_net_text(registry.schema, net_text), registry=registry, device=device)
    net.forward(x=bottoms[0], tt=bottoms[1], m=bottoms[2])
    (part,) = net.layer_dict["c"]._parts
    assert (part.steps, part.count) == (12, 20)
    net.backward(y=np.ones((20, 2)))
    assert not device.to_host(net.blobs["x"].diff)[:, 5:].any()
