"""A CFC layer at odd times: none of them makes it fail, or give what is not finite."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, MyCaffeWarning

CELLS = {
    "gate": "cfc_unit_param { backbone_units: 4 backbone_activation: RELU }",
    "no gate": "cfc_unit_param { backbone_units: 4 no_gate: true }",
    "minimal": "cfc_unit_param { backbone_units: 4 minimal: true }",
    "wired": "cfc_unit_param { } wiring_param { type: NCP inter_neurons: 2 command_neurons: 2 motor_neurons: 1 "
    "sensory_fanout: 1 inter_fanout: 1 recurrent_command_synapses: 2 motor_fanin: 1 }",
    "LTC": "ltc_unit_param { }",
    "LTC of ncps": "ltc_unit_param { form: NCPS positivity: SOFTPLUS }",
}


def cfc(time="AS_GIVEN", cell="gate", more=""):
    kind = "cell_type: LTC" if cell.startswith("LTC") else ""
    return (
        f'name: "cfc" type: "CFC" cfc_param {{ hidden_size: 5 output_features: 2 time: {time} {kind} {more} }} '
        f"{CELLS[cell]}"
    )


def both_ways(layer):
    """Run forward and backward; everything must be finite."""
    y = layer.forward().copy()
    diffs = [diff.copy() for diff in layer.backward(np.ones(y.shape))]
    grown = [blob.diff for blob in layer.layer.blobs]
    assert all(np.isfinite(values).all() for values in (y, *diffs, *grown))
    return y, diffs


@pytest.fixture
def x(rng):
    return rng.standard_normal((3, 6, 2))


@pytest.fixture
def mask(rng):
    return (rng.random((3, 6, 2)) < 0.6) * 1.0


def test_absolute_times_are_their_differences(build, x, mask):
    tt = np.cumsum(np.full((3, 6), 0.5) * np.arange(1, 7), axis=1)
    spans = np.diff(tt, axis=1, prepend=tt[:, :1] - 0.25)
    absolute, given = (
        build(cfc("ABSOLUTE", more="first_span: 0.25"), x, tt, mask),
        build(cfc("SPANS"), x, spans, mask),
    )
    y, (dx, dtt, _) = both_ways(absolute)
    expected, (dx_expected, dspans, _) = both_ways(given)
    np.testing.assert_allclose(y, expected, rtol=1e-12)
    np.testing.assert_allclose(dx, dx_expected, rtol=1e-12)
    np.testing.assert_allclose(dtt[:, :-1].sum(axis=1), -dtt[:, -1], rtol=1e-9)
    np.testing.assert_allclose(dtt[:, -1], dspans[:, -1], rtol=1e-12)


def test_as_given_is_what_it_was_bit_for_bit(build, x):
    tt = np.arange(18.0).reshape(3, 6) / 360 - 0.02
    y, diffs = both_ways(build(cfc(), x, tt, dtype=np.float32))
    spans, spans_diffs = both_ways(build(cfc("SPANS"), x, tt + 0.02, dtype=np.float32))
    plain, plain_diffs = both_ways(build(cfc(), x, tt + 0.02, dtype=np.float32))
    np.testing.assert_array_equal(spans, plain)
    np.testing.assert_array_equal(spans_diffs[1], plain_diffs[1])
    assert not np.array_equal(y, plain)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e30, 3e38])
@pytest.mark.parametrize("time", ["AS_GIVEN", "SPANS"])
@pytest.mark.parametrize("masked", [False, True])
def test_no_span_is_too_short_or_too_long(build, x, mask, cell, dtype, size, time, masked):
    tt = np.zeros((3, 6))
    tt[:, ::2] = size
    bottoms = [x, tt, mask] if masked else [x, tt]
    both_ways(build(cfc(time, cell), *bottoms, dtype=dtype))


@pytest.mark.parametrize("cell", CELLS)
def test_times_far_apart(build, x, mask, cell):
    tt = np.tile([-1e30, 0, 0, 1e30, 2e30, 2e30], (3, 1))
    both_ways(build(cfc("ABSOLUTE", cell), x, tt, mask, dtype=np.float32))


@pytest.mark.parametrize("time", ["AS_GIVEN", "SPANS", "ABSOLUTE"])
@pytest.mark.parametrize("padding", [0.0, np.nan, np.inf, -5.0, 1e9])
def test_padding_changes_nothing(build, x, time, padding):
    """A sequence with steps added that are not observed gives what it gives without them."""
    tt = np.tile([0.0, 1.0, 1.5, 3.0], (3, 1))
    longer = np.concatenate([tt, np.full((3, 2), padding)], axis=1)
    mask = np.ones((3, 6, 2))
    mask[:, 4:] = 0
    short = build(cfc(time), x[:, :4], tt, mask[:, :4])
    padded = build(cfc(time), x, longer, mask)
    y, (dx, dtt, _) = both_ways(short)
    found, (padded_dx, padded_dtt, _) = both_ways(padded)
    np.testing.assert_allclose(found, y, rtol=1e-12)
    np.testing.assert_allclose(padded_dx[:, :4], dx, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(padded_dtt[:, :4], dtt, rtol=1e-9, atol=1e-15)
    assert not padded_dtt[:, 4:].any()


@pytest.mark.parametrize("time", ["AS_GIVEN", "SPANS", "ABSOLUTE"])
def test_a_mask_of_zeros_gives_zeros(build, x, time):
    y, _ = both_ways(build(cfc(time), x, np.full((3, 6), np.nan), np.zeros((3, 6, 2))))
    assert not y.any()


def test_what_is_not_observed_may_be_anything(build, x, mask):
    expected, _ = both_ways(build(cfc(), np.where(mask == 0, 0, x), np.ones((3, 6)), mask))
    for value in (np.nan, np.inf, -np.inf):
        y, (dx, *_) = both_ways(build(cfc(), np.where(mask == 0, value, x), np.ones((3, 6)), mask))
        np.testing.assert_array_equal(y, expected)
        assert not dx[mask == 0].any()


@pytest.mark.parametrize("time", ["AS_GIVEN", "SPANS", "ABSOLUTE"])
def test_one_point(build, x, time):
    both_ways(build(cfc(time), x[:, :1], np.ones((3, 1)), np.ones((3, 1, 1))))


def test_time_running_backwards(build, x):
    layer = build(cfc("ABSOLUTE"), x, np.tile([3.0, 4, 5, 4.5, 6, 7], (3, 1)))
    with pytest.raises(
        LayerError, match=r'"cfc" \(CFC\): bottom "b1" \(3, 6\): sample 0, step 3 is at 4.5'
    ):
        layer.forward()


def test_row_numbers_as_spans_warn(build, rng):
    layer = build(cfc("SPANS"), rng.standard_normal((3, 20, 2)), np.tile(np.arange(20.0), (3, 1)))
    with pytest.warns(MyCaffeWarning, match=r'bottom "b1" \(3, 20\) looks like absolute times'):
        layer.forward()
    layer.forward()  # once is enough


@pytest.mark.parametrize(
    ("time", "form"), [("AS_GIVEN", None), ("SPANS", "spans"), ("ABSOLUTE", "absolute")]
)
def test_the_layer_says_what_it_takes_tt_to_be(build, x, time, form):
    layer = build(cfc(time), x, np.ones((3, 6))).layer
    assert [layer.time_form(index) for index in range(3)] == [None, form, None]
