"""Compiling, checking and launching kernels through CuPy, whose place the shim takes."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from mycaffe_py.cuda import (
    KernelUnavailable,
    address_of,
    chip_of,
    cuda_module,
    kernels_wanted,
    options_for,
    read_source,
)
from mycaffe_py.cuda.source import _OWN
from mycaffe_py.device import Device

from .stand_in_kernels import SMALL_AMPERE, SMALL_HOPPER

pytestmark = pytest.mark.shim
SCALE = (
    read_source(_OWN / "common.cuh")
    + """
struct ScaleArguments { REAL* values; REAL factor; int count; };
extern "C" __global__ void __launch_bounds__(64) scale(const ScaleArguments a) {
    const int i = blockIdx.x * 64 + threadIdx.x;
    if (i < a.count) a.values[i] *= a.factor;
}
"""
)


class ScaleArguments(ctypes.Structure):
    _fields_ = [("values", ctypes.c_void_p), ("factor", ctypes.c_float), ("count", ctypes.c_int)]


def test_a_kernel_computes(new_gpu):
    device = new_gpu()
    values = device.asarray(np.arange(100), np.float32)
    kernel = cuda_module(device, SCALE, {}).kernel("scale", 64)
    for part, count in ((values, 100), (values[90:], 10)):
        kernel.launch(2, ScaleArguments(address_of(part), 3, count))
    expected = np.arange(100) * np.where(np.arange(100) < 90, 3, 9)
    np.testing.assert_array_equal(device.to_host(values), expected)
    assert device.xp.kernels.launches == ["scale"] * 2
    assert address_of(values, 90) == address_of(values[90:]) and address_of(None) is None


def test_modules_are_compiled_once_for_each_source_and_macros(new_gpu):
    device = new_gpu()
    module = cuda_module(device, SCALE, {"REAL": "float"})
    assert cuda_module(device, SCALE, {"REAL": "float"}) is module
    assert cuda_module(device, SCALE, {"REAL": "double"}) is not module
    assert cuda_module(new_gpu(), SCALE, {"REAL": "float"}) is not module
    assert options_for({"B": 1, "A": "x"}) == ("-std=c++17", "-DA=x", "-DB=1")


def test_the_chip_is_read(new_gpu):
    assert chip_of(new_gpu(chip=SMALL_AMPERE)) == SMALL_AMPERE
    assert SMALL_HOPPER.has_clusters and not SMALL_AMPERE.has_clusters


@pytest.mark.parametrize(
    ("settings", "arguments", "message"),
    [
        ({"local_bytes": 8}, {}, "scale keeps 8 bytes a thread in local memory"),
        ({"registers": 255}, {"threads": 512}, "scale can have 257 threads a block, not 512"),
        ({}, {"shared_bytes": 300 << 10}, "scale needs 307200 bytes of shared memory, the GPU has"),
        ({}, {"name": "other"}, "other cannot be compiled: CUDA_ERROR_NOT_FOUND"),
    ],
)
def test_what_does_not_fit_is_refused(new_gpu, settings, arguments, message):
    module = cuda_module(new_gpu(**settings), SCALE, {})
    with pytest.raises(KernelUnavailable, match=message):
        module.kernel(**{"name": "scale", "threads": 64, **arguments})


def test_a_source_with_a_mistake_is_refused(new_gpu):
    with pytest.raises(KernelUnavailable, match="scale cannot be compiled: g.. does not compile"):
        cuda_module(new_gpu(), SCALE + "mistake", {}).kernel("scale", 64)


def test_a_grid_that_is_not_resident_is_refused_before_the_launch(new_gpu):
    device = new_gpu(registers=128)
    kernel = cuda_module(device, SCALE, {}).kernel("scale", 64)
    assert kernel.resident_blocks() == 4 * 8  # 65536 / (128 x 64) a processor
    values = device.asarray([1.0], np.float32)
    arguments = ScaleArguments(address_of(values), 2, 1)
    with pytest.raises(
        KernelUnavailable, match="needs 33 blocks at the same time, the GPU runs 32"
    ):
        kernel.launch(33, arguments, cooperative=True)
    assert device.xp.kernels.launches == []
    kernel.launch(32, arguments, cooperative=True)
    assert device.to_host(values)[0] == 2


def test_much_shared_memory_is_asked_for(new_gpu):
    module = cuda_module(new_gpu(), SCALE, {})
    module.kernel("scale", 64, 100 << 10).launch(1, ScaleArguments(None, 1, 0))


def test_kernels_can_be_turned_off(new_gpu, monkeypatch):
    assert kernels_wanted(new_gpu()) and not kernels_wanted(Device())
    monkeypatch.setenv("MYCAFFE_FAST", "0")
    assert not kernels_wanted(new_gpu())


def test_included_files_are_put_in_once(tmp_path):
    (tmp_path / "one.cuh").write_text('#include "two.cuh"\none\n')
    (tmp_path / "two.cuh").write_text("two\n")
    (tmp_path / "a.cu").write_text('first\n#include "one.cuh"\n#include "two.cuh"\nlast\n')
    lines = read_source(tmp_path / "a.cu").splitlines()
    assert [line for line in lines if line and line[0] != "#"] == ["first", "two", "one", "last"]
    assert '#line 3 "a.cu"' in lines and "struct Packed" in read_source(_OWN / "common.cuh")
