"""What the bottom tt of a CFC layer may hold, and the spans made of it."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.liquid.timespans import TimeSpans

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.errors import LayerError, MyCaffeWarning
from mycaffe_py.layer import LayerContext
from mycaffe_py.testing import strict_device


@pytest.fixture
def layer_of(registry):
    def make(settings="", device=None, dtype=np.float64):
        text = (
            f'name: "cfc" type: "CFC" cfc_param {{ hidden_size: 3 output_features: 1 {settings} }}'
        )
        param = registry.schema.parse_text(text, "LayerParameter").message
        context = LayerContext(registry, device or Device(), dtype)
        return registry.layers.find("CFC")(param, context)

    return make


@pytest.fixture
def spans_of(layer_of):
    """Return f(settings, tt, mask) -> (TimeSpans, blob, spans as a NumPy array)."""

    def make(settings, tt, mask=None, device=None, dtype=np.float64):
        layer = layer_of(settings, device, dtype)
        device = layer.device
        blob = Blob(np.shape(tt), device=device, dtype=dtype, name="tt")
        blob.data[...] = device.asarray(np.asarray(tt), dtype=dtype)
        if mask is not None:
            mask = np.asarray(mask, dtype=float)
            mask = mask.reshape(*mask.shape[:2], -1).transpose(1, 2, 0)
            mask = device.asarray(np.ascontiguousarray(mask), dtype=dtype)
        spans = TimeSpans(layer)
        return spans, blob, device.to_host(spans.of(blob, mask))

    return make


# What the spans are.


def test_as_given_is_taken_as_it_is(spans_of):
    tt = np.array([[3.0, -1.0, 1e12], [0.0, 0.0, -0.0]])
    spans, blob, found = spans_of("", tt)
    np.testing.assert_array_equal(found, tt.T)
    assert spans.of(blob).base is not None  # no copy


def test_spans_are_taken_as_they_are(spans_of):
    _, _, found = spans_of("time: SPANS", [[[0.0], [2.5], [1e-30]]])
    np.testing.assert_array_equal(found, [[0.0], [2.5], [1e-30]])


@pytest.mark.parametrize("settings", ["", "time: SPANS", "time: ABSOLUTE"])
def test_spans_that_are_endless(spans_of, settings):
    spans, blob, found = spans_of(settings, [[0.0, 1e30, 2e30]], dtype=np.float32)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array([[0.0], [1e12], [1e12]], np.float32))
    spans.backward(np.ones((3, 1), np.float32), blob)
    first = 0 if "ABSOLUTE" in settings else 1
    assert blob.diff.tolist() == [[first, 0, 0]]  # beyond the limit nothing changes


def test_endless_spans_backwards_as_given(spans_of):
    assert spans_of("", [[-1e30, -1e12]])[2].tolist() == [[-1e12], [-1e12]]


def test_absolute_times_become_differences(spans_of):
    tt = [[10.0, 10.0, 12.5], [-3.0, 1.0, 1e11]]
    _, _, found = spans_of("time: ABSOLUTE first_span: 0.5", tt)
    np.testing.assert_array_equal(found, [[0.5, 0.5], [0.0, 4.0], [2.5, 1e11 - 1]])


def test_the_first_span_is_0_unless_set(spans_of):
    assert spans_of("time: ABSOLUTE", [[7.0, 8.0]])[2][0] == 0


@pytest.mark.parametrize("settings", ["", "time: SPANS", "time: ABSOLUTE"])
def test_one_step(spans_of, settings):
    assert spans_of(settings, [[5.0]])[2].tolist() == [[0.0 if "ABSOLUTE" in settings else 5.0]]


# What is an error.


@pytest.mark.parametrize("settings", ["", "time: SPANS", "time: ABSOLUTE"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("step", [0, 1, 2])
def test_times_must_be_finite(spans_of, settings, value, step):
    tt = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]])
    tt[1, step] = value
    pattern = rf'^layer "cfc" \(CFC\): bottom "tt" \(2, 3\): sample 1, step {step} is {value}'
    with pytest.raises(LayerError, match=pattern):
        spans_of(settings, tt)


def test_a_negative_span(spans_of):
    pattern = r'bottom "tt" \(1, 3\): the time span of sample 0, step 2 is -0.5.*SPANS.*ABSOLUTE'
    with pytest.raises(LayerError, match=pattern):
        spans_of("time: SPANS", [[1.0, 0.0, -0.5]])


def test_time_running_backwards(spans_of):
    pattern = r"sample 1, step 2 is at 3, before the previous step, 4;.*must not decrease.*SPANS"
    with pytest.raises(LayerError, match=pattern):
        spans_of("time: ABSOLUTE", [[1.0, 2.0, 3.0], [1.0, 4.0, 3.0]])


def test_a_step_too_far_for_the_type(spans_of):
    with pytest.raises(
        LayerError, match=r"from -3e\+38 to 3e\+38 \(sample 0, step 1\) is too large"
    ):
        spans_of("time: ABSOLUTE", [[-3e38, 3e38]], dtype=np.float32)


@pytest.mark.parametrize("value", ["-1", "nan", "inf"])
def test_the_first_span_must_not_be_negative(spans_of, value):
    with pytest.raises(LayerError, match=r"first_span must be 0 or more, got"):
        spans_of(f"time: ABSOLUTE first_span: {value}", [[1.0]])


# Padding.

WORST = [np.nan, np.inf, -np.inf, -1e30, 0.0]


@pytest.mark.parametrize("padding", WORST)
@pytest.mark.parametrize("settings", ["", "time: SPANS", "time: ABSOLUTE"])
def test_padding_may_hold_anything(spans_of, settings, padding):
    tt = [[4.0, 5.0, padding, padding], [1.0, 2.0, 3.0, 7.0]]
    mask = [[1, 1, 0, 0], [1, 0, 1, 0]]
    found = spans_of(settings, tt, mask)[2].T
    assert np.isfinite(found).all()
    assert settings == "" or (found >= 0).all()
    absolute = "ABSOLUTE" in settings
    assert found[0, :2].tolist() == ([0.0, 1.0] if absolute else [4.0, 5.0])
    # Of a step ahead, which is not observed yet, the time counts.
    assert found[1].tolist() == ([0.0, 1.0, 1.0, 4.0] if absolute else [1.0, 2.0, 3.0, 7.0])


@pytest.mark.parametrize("settings", ["", "time: SPANS", "time: ABSOLUTE"])
def test_nothing_observed_at_all(spans_of, settings):
    found = spans_of(settings, [[np.nan, -1.0, np.nan]], [[[0, 0], [0, 0], [0, 0]]])[2]
    assert np.isfinite(found).all()


@pytest.mark.parametrize("settings", ["", "time: SPANS", "time: ABSOLUTE"])
def test_a_gap_is_no_padding(spans_of, settings):
    with pytest.raises(LayerError, match="sample 0, step 1 is nan"):
        spans_of(settings, [[1.0, np.nan, 2.0]], [[[1, 0], [0, 0], [0, 1]]])


def test_the_hint_about_padding(spans_of):
    with pytest.raises(LayerError, match="with a mask, steps after the last observed one may have"):
        spans_of("", [[1.0, np.nan]])


# Gradients.


def test_gradients_of_differences(spans_of, rng):
    tt = np.sort(rng.random((3, 5)), axis=1)
    weights = rng.standard_normal((5, 3))
    spans, blob, _ = spans_of("time: ABSOLUTE first_span: 2", tt)
    spans.backward(weights, blob)

    def loss(values):
        blob.data[...] = values
        return (spans.of(blob) * weights).sum()

    analytic, nudge = blob.diff.copy(), 1e-6
    for index in np.ndindex(3, 5):
        up, down = tt.copy(), tt.copy()
        up[index] += nudge
        down[index] -= nudge
        numeric = (loss(up) - loss(down)) / (2 * nudge)
        assert analytic[index] == pytest.approx(numeric, abs=1e-8)


@pytest.mark.parametrize("settings", ["", "time: SPANS", "time: ABSOLUTE"])
def test_replaced_spans_get_no_gradient(spans_of, settings):
    spans, blob, _ = spans_of(settings, [[1.0, 2.0, np.nan]], [[1, 1, 0]])
    gradient = np.array([[1.0], [10.0], [np.nan]])
    spans.backward(gradient, blob)
    expected = [[-10.0, 10.0, 0.0]] if "ABSOLUTE" in settings else [[1.0, 10.0, 0.0]]
    np.testing.assert_array_equal(blob.diff, expected)


@pytest.mark.parametrize("settings", ["", "time: SPANS", "time: ABSOLUTE first_span: 1"])
def test_the_strict_device_gives_the_same(spans_of, settings):
    tt = [[0.0, 2.0, 3.0, np.nan], [1.0, 1.0, 4.0, 9.0]]
    mask = [[1, 1, 1, 0], [1, 0, 1, 1]]
    results = []
    for device in (Device(), strict_device()):
        spans, blob, found = spans_of(settings, tt, mask, device, np.float32)
        spans.backward(device.asarray(np.arange(8.0).reshape(4, 2), dtype=np.float32), blob)
        results.append((found, device.to_host(blob.diff)))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


# The warning.


@pytest.fixture
def forward(layer_of):
    """Return f(settings, function of the forward pass), which runs ten passes and returns the warnings."""

    def run(settings, make, mask=None):
        layer, told = layer_of(settings), []
        layer.context.warn = told.append
        spans = TimeSpans(layer)
        for number in range(10):
            tt = np.asarray(make(number), dtype=float)
            blob = Blob(tt.shape, device=layer.device, dtype=np.float64, name="tt")
            blob.data[...] = tt
            spans.of(blob, mask)
        return told

    return run


def test_times_in_place_of_spans_warn_once(forward):
    told = forward("time: SPANS", lambda number: [np.arange(number, number + 20.0)])
    assert len(told) == 1
    assert told[0].startswith('layer "cfc" (CFC): bottom "tt" (1, 20) looks like absolute times')
    assert "time: ABSOLUTE" in told[0]


@pytest.mark.parametrize("settings", ["", "time: ABSOLUTE"])
def test_only_spans_are_looked_at(forward, settings):
    assert not forward(settings, lambda number: [np.arange(20.0)])


def test_spans_do_not_warn(forward, rng):
    assert not forward("time: SPANS", lambda number: rng.random((4, 20)))
    assert not forward("time: SPANS", lambda number: np.ones((4, 20)))


def test_in_python_it_is_a_warning(layer_of):
    layer = layer_of("time: SPANS")
    blob = Blob((3, 20), device=layer.device, dtype=np.float64, name="tt")
    blob.data[...] = np.arange(20.0)
    with pytest.warns(MyCaffeWarning, match="looks like absolute times"):
        TimeSpans(layer).of(blob)
