"""The activation functions against the math module and stored numbers."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from mycaffe_py import functions
from mycaffe_py.testing import strict_device

# Positive: for logarithms and powers that are not whole.
POSITIVE = np.concatenate([np.linspace(0.01, 16, 1601), [1e-8, 1.0, 2.0, 30.0]])
POINTS = np.concatenate([np.linspace(-8, 8, 1601), [0.0, 1e-8, -1e-8, 30.0, -30.0]])


def logistic(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def normal_cdf(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


def normal_pdf(z):
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def softplus(z):
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def mish_slope(z):
    gate = math.tanh(softplus(z))
    return gate + z * logistic(z) * (1 - gate * gate)


def serf_slope(z):
    density = 2 / math.sqrt(math.pi) * math.exp(-(softplus(z) ** 2))
    return math.erf(softplus(z)) + z * logistic(z) * density


def swish_slope(z, beta):
    gate = logistic(beta * z)
    return gate + beta * z * gate * logistic(-beta * z)


def gelu_tanh_inner(z):
    return math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)


# name: (activation, f, f')
ACTIVATIONS = {
    "ReLU": (functions.ReLU(), lambda z: max(z, 0.0), lambda z: float(z > 0)),
    "leaky": (
        functions.ReLU(0.25),
        lambda z: z if z > 0 else z / 4,
        lambda z: 1.0 if z > 0 else 0.25,
    ),
    "slope below 0": (
        functions.ReLU(-0.5),
        lambda z: z if z > 0 else -z / 2,
        lambda z: 1.0 if z > 0 else -0.5,
    ),
    "slope above 1": (
        functions.ReLU(3.0),
        lambda z: z if z > 0 else 3 * z,
        lambda z: 1.0 if z > 0 else 3.0,
    ),
    "TanH": (functions.TanH(), math.tanh, lambda z: 1 / math.cosh(z) ** 2),
    "Sigmoid": (functions.Sigmoid(), logistic, lambda z: logistic(z) * logistic(-z)),
    "SiLU": (
        functions.SiLU(),
        lambda z: z * logistic(z),
        lambda z: logistic(z) * (1 + z * logistic(-z)),
    ),
    "GELU": (
        functions.GELU(),
        lambda z: z * normal_cdf(z),
        lambda z: normal_cdf(z) + z * normal_pdf(z),
    ),
    "GELUTanh": (
        functions.GELUTanh(),
        lambda z: z * (1 + math.tanh(gelu_tanh_inner(z))) / 2,
        lambda z: (
            (1 + math.tanh(gelu_tanh_inner(z))) / 2
            + z
            / 2
            / math.cosh(min(gelu_tanh_inner(abs(z)), 300)) ** 2
            * math.sqrt(2 / math.pi)
            * (1 + 3 * 0.044715 * z * z)
        ),
    ),
    "LeCun": (
        functions.LeCun(),
        lambda z: 1.7159 * math.tanh(0.666 * z),
        lambda z: 1.7159 * 0.666 / math.cosh(0.666 * z) ** 2,
    ),
    "SoftPlus": (functions.SoftPlus(), softplus, logistic),
    "AbsVal": (functions.AbsVal(), abs, lambda z: (z > 0) - (z < 0)),
    "Clip": (
        functions.Clip(-0.5, 1.0),
        lambda z: max(-0.5, min(z, 1.0)),
        lambda z: float(-0.5 <= z <= 1.0),
    ),
    "ELU": (
        functions.ELU(0.75),
        lambda z: z if z > 0 else 0.75 * math.expm1(z),
        lambda z: 1.0 if z > 0 else 0.75 * math.exp(z),
    ),
    "ELU, alpha below 0": (
        functions.ELU(-0.5),
        lambda z: z if z > 0 else -0.5 * math.expm1(z),
        lambda z: 1.0 if z > 0 else -0.5 * math.exp(z),
    ),
    "SELU": (
        functions.SELU(1.67, 1.05),
        lambda z: 1.05 * z if z > 0 else 1.05 * 1.67 * math.expm1(z),
        lambda z: 1.05 if z > 0 else 1.05 * 1.67 * math.exp(z),
    ),
    "SELU, factor below 0": (
        functions.SELU(0.5, -2.0),
        lambda z: -2.0 * (z if z > 0 else 0.5 * math.expm1(z)),
        lambda z: -2.0 * (1.0 if z > 0 else 0.5 * math.exp(z)),
    ),
    "ReLU6": (
        functions.ReLU6(),
        lambda z: min(max(z, 0.0), 6.0),
        lambda z: float(0 < z < 6),
    ),
    "ReLU6, slope": (
        functions.ReLU6(3.0, 0.25),
        lambda z: min(z, 3.0) if z > 0 else z / 4,
        lambda z: float(z < 3) if z > 0 else 0.25,
    ),
    "ReLU6, slope below 0": (
        functions.ReLU6(3.0, -0.5),
        lambda z: min(z, 3.0) if z > 0 else -z / 2,
        lambda z: float(z < 3) if z > 0 else -0.5,
    ),
    "HardSigmoid": (
        functions.HardSigmoid(0.3, 0.6),
        lambda z: min(max(0.3 * z + 0.6, 0.0), 1.0),
        lambda z: 0.3 if 0 < 0.3 * z + 0.6 < 1 else 0.0,
    ),
    "HardSwish": (
        functions.HardSwish(),
        lambda z: z * min(max(z + 3, 0.0), 6.0) / 6,
        lambda z: min(max(z + 3, 0.0), 6.0) / 6 + (z / 6 if -3 < z < 3 else 0.0),
    ),
    "Swish": (
        functions.Swish(1.5),
        lambda z: z * logistic(1.5 * z),
        lambda z: swish_slope(z, 1.5),
    ),
    "Mish": (functions.Mish(), lambda z: z * math.tanh(softplus(z)), mish_slope),
    "Serf": (functions.Serf(), lambda z: z * math.erf(softplus(z)), serf_slope),
    "Exp": (
        functions.Exp(0.5, -1.0),
        lambda z: math.exp(0.5 * z - 1),
        lambda z: 0.5 * math.exp(0.5 * z - 1),
    ),
    "Power 1": (functions.Power(1, 2, -1), lambda z: 2 * z - 1, lambda z: 2.0),
    "Power 2": (functions.Power(2, 3, 1), lambda z: (3 * z + 1) ** 2, lambda z: 6 * (3 * z + 1)),
    "Power 3": (functions.Power(3), lambda z: z**3, lambda z: 3 * z * z),
    "Power, scale 0": (functions.Power(3, 0, 2), lambda z: 8.0, lambda z: 0.0),
    "Log": (
        functions.Log(2.0, 3.0, 0.5),
        lambda z: 2 * math.log(3 * z + 0.5),
        lambda z: 6 / (3 * z + 0.5),
    ),
    "Power 0.5": (
        functions.Power(0.5, 4, 1),
        lambda z: math.sqrt(4 * z + 1),
        lambda z: 2 / math.sqrt(4 * z + 1),
    ),
    "Power -1": (
        functions.Power(-1, 1, 0.5),
        lambda z: 1 / (z + 0.5),
        lambda z: -1 / (z + 0.5) ** 2,
    ),
    "Power 2.5": (functions.Power(2.5), lambda z: z**2.5, lambda z: 2.5 * z**1.5),
}
ON_POSITIVE = ("Log", "Power 0.5", "Power -1", "Power 2.5")


def inputs(name, values):
    return abs(values) if name in ON_POSITIVE else values


def test_every_activation_has_a_case():
    offered = {getattr(functions, name) for name in functions.__all__} - {functions.Activation}
    classes = {item for item in offered if isinstance(item, type)}
    missing = classes - {type(case[0]) for case in ACTIVATIONS.values()}
    assert missing == set(), "add them to ACTIVATIONS in tests/test_functions.py"


BY_NAME = pytest.mark.parametrize("name", ACTIVATIONS)


@BY_NAME
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-14), (np.float32, 5e-6)])
def test_values_and_derivatives(name, dtype, tolerance):
    activation, value, slope = ACTIVATIONS[name]
    z = (POSITIVE if name in ON_POSITIVE else POINTS).astype(dtype)
    y, dz, dy = np.empty_like(z), np.empty_like(z), np.full_like(z, 2.0)
    activation.forward(np, z, y)
    activation.backward(np, z, y, dy, dz)
    np.testing.assert_allclose(y, [value(v) for v in z.tolist()], tolerance, tolerance)
    np.testing.assert_allclose(dz, [2 * slope(v) for v in z.tolist()], tolerance, tolerance)


@BY_NAME
def test_output_may_be_the_input(name, rng):
    activation = ACTIVATIONS[name][0]
    z, dy = inputs(name, rng.standard_normal((2, 3, 5)))
    y, dz = np.empty_like(z), np.empty_like(z)
    activation.forward(np, z, y)
    activation.backward(np, z, y, dy, dz)
    y_in_place, dz_in_place = z.copy(), dy.copy()
    activation.forward(np, y_in_place, y_in_place)
    kept = z if activation.keeps_input else None
    activation.backward(np, kept, y_in_place, dz_in_place, dz_in_place)
    np.testing.assert_array_equal(y_in_place, y)
    np.testing.assert_array_equal(dz_in_place, dz)


@BY_NAME
def test_infinity_and_nan(name):
    activation, _, _ = ACTIVATIONS[name]
    z = np.array([np.inf, -np.inf, np.nan])
    y = np.empty_like(z)
    with np.errstate(invalid="ignore"):
        activation.forward(np, z, y)
    bounded = {"TanH": 1.0, "Sigmoid": 1.0, "LeCun": 1.7159, "Clip": 1.0, "HardSigmoid": 1.0}
    bounded |= {"ReLU6": 6.0, "ReLU6, slope": 3.0, "ReLU6, slope below 0": 3.0}
    bounded |= {"SELU, factor below 0": -np.inf}
    bounded |= {"Power, scale 0": 8.0, "Power -1": 0.0}
    assert y[0] == bounded.get(name, np.inf)
    assert np.isnan(y[2]) or name == "Power, scale 0"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "name",
    ["Sigmoid", "SiLU", "SoftPlus", "TanH", "LeCun", "ELU", "SELU", "Mish", "Serf", "Swish"],
)
def test_large_values_do_not_overflow(name, dtype):
    activation = ACTIVATIONS[name][0]
    z = np.array([1e4, -1e4, 1e30, -1e30], dtype=dtype)
    y, dz = np.empty_like(z), np.empty_like(z)
    with np.errstate(over="raise"):
        activation.forward(np, z, y)
        activation.backward(np, z, y, np.ones_like(z), dz)
    assert np.isfinite(y).all() and np.isfinite(dz).all()


def test_derivative_of_relu_at_zero_is_the_slope():
    z = np.array([0.0, -0.0, 1e-300, -1e-300])
    y, dz = np.empty_like(z), np.empty_like(z)
    for slope, expected in ((0.0, [0, 0, 1, 0]), (0.1, [0.1, 0.1, 1, 0.1])):
        relu = functions.ReLU(slope)
        relu.forward(np, z, y)
        relu.backward(np, z, y, np.ones_like(z), dz)
        np.testing.assert_array_equal(dz, expected)


def test_stored_values():
    one = np.array([1.0])
    stored = {
        functions.SiLU: (0.7310585786300049, 0.9276705118714868),
        functions.GELU: (0.8413447460685429, 1.0833154705876863),
        functions.GELUTanh: (0.8411919906082768, 1.0829640838457826),
        functions.SoftPlus: (1.3132616875182228, 0.7310585786300049),
        functions.Sigmoid: (0.7310585786300049, 0.19661193324148185),
    }
    for cls, (value, slope) in stored.items():
        y, dz = np.empty(1), np.empty(1)
        cls().forward(np, one, y)
        cls().backward(np, one, y, one, dz)
        assert y[0] == pytest.approx(value, rel=1e-15)
        assert dz[0] == pytest.approx(slope, rel=2e-15)


@BY_NAME
def test_allocates_nothing_once_warm(name, rng):
    activation = ACTIVATIONS[name][0]
    z, _ = inputs(name, rng.standard_normal((2, 100_000)))
    y, dz = np.empty_like(z), np.empty_like(z)

    def step():
        activation.forward(np, z, y)
        activation.backward(np, z, y, z, dz)

    step()
    tracemalloc.start()
    step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    mask = z.size if "slope" in name or name == "leaky" or "ELU" in name else 0
    # NumPy casts a mask by way of a buffer of 8192 elements; the arrays here hold 200,000.
    assert peak < 80_000 + mask


@BY_NAME
def test_runs_on_the_strict_device(name, rng):
    activation, _, _ = ACTIVATIONS[name]
    device = strict_device()
    z, dy = inputs(name, rng.standard_normal((2, 3, 4)))
    y, dz = np.empty_like(z), np.empty_like(z)
    activation.forward(np, z, y)
    activation.backward(np, z, y, dy, dz)
    strict_z, strict_dy = device.asarray(z), device.asarray(dy)
    activation.forward(device.xp, strict_z, strict_z_out := device.xp.empty(z.shape))
    activation.backward(device.xp, strict_z, strict_z_out, strict_dy, strict_dy)
    np.testing.assert_allclose(device.to_host(strict_z_out), y, 1e-14)
    np.testing.assert_allclose(device.to_host(strict_dy), dz, 1e-14)


@pytest.mark.parametrize("make", [np.array, strict_device().asarray], ids=["numpy", "strict"])
def test_parts_of_large_arrays_are_those_of_small_ones(make):
    values = np.array([np.nan, np.inf, 2.5, 0.0, -0.0, -2.5, -np.inf])
    many = make(np.tile(values, 3000))
    device = strict_device()
    for function, expected in (
        (functions.positive_part, [np.nan, np.inf, 2.5, 0, 0, 0, 0]),
        (functions.negative_part, [np.nan, 0, 0, 0, 0, -2.5, -np.inf]),
    ):
        xp = np if isinstance(many, np.ndarray) else device.xp
        few_out, many_out = xp.empty(7), xp.empty(many.shape)
        function(xp, make(values), few_out)
        function(xp, many, many_out)
        np.testing.assert_array_equal(device.to_host(few_out), expected)
        np.testing.assert_array_equal(device.to_host(many_out), np.tile(expected, 3000))


def test_scratch_follows_shape_and_type():
    activation = functions.TanH()
    first = activation.scratch(np, np.zeros((2, 3)))[0]
    assert activation.scratch(np, np.ones((2, 3)))[0] is first
    assert activation.scratch(np, np.zeros((3, 2)))[0].shape == (3, 2)
    assert activation.scratch(np, np.zeros((3, 2), np.float32))[0].dtype == np.float32
    assert len(activation.scratch(np, np.zeros((3, 2), np.float32), 2)) == 2


def test_erf_float64_everywhere():
    x = np.concatenate(
        [
            np.linspace(-7, 7, 140_001),
            np.logspace(-300, 1, 20_000),
            -np.logspace(-300, 1, 20_000),
            [5e-324, 1e300, -1e300],
        ]
    )
    expected = np.array([math.erf(v) for v in x.tolist()])
    error = np.abs(functions.erf(np, x) - expected)
    assert error.max() <= 2.3e-16
    assert (error <= 5e-16 * np.abs(expected) + 5e-324).all()


def test_erf_float32():
    x = np.linspace(-6, 6, 100_001, dtype=np.float32)
    result = functions.erf(np, x)
    assert result.dtype == np.float32
    expected = np.array([math.erf(v) for v in x.tolist()])
    assert (np.abs(result - expected) <= 3e-7 * np.abs(expected)).all()


def test_erf_special_values():
    result = functions.erf(np, np.array([0.0, -0.0, np.inf, -np.inf, np.nan]))
    np.testing.assert_array_equal(result, [0.0, -0.0, 1.0, -1.0, np.nan])
    assert np.signbit(result[1])


def test_base_class_names_what_is_missing():
    class Empty(functions.Activation):
        """Nothing."""

    with pytest.raises(TypeError, match=r"Empty does not define forward\(\)"):
        Empty().forward(np, None, None)
    with pytest.raises(TypeError, match=r"Empty does not define backward\(\)"):
        Empty().backward(np, None, None, None, None)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.875])
def test_pinball_and_its_slope(quantile):
    errors = np.array([-3.0, -1e-9, -0.0, 0.0, 2.0, np.inf, -np.inf, np.nan])
    y, slope = np.empty_like(errors), np.empty_like(errors)
    functions.pinball(np, errors, np.array(quantile), y)
    functions.pinball_slope(np, errors, np.array(quantile), slope)
    above, below = quantile, 1 - quantile
    expected = [3 * below, 1e-9 * below, 0, 0, 2 * above, np.inf, np.inf, np.nan]
    np.testing.assert_allclose(y, expected, rtol=1e-15)
    expected = [below, below, 0, 0, -above, -above, below, np.nan]
    np.testing.assert_allclose(slope, expected, rtol=1e-15)
