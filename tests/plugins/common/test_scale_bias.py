"""Scale and Bias."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

SHAPE = (2, 3, 4, 5)


def scale(settings="", more=""):
    return f'name: "gain" type: "Scale" scale_param {{ {settings} }} {more}'


def bias(settings="", more=""):
    return f'name: "shift" type: "Bias" bias_param {{ {settings} }} {more}'


@pytest.fixture
def x(rng):
    return rng.standard_normal(SHAPE)


SPANS = [
    ("", (3,), (3, 1, 1)),
    ("axis: 0", (2,), (2, 1, 1, 1)),
    ("axis: -1", (5,), (5,)),
    ("axis: 1 num_axes: 2", (3, 4), (3, 4, 1)),
    ("axis: 0 num_axes: -1", (2, 3, 4, 5), (2, 3, 4, 5)),
    ("axis: -3 num_axes: -1", (3, 4, 5), (3, 4, 5)),
    ("num_axes: 0", (), ()),
    ("num_axes: 0 axis: 9", (), ()),
]


@pytest.mark.parametrize(("settings", "shape", "wide"), SPANS)
def test_the_axes_that_a_learned_factor_and_bias_span(build, x, rng, settings, shape, wide):
    built = build(scale(f"{settings} bias_term: true"), x)
    factor, shift = built.layer.blobs
    assert factor.shape == shift.shape == shape
    np.testing.assert_array_equal(built.forward(), x)  # factor 1 and bias 0 to begin with
    factor.data[...], shift.data[...] = rng.standard_normal(shape), rng.standard_normal(shape)
    expected = x * factor.data.reshape(wide) + shift.data.reshape(wide)
    np.testing.assert_allclose(built.forward(), expected, rtol=1e-12)
    alone = build(bias(settings), x)
    (blob,) = alone.layer.blobs
    assert blob.shape == shape and not blob.data.any()
    blob.data[...] = shift.data
    np.testing.assert_array_equal(alone.forward(), x + shift.data.reshape(wide))


@pytest.mark.parametrize(("settings", "shape", "wide"), SPANS)
def test_a_second_bottom_gives_the_axes(build, x, rng, settings, shape, wide):
    values = rng.standard_normal(shape)
    start = settings.partition("num_axes")[0]
    built = build(scale(start), x, values)
    assert not built.layer.blobs
    np.testing.assert_array_equal(built.forward(), x * values.reshape(wide))
    built = build(bias(start), x, values)
    assert not built.layer.blobs
    np.testing.assert_array_equal(built.forward(), x + values.reshape(wide))


def test_the_gradient_of_a_second_bottom_is_overwritten(build, x):
    for text, expected in ((scale(), (x**2).sum((0, 2, 3))), (bias(), x.sum((0, 2, 3)))):
        built = build(text, x, np.ones(3))
        built.forward()
        for _ in range(2):
            _, second = built.backward(x)
        np.testing.assert_allclose(second, expected, rtol=1e-12)


@pytest.mark.parametrize("bottoms", [1, 2])
@pytest.mark.parametrize("text", [scale("bias_term: true"), bias()])
def test_in_place_gives_the_same(build, x, rng, text, bottoms):
    values, dy = [rng.standard_normal(3)][: bottoms - 1], rng.standard_normal(SHAPE)
    apart = build(text, x, *values)
    in_place = build(f'{text} bottom: "in_place"', x, *values)
    for built in (apart, in_place):
        for blob in built.layer.blobs:
            blob.data[...] = [0.5, -2, 3]
        built.result = built.forward().copy()
        built.diffs = [diff.copy() for diff in built.backward(dy)]
    np.testing.assert_array_equal(in_place.result, apart.result)
    np.testing.assert_array_equal(in_place.diffs[0], apart.diffs[0])
    for left, right in zip(in_place.layer.blobs, apart.layer.blobs, strict=True):
        np.testing.assert_array_equal(left.diff, right.diff)


def test_fillers(build, x):
    filler = 'filler { type: "constant" value: 3 } bias_filler { value: -1 }'
    built = build(scale(f"bias_term: true {filler}"), x)
    np.testing.assert_allclose(built.forward(), 3 * x - 1, rtol=1e-12)
    built = build(bias('filler { type: "constant" value: 3 }'), x)
    np.testing.assert_array_equal(built.forward(), x + 3)


def test_frozen_blobs_get_no_gradient(build, x):
    built = build(scale("bias_term: true"), x)
    built.layer.param_propagate_down = [False, True]
    built.forward()
    built.backward(x, propagate_down=[False])
    assert not built.layer.blobs[0].diff.any() and built.layer.blobs[1].diff.any()
    assert not built.bottom[0].diff.any()


@pytest.mark.parametrize(("type_name", "text"), [("Scale", scale), ("Bias", bias)])
def test_axes_out_of_range(build, x, type_name, text):
    for settings, message in (
        ("axis: 4", r'axis 4 is out of range for bottom "b0" \(2, 3, 4, 5\)'),
        ("num_axes: -2", "num_axes is -2, but must be -1 or more"),
        (
            "axis: 2 num_axes: 3",
            r'3 axes from axis 2 on go past the end of bottom "b0" \(2, 3, 4, 5\)',
        ),
    ):
        with pytest.raises(LayerError, match=rf"\({type_name}\): {message}") as caught:
            build(text(settings), x)
        assert caught.value.field.startswith(f"{type_name.lower()}_param.")


@pytest.mark.parametrize("text", [scale, bias])
def test_what_does_not_fit_names_both_blobs(build, x, text):
    message = r'bottom "b1" \(4,\) does not fit bottom "b0" \(2, 3, 4, 5\) from axis 1 on'
    with pytest.raises(LayerError, match=message):
        build(text(), x, np.ones(4))
    with pytest.raises(LayerError, match=r'bottom "b1" \(5, 1\) does not fit .* from axis 3 on'):
        build(text("axis: -1"), x, np.ones((5, 1)))
    built = build(text(), x)
    built.bottom[0].reshape(2, 4, 5)
    message = r'blob "(scale|bias)" \(3,\) does not fit bottom "b0" \(2, 4, 5\) from axis 1 on'
    with pytest.raises(LayerError, match=message):
        built.forward()
