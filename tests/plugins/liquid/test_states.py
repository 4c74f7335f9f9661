"""CFC: the output of every step, states in and out, mixed memory, and sequences run in pieces."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

UNIT = "cfc_unit_param { hidden_size: 4 backbone_units: 3 %s }"
VARIANTS = {
    "gate": ("", ""),
    "no gate": ("", "no_gate: true"),
    "minimal": ("", "minimal: true"),
    "mixed": ("use_mixed: true", ""),
}


def text(layer="", unit="", tops=2):
    return f"""type: "CFC" {" ".join(f'top: "t{index}"' for index in range(tops))}
        cfc_param {{ output_features: 2 {layer} }} {UNIT % unit}"""


def copy(source, target):
    for ours, theirs in zip(target.layer.blobs, source.layer.blobs, strict=True):
        ours.data[...] = theirs.data


@pytest.mark.parametrize("batch", [1, 4, 3])
@pytest.mark.parametrize("name", VARIANTS)
def test_pieces_with_states_handed_on_are_the_whole(build, rng, name, batch):
    """Outputs, last state and, with the gradients of the states handed back, all gradients."""
    layer, unit = VARIANTS[name]
    settings = text(f"{layer} return_sequences: true initial_state: true", unit)
    size = 8 if name == "mixed" else 4
    x, tt = rng.standard_normal((batch, 9, 2)), rng.random((batch, 9))
    first = rng.standard_normal((batch, size))
    dy, dlast = rng.standard_normal((batch, 9, 2)), rng.standard_normal((batch, size))
    whole = build(settings, x, tt, first)
    whole.forward()
    expected = [diff.copy() for diff in whole.backward(dy, dlast)]
    pieces, state = [], first
    for part in (slice(0, 4), slice(4, 5), slice(5, 9)):
        piece = build(settings, x[:, part], tt[:, part], state)
        copy(whole, piece)
        np.testing.assert_allclose(piece.forward(), whole.top[0].data[:, part], atol=1e-14)
        state = piece.top[1].data
        pieces.append((part, piece))
    np.testing.assert_allclose(state, whole.top[1].data, atol=1e-14)
    totals = [np.zeros(blob.shape) for blob in whole.layer.blobs]
    for part, piece in reversed(pieces):
        dx, dt, dlast = piece.backward(dy[:, part], dlast)
        np.testing.assert_allclose(dx, expected[0][:, part], atol=1e-13)
        np.testing.assert_allclose(dt, expected[1][:, part], atol=1e-13)
        totals = [t + blob.diff for t, blob in zip(totals, piece.layer.blobs, strict=True)]
    np.testing.assert_allclose(dlast, expected[2], atol=1e-13)
    for total, blob in zip(totals, whole.layer.blobs, strict=True):
        np.testing.assert_allclose(total, blob.diff, atol=1e-12)


@pytest.mark.parametrize("batch", [1, 4, 6])
@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_batch_equals_its_samples_one_by_one(build, rng, name, sequences, mask, batch):
    """Batch 1, equal to the hidden size, and another; with states in and out."""
    layer, unit = VARIANTS[name]
    settings = f"{layer} initial_state: true return_sequences: {str(sequences).lower()}"
    bottoms = [rng.standard_normal((batch, 7, 2)), rng.random((batch, 7))]
    if mask:
        bottoms.append((rng.random((batch, 7, 2)) < 0.5).astype(float))
    bottoms.append(rng.standard_normal((batch, 8 if name == "mixed" else 4)))
    whole = build(text(settings, unit), *bottoms)
    whole.forward()
    upstream = [rng.standard_normal(top.shape) for top in whole.top]
    expected = whole.backward(*upstream)
    totals = [np.zeros(blob.shape) for blob in whole.layer.blobs]
    for n in range(batch):
        single = build(text(settings, unit), *(values[n : n + 1] for values in bottoms))
        copy(whole, single)
        single.forward()
        for ours, theirs in zip(single.top, whole.top, strict=True):
            np.testing.assert_allclose(ours.data[0], theirs.data[n], atol=1e-14)
        found = single.backward(*(values[n : n + 1] for values in upstream))
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours[0], theirs[n], atol=1e-13)
        totals = [t + blob.diff for t, blob in zip(totals, single.layer.blobs, strict=True)]
    for total, blob in zip(totals, whole.layer.blobs, strict=True):
        np.testing.assert_allclose(total, blob.diff, atol=1e-12)


def test_every_step_reads_out_its_state_whatever_the_mask(build, rng):
    x, tt = rng.standard_normal((3, 5, 2)), rng.random((3, 5))
    mask = np.zeros((3, 5, 2))
    mask[0, 1] = 1
    built = build(text("return_sequences: true"), x, tt, mask)
    y = built.forward()
    weight, bias = (blob.data for blob in built.layer.blobs[-2:])
    states = built.layer.state_sequence()
    np.testing.assert_allclose(y, states @ weight.T + bias, atol=1e-14)
    np.testing.assert_array_equal(built.top[1].data, states[:, -1])


def test_blobs_of_the_mixed_memory_stand_before_fc(build, rng):
    layer = build(text("use_mixed: true"), rng.random((2, 3, 5)), np.ones((2, 3))).layer
    shapes = {n: b.shape for n, b in zip(layer.blob_names, layer.blobs, strict=True)}
    assert layer.blob_names[-5:] == [
        "lstm.input_map.weight", "lstm.input_map.bias", "lstm.recurrent_map.weight",
        "fc.weight", "fc.bias",
    ]  # fmt: skip
    assert shapes["lstm.input_map.weight"] == (16, 5)
    assert shapes["lstm.recurrent_map.weight"] == (16, 4)
    assert sorted(layer.storage_order()) == list(range(len(layer.blobs)))


def test_without_an_initial_state_every_forward_starts_at_zero(build, rng):
    for name in ("gate", "mixed"):
        layer, unit = VARIANTS[name]
        built = build(text(layer, unit), rng.random((2, 3, 2)), np.ones((2, 3)))
        first = built.forward().copy()
        np.testing.assert_array_equal(built.forward(), first)


@pytest.mark.parametrize(
    ("settings", "shapes", "message"),
    [
        ("initial_state: true", [(2, 3, 1), (2, 3)], "expected 3 or 4 bottom blobs with initial_"),
        (
            "",
            [(2, 3, 1), (2, 3), (2, 3, 1), (2, 4)],
            "expected 2 or 3 bottom blobs without initial",
        ),
        (
            "initial_state: true",
            [(2, 3, 1), (2, 3), (2, 5)],
            r'bottom "b2" is \(2, 5\), expected the initial state \(2, 4\) of bottom "b0" \(2, 3, 1\)',
        ),
        (
            "initial_state: true use_mixed: true",
            [(2, 3, 1), (2, 3), (2, 4)],
            r'bottom "b2" is \(2, 4\), expected the initial state \(2, 8\)',
        ),
        ("", [(2, 3, 1), (2, 3), (2, 4)], r'bottom "b2" is \(2, 4\), expected the mask'),
    ],
)
def test_bottoms_that_do_not_fit(build, settings, shapes, message):
    with pytest.raises(LayerError, match=f'layer "it" .CFC.: {message}'):
        build(text(settings), *(np.ones(shape) for shape in shapes))


def test_mixed_memory_does_not_go_with_a_wiring(build):
    wired = "wiring_param { motor_neurons: 1 }"
    with pytest.raises(LayerError, match="use_mixed cannot be combined with wiring_param"):
        build(
            f'type: "CFC" top: "t" cfc_param {{ hidden_size: 4 use_mixed: true }} {wired}',
            np.ones((1, 2, 1)),
            np.ones((1, 2)),
        )
