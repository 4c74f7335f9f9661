"""Formulas turned into kernels compute what the formulas compute."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import functions
from mycaffe_py.cuda import elementwise, options_for
from mycaffe_py.cuda.fusing import source_of
from mycaffe_py.cuda.kernels import KernelUnavailable
from mycaffe_py.device import Device

from ..test_functions import ACTIVATIONS
from .test_compiling import nvrtc

pytestmark = pytest.mark.shim
QUICK = ("ReLU", "GELU", "SoftPlus")
CASES = [
    pytest.param(name, dtype, marks=[] if name in QUICK else [pytest.mark.slow])
    for name in ACTIVATIONS
    for dtype in ("float32", "float64")
]


def activation_and_points(name):
    """Return the function, and points where it is defined."""
    activation, value, _ = ACTIVATIONS[name]
    points = np.concatenate([np.linspace(-9, 9, 301), [0.0, -0.0, 1e-8, -40.0, 40.0]])
    try:
        whole = not isinstance(value(-1.5), complex)
    except ValueError:
        whole = False
    return activation, points if whole else np.abs(points) + 0.01


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_every_activation(new_gpu, name, dtype, rng):
    activation, points = activation_and_points(name)
    device, xp = new_gpu(), np
    z, dy = points.astype(dtype), rng.standard_normal(points.size).astype(dtype)
    y, dx = np.empty_like(z), np.empty_like(z)
    with np.errstate(all="ignore"):
        activation.forward(xp, z, y)
        activation.backward(xp, z, y, dy, dx)
    theirs = [device.asarray(array) for array in (z, y, dy, dx)]
    theirs[1].fill(0)
    theirs[3].fill(0)
    elementwise(device, activation.forward)(*theirs[:2])
    elementwise(device, activation.backward)(*theirs)
    assert device.xp.kernels.launches == ["fused"] * 2
    tolerance = 3e-6 if dtype == "float32" else 1e-13
    for ours, found in ((y, theirs[1]), (dx, theirs[3])):
        scale = np.abs(ours[np.isfinite(ours)]).max()
        np.testing.assert_allclose(
            device.to_host(found), ours, rtol=tolerance, atol=tolerance * min(scale, 10)
        )


@pytest.mark.parametrize("name", ["SiLU", "ELU"])
def test_in_place(new_gpu, name):
    activation = getattr(functions, name)()
    device = new_gpu()
    z = np.linspace(-4, 4, 50)
    expected = np.empty_like(z)
    activation.forward(np, z, expected)
    found = device.asarray(z)
    elementwise(device, activation.forward)(found, found)
    np.testing.assert_allclose(device.to_host(found), expected, rtol=1e-13, atol=1e-15)


def test_numbers_that_are_none(new_gpu):
    device = new_gpu()

    def formula(xp, x, low, high, sign):
        xp.minimum(x, 1.0, out=low)
        xp.maximum(1.0, x, out=high)
        xp.sign(x, out=sign)

    x = np.array([np.nan, np.inf, -np.inf, 0.5, 0.0])
    found = [device.asarray(x) for _ in range(4)]
    elementwise(device, formula)(*found)
    expected = [x, np.minimum(x, 1), np.maximum(1, x), np.sign(x)]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(device.to_host(one), other)


def test_what_is_no_kernel_is_computed_with_xp(new_gpu):
    device = new_gpu()
    x, y = (device.asarray(np.arange(6.0).reshape(2, 3)) for _ in range(2))

    def doubled(xp, x, out):
        xp.multiply(x, 2.0, out=out)

    elementwise(device, doubled)(x.T, y.T)  # not contiguous
    assert device.to_host(y).tolist() == [[0, 2, 4], [6, 8, 10]]
    row = device.asarray(np.ones((1, 3)))
    elementwise(device, doubled)(row, y[:1])
    elementwise(device, lambda xp, x, row, out: xp.add(x, row, out=out))(x, row, y)  # broadcast
    assert device.to_host(y).tolist() == [[1, 2, 3], [4, 5, 6]]
    assert device.xp.kernels.launches == ["fused"]

    def asking(xp, x, out):
        xp.copyto(out, x * 0.0 + xp.sum(x))

    elementwise(device, asking)(x, y)
    assert device.to_host(y)[0, 0] == 15
    empty = device.asarray(np.zeros((0, 3)))
    elementwise(device, doubled)(empty, empty)


@pytest.mark.nvrtc
@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in ACTIVATIONS],
)
def test_they_compile_for_gpus_without_local_memory(name):
    activation = ACTIVATIONS[name][0]
    for formula, count in ((activation.forward, 2), (activation.backward, 4)):
        for real, dtype in (("float", np.float32), ("double", np.float64)):
            source = source_of(formula, count, dtype)
            needs = nvrtc.compile_source(source, options_for({"REAL": real}), 90).kernels["fused"]
            assert (needs.stack, needs.spill_stores) == (0, 0)


REFUSED = {
    "a value is asked for": lambda xp, x, y: xp.copyto(y, x) if (x > 0) else None,
    "a sum": lambda xp, x, y: xp.sum(x),
    "an array of the host": lambda xp, x, y: xp.add(x, np.ones(3), out=y),
    "a part": lambda xp, x, y: y.__setitem__(0, x),
    "another shape": lambda xp, x, y: xp.empty((3,), dtype="float32"),
    "infinity": lambda xp, x, y: xp.add(x, np.inf, out=y),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what):
    with pytest.raises(KernelUnavailable):
        source_of(REFUSED[what], 2, np.float32)


def test_on_the_cpu_it_is_the_formula_itself():
    formula = functions.TanH().forward
    found = elementwise(Device(), formula)
    assert found.func == formula and found.args == (np,)
