"""AbsVal, BNLL, Clip, ELU, Exp, Log, Power, Swish and Threshold: edge rules and bad settings."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, MyCaffeError, PrototxtError

from ...building import data, layer, make_net

X = [[-2.0, -0.0, 0.5, 3.0]]
ONES = [[1.0, 1.0, 1.0, 1.0]]


def run(build, text, x=X, dy=None, **options):
    """Return (y, dx) for a dy of ones."""
    built = build(text, x, **options)
    y = built.forward().copy()
    return y, built.backward(np.ones_like(y) if dy is None else dy)[0]


def refused(build, text, message, field, *bottoms):
    with pytest.raises(LayerError, match=message) as caught:
        build(text, *(bottoms or (X,)))
    assert caught.value.field == field
    return caught.value


# AbsVal.


def test_absval_has_no_slope_at_zero(build):
    y, dx = run(build, 'type: "AbsVal"')
    assert y.tolist() == [[2, 0, 0.5, 3]]
    assert dx.tolist() == [[-1, 0, 1, 1]]


def test_absval_refuses_to_work_in_place():
    with pytest.raises(MyCaffeError, match=r'layer "abs" \(AbsVal\) cannot work in place'):
        make_net(data((2, 3)) + layer("abs", "AbsVal", "x0", "x0"))


@pytest.mark.parametrize(
    ("type_name", "settings"),
    [
        ("BNLL", ""),
        ("Clip", "clip_param { min: 0 max: 1 }"),
        ("ELU", "elu_param { alpha: -1 }"),
        ("Exp", ""),
        ("PReLU", ""),
        ("Power", "power_param { power: 2 }"),
        ("Swish", ""),
    ],
)
def test_others_give_the_same_gradient_in_place(build, type_name, settings):
    text = f'type: "{type_name}" {settings}'
    apart = run(build, text, dy=[[1, 2, 3, 4]])
    together = run(build, f'{text} name: "in_place"', dy=[[1, 2, 3, 4]])
    for left, right in zip(apart, together, strict=True):
        np.testing.assert_array_equal(left, right)


# BNLL.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bnll_of_large_values(build, dtype):
    x = [[-1e30, -100.0, 100.0, 1e30]]
    with np.errstate(over="raise"):
        y, dx = run(build, 'type: "BNLL"', x, dtype=dtype)
    np.testing.assert_allclose(y, [[0, math.exp(-100), 100, 1e30]], 0.02, 1e-300)
    np.testing.assert_allclose(dx, [[0, math.exp(-100), 1, 1]], 0.02, 1e-300)


# Clip.


def test_clip_passes_the_gradient_at_both_ends(build):
    x = [[-1.5, -1, 0, 2, 2.5]]
    y, dx = run(build, 'type: "Clip" clip_param { min: -1 max: 2 }', x)
    assert y.tolist() == [[-1, -1, 0, 2, 2]]
    assert dx.tolist() == [[0, 1, 1, 1, 0]]


def test_clip_needs_both_bounds(build):
    message = r'layer "it" \(Clip\): clip_param.min and clip_param.max must both be given'
    refused(build, 'type: "Clip"', message, "clip_param")
    with pytest.raises(PrototxtError, match='required field "max" of ClipParameter is missing'):
        build('type: "Clip" clip_param { min: 1 }', X)


def test_clip_bounds_in_order(build):
    refused(
        build,
        'type: "Clip" clip_param { min: 2 max: 1 }',
        r"\(Clip\): min is 2 and max is 1, but min must not be above max",
        "clip_param.min",
    )


# ELU.


def test_elu_at_zero_takes_the_curve(build):
    y, dx = run(build, 'type: "ELU" elu_param { alpha: 0.5 }')
    np.testing.assert_allclose(y, [[0.5 * math.expm1(-2), 0, 0.5, 3]], 1e-15)
    np.testing.assert_allclose(dx, [[0.5 * math.exp(-2), 0.5, 1, 1]], 1e-15)


# Exp and Log.


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ("", lambda x: math.exp(x)),
        ("exp_param { base: -1 scale: 2 shift: 1 }", lambda x: math.exp(1 + 2 * x)),
        ("exp_param { base: 10 shift: -1 }", lambda x: 10 ** (x - 1)),
        ("exp_param { base: 0.25 scale: 2 }", lambda x: 0.25 ** (2 * x)),
        ("exp_param { base: 1 scale: 5 }", lambda x: 1.0),
    ],
)
def test_exp_of_any_base(build, settings, value):
    y, _ = run(build, f'type: "Exp" {settings}')
    np.testing.assert_allclose(y, [[value(x) for x in X[0]]], 1e-14)


def test_log_of_any_base(build):
    y, dx = run(build, 'type: "Log" log_param { base: 10 scale: 2 shift: 5 }')
    np.testing.assert_allclose(y, [[math.log10(5 + 2 * x) for x in X[0]]], 1e-14)
    slopes = [2 / (math.log(10) * (5 + 2 * x)) for x in X[0]]
    np.testing.assert_allclose(dx, [slopes], 1e-14)


def test_log_undoes_exp(build):
    y, _ = run(build, 'type: "Exp" exp_param { base: 3 scale: 0.5 shift: 2 }')
    back, _ = run(build, 'type: "Log" log_param { base: 3 }', y)
    np.testing.assert_allclose(back, [[2 + 0.5 * x for x in X[0]]], 1e-13)


def test_log_below_zero_is_not_a_number(build):
    with np.errstate(all="ignore"):
        y, _ = run(build, 'type: "Log"')
    assert np.isnan(y[0, 0]) and y[0, 1] == -np.inf


@pytest.mark.parametrize("base", ["0", "-2", "inf", "nan"])
@pytest.mark.parametrize("type_name", ["Exp", "Log"])
def test_base_must_be_positive(build, type_name, base):
    field = f"{type_name.lower()}_param"
    refused(
        build,
        f'type: "{type_name}" {field} {{ base: {base} }}',
        rf'layer "it" \({type_name}\): base is {base}, but must be above 0, or -1 for e',
        f"{field}.base",
    )


def test_no_logarithm_to_base_one(build):
    refused(build, 'type: "Log" log_param { base: 1 }', "base is 1, but", "log_param.base")


# Power.


@pytest.mark.parametrize(
    ("settings", "y", "dx"),
    [
        ("", [-2, 0, 0.5, 3], [1, 1, 1, 1]),
        ("scale: 2 shift: 1", [-3, 1, 2, 7], [2, 2, 2, 2]),
        ("power: 2", [4, 0, 0.25, 9], [-4, 0, 1, 6]),
        ("power: 2 scale: -1 shift: 1", [9, 1, 0.25, 4], [-6, -2, -1, 4]),
        ("power: 3", [-8, 0, 0.125, 27], [12, 0, 0.75, 27]),
        ("power: 0 scale: 7", [1, 1, 1, 1], [0, 0, 0, 0]),
        ("power: 0 scale: 0 shift: 0", [1, 1, 1, 1], [0, 0, 0, 0]),
        ("scale: 0 shift: -3", [-3, -3, -3, -3], [0, 0, 0, 0]),
        ("power: 3 scale: 0 shift: -2", [-8, -8, -8, -8], [0, 0, 0, 0]),
        ("power: -2 scale: 0 shift: -2", [0.25] * 4, [0, 0, 0, 0]),
        ("power: 2 scale: 0", [0, 0, 0, 0], [0, 0, 0, 0]),
    ],
)
def test_power_is_exact(build, settings, y, dx):
    found = run(build, f'type: "Power" power_param {{ {settings} }}')
    assert found[0].tolist() == [y]
    assert found[1].tolist() == [dx]


def test_power_where_there_is_no_finite_value(build):
    with np.errstate(all="ignore"):
        y, dx = run(build, 'type: "Power" power_param { power: 0.5 }')
        assert np.isnan(y[0, 0]) and np.isnan(dx[0, 0])
        assert y[0, 1] == 0 and np.isinf(dx[0, 1])
        y, dx = run(build, 'type: "Power" power_param { power: -1 }')
        assert np.isinf(y[0, 1]) and np.isinf(dx[0, 1])


@pytest.mark.parametrize(
    ("settings", "shown"),
    [("power: -1", r"0\^-1"), ("power: 0.5 shift: -1", r"-1\^0.5"), ("power: 99 shift: 1e6", "")],
)
def test_power_of_a_constant_without_a_value(build, settings, shown):
    refused(
        build,
        f'type: "Power" power_param {{ scale: 0 {settings} }}',
        rf"\(Power\): scale is 0, so every output is shift\^power = .*{shown}.*is not finite",
        "power_param.shift",
    )


# Swish, Mish and Serf.


def test_swish_with_beta_zero_is_half_of_x(build):
    y, dx = run(build, 'type: "Swish" swish_param { beta: 0 }')
    assert y.tolist() == [[-1, 0, 0.25, 1.5]]
    assert dx.tolist() == [[0.5] * 4]


@pytest.mark.parametrize(
    "text",
    [
        'type: "MISH" mish_param { threshold: 20 method: 0 }',
        'type: "Serf" serf_param { threshold: 20 }',
    ],
)
def test_guards_of_mycaffe_have_no_effect(build, text):
    plain = " ".join(text.split()[:2])
    assert run(build, text)[0].tolist() == run(build, plain)[0].tolist()


# Threshold.


def test_threshold_is_strict(build):
    built = build('type: "Threshold"', X)
    assert built.forward().tolist() == [[0, 0, 1, 1]]
    built = build('type: "Threshold" name: "in_place" threshold_param { threshold: 0.5 }', X)
    assert built.forward().tolist() == [[0, 0, 0, 1]]


def test_threshold_has_no_gradient(build):
    built = build('type: "Threshold"', X)
    built.forward()
    with pytest.raises(LayerError, match=r'layer "it" \(Threshold\): .* has no gradient, but one'):
        built.backward(ONES)
