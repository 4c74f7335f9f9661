"""Products by our own kernels are NumPy's, for every shape and any strides."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.cuda import KernelUnavailable, products_of

pytestmark = pytest.mark.shim

SHAPES = {
    "vectors": ((7,), (7,)),
    "matrix by vector": ((5, 40), (40,)),
    "vector by matrix": ((40,), (40, 3)),
    "small": ((3, 5), (5, 2)),
    "one row": ((1, 100), (100, 33)),
    "tiles": ((70, 20), (20, 130)),
    "whole tiles": ((128, 32), (32, 64)),
    "nothing to add": ((3, 0), (0, 2)),
    "no rows": ((0, 4), (4, 2)),
    "one matrix for all": ((5, 7), (3, 7, 2)),
    "several": ((3, 5, 7), (3, 7, 2)),
    "several, the right one shared": ((3, 5, 7), (7, 2)),
    "several by tiles": ((2, 70, 9), (1, 9, 66)),
}


@pytest.fixture
def products(new_gpu):
    device = new_gpu()
    return products_of(device), device


@pytest.mark.parametrize("case", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matmul(products, case, dtype, rng):
    own, device = products
    left, right = (rng.standard_normal(shape).astype(dtype) for shape in SHAPES[case])
    expected = np.matmul(left, right)
    found = own.matmul(device.asarray(left), device.asarray(right))
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(device.to_host(found), expected, rtol=tolerance, atol=tolerance * 10)
    assert found.shape == expected.shape


@pytest.mark.parametrize("sizes", [(4, 6, 5), (70, 20, 80)])
def test_transposed_and_strided(products, sizes, rng):
    own, device = products
    rows, depth, columns = sizes
    wide = device.asarray(rng.standard_normal((depth, 2 * rows + 1)))
    left, right = wide[:, 1::2].T, device.asarray(rng.standard_normal((columns, depth))).T
    out = device.asarray(rng.standard_normal((columns, rows)))
    expected = device.to_host(left) @ device.to_host(right)
    assert own.dot(left, right, out.T) is not None
    np.testing.assert_allclose(device.to_host(out).T, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rows", [3, 70])
def test_adding_to_what_is_there(products, rows, rng):
    own, device = products
    left, right = device.asarray(rng.random((2, rows, 4))), device.asarray(rng.random((2, 4, 66)))
    out = device.asarray(np.ones((2, rows, 66)))
    own.multiply(left, right, out, accumulate=True)
    expected = 1 + np.matmul(device.to_host(left), device.to_host(right))
    np.testing.assert_allclose(device.to_host(out), expected, rtol=1e-12)


def test_what_there_is_no_kernel_for(products):
    own, device = products
    ones = {
        shape: device.asarray(np.ones(shape))
        for shape in [(2, 2), (1, 1, 2, 2), (), (3, 2), (2, 2, 2), (3, 2, 2)]
    }
    for left, right in (((1, 1, 2, 2), (2, 2)), ((), (2, 2))):
        with pytest.raises(KernelUnavailable):
            own.dot(ones[left], ones[right])
    with pytest.raises(KernelUnavailable, match="int32"):
        own.dot(*(device.asarray(np.ones((2, 2), np.int32)),) * 2)
    with pytest.raises(KernelUnavailable, match="float64 times float32"):
        own.dot(ones[2, 2], device.asarray(np.ones((2, 2)), np.float32))
    for left, right in (((2, 2), (3, 2)), ((2, 2, 2), (3, 2, 2))):
        with pytest.raises(ValueError, match="does not exist"):
            own.matmul(ones[left], ones[right])
    with pytest.raises(ValueError, match="but out is"):
        own.dot(ones[2, 2], ones[2, 2], ones[3, 2])


@pytest.mark.parametrize("order", [1, 5, -1, -2])
def test_the_order_of_threads_does_not_matter(products, order, rng):
    own, device = products
    left, right = (device.asarray(rng.random(shape)) for shape in ((70, 30), (30, 70)))
    expected = device.to_host(own.dot(left, right))
    device.xp.kernels.order = order
    np.testing.assert_array_equal(device.to_host(own.dot(left, right)), expected)


def test_a_device_uses_them_while_it_is_told_to(products):
    own, device = products
    matrix = device.asarray(np.ones((2, 2)))
    device.xp.kernels.launches.clear()
    for use in (None, own):
        device.own.products = use
        for product in (device.xp.dot, device.xp.matmul):
            assert device.to_host(product(matrix, matrix)).tolist() == [[2, 2], [2, 2]]
    assert device.xp.kernels.launches == ["multiply_by_warps"] * 2
