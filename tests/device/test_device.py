"""Choosing the device, with a stand-in for cupy."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.device import (
    Device,
    default_device,
    device as device_module,
    import_cupy,
    open_device,
    set_default_device,
)
from mycaffe_py.errors import ConfigError, DeviceError
from mycaffe_py.testing import strict_device


class FakeCupy(ModuleType):
    """As much of cupy as opening a device needs."""

    def __init__(self, available=True, count=2):
        super().__init__("cupy")
        self.__version__ = "14.0"
        self.random = np.random
        self.used = []
        self.cuda = SimpleNamespace(
            is_available=lambda: self._value(available),
            runtime=SimpleNamespace(getDeviceCount=lambda: count),
            Device=lambda index: SimpleNamespace(use=lambda: self.used.append(index)),
        )

    @staticmethod
    def _value(available):
        if isinstance(available, Exception):
            raise available
        return available


@pytest.fixture
def cupy(monkeypatch):
    def install(**options):
        fake = FakeCupy(**options)
        monkeypatch.setitem(sys.modules, "cupy", fake)
        return fake

    return install


@pytest.fixture
def no_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)


def test_cpu():
    for name in ("cpu", " CPU "):
        device = open_device(name, seed=3)
        assert (device.name, device.xp, device.is_gpu, device.reason) == ("cpu", np, False, "")
        assert device.seed == 3
    assert repr(device) == "Device('cpu')"


@pytest.mark.parametrize("name", ["", "cpu:0", "gpu:", "gpu:-1", "gpu:x", "gpu0", "tpu", "gpu:1.5"])
def test_names_that_are_none(name):
    with pytest.raises(ConfigError, match="unknown device") as caught:
        open_device(name)
    assert caught.value.hint.endswith("valid: auto, cpu, gpu, gpu:N")
    assert caught.value.exit_code == 2


def test_without_cupy(no_cupy):
    with pytest.raises(DeviceError, match="no GPU: cupy") as caught:
        open_device("gpu")
    assert caught.value.exit_code == 4
    assert "pip install" in caught.value.hint
    device = open_device("auto", seed=9)
    assert device.name == "cpu" and device.seed == 9
    assert device.reason.startswith("no GPU: cupy")


def test_cupy_not_installed(monkeypatch):
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [])
    with pytest.raises(DeviceError, match="no GPU: cupy is not installed"):
        import_cupy()


@pytest.mark.parametrize("error", [ImportError("libcublas.so"), RuntimeError("libcublas.so")])
def test_cupy_that_cannot_be_imported(monkeypatch, error):
    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "cupy":
                raise error

    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(DeviceError, match="cupy cannot be imported: libcublas.so") as caught:
        open_device("gpu:0")
    assert caught.value.__cause__ is error
    assert open_device("auto").name == "cpu"


@pytest.mark.parametrize("available", [False, RuntimeError("driver version is insufficient")])
def test_cupy_without_a_usable_driver(cupy, available):
    cupy(available=available)
    with pytest.raises(
        DeviceError, match="cupy 14.0 is installed but finds no usable CUDA"
    ) as caught:
        open_device("gpu")
    assert caught.value.exit_code == 4 and "nvidia-smi" in caught.value.hint
    if available:
        assert "driver version is insufficient" in caught.value.message
    assert open_device("auto").reason == caught.value.message


@pytest.mark.parametrize(
    ("name", "index"), [("gpu", 0), ("gpu:1", 1), ("GPU:0", 0), ("cuda:1", 1), ("auto", 0)]
)
def test_with_a_gpu(cupy, name, index):
    fake = cupy()
    device = open_device(name, seed=4)
    assert (device.name, device.is_gpu, device.reason) == (f"gpu:{index}", True, "")
    assert device.xp.cuda is fake.cuda and fake.used == [index]


def test_a_number_too_high(cupy):
    cupy(count=2)
    with pytest.raises(DeviceError, match="no GPU 2: this machine has 2, numbered from 0"):
        open_device("gpu:2")


def test_a_gpu_that_refuses(cupy):
    fake = cupy()

    def refuse(index):
        raise RuntimeError("all devices are busy")

    fake.cuda.Device = refuse
    with pytest.raises(DeviceError, match="GPU 1 cannot be used: all devices are busy"):
        open_device("gpu:1")
    assert "busy" in open_device("auto").reason


def test_seeds_restart_the_generators():
    device = Device(seed=1)
    first = device.rng.random(3).tolist()
    device.seed_generators(1)
    assert device.rng.random(3).tolist() == first
    device.seed_generators(2)
    assert device.rng.random(3).tolist() != first


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fill_uniform(dtype):
    out = np.full((50, 40), -1, dtype)
    Device(seed=1).fill_uniform(out)
    assert out.min() >= 0 and out.max() < 1 and abs(out.mean() - 0.5) < 0.05
    again = np.empty_like(out)
    Device(seed=1).fill_uniform(again)
    np.testing.assert_array_equal(again, out)


def test_arrays_go_to_the_device_and_back():
    device = Device()
    array = device.asarray([1, 2], dtype=np.float32)
    assert array.dtype == np.float32
    assert device.to_host(array) is array
    assert device.to_host(SimpleNamespace(get=lambda: "host")) == "host"
    device.synchronize()


def test_the_default_device(monkeypatch):
    monkeypatch.setattr(device_module, "_default", None)
    assert default_device().name == "cpu"
    assert default_device() is default_device()
    other = Device(seed=5)
    set_default_device(other)
    assert default_device() is Blob().device is other


def test_resume_generators_goes_on_where_the_state_was_taken():
    from mycaffe_py.seeding import generator_state

    first = Device(seed=3)
    first.rng.random(5)
    state, expected = generator_state(first.rng), first.rng.random(4)
    second = Device(seed=99)
    second.resume_generators(3, state, 7)
    assert second.seed == 3
    out = np.empty(4)
    second.fill_uniform(out)
    np.testing.assert_array_equal(out, expected)


# Scratch memory.


def test_scratch_of_a_name_is_the_same_memory_for_all():
    device = Device()
    first = device.scratch("columns", (2, 3), np.float32)
    assert (first.shape, first.dtype) == ((2, 3), np.float32)
    again = device.scratch("columns", [3], "float32")
    assert np.shares_memory(first, again)
    assert not np.shares_memory(first, device.scratch("rows", (2, 3), np.float32))
    assert not np.shares_memory(first, device.scratch("columns", (2, 3), np.float64))
    assert not np.shares_memory(first, Device().scratch("columns", (2, 3), np.float32))


def test_scratch_only_grows():
    device = Device()
    small, large = (device.scratch("columns", (count,), np.float32) for count in (4, 9))
    assert not np.shares_memory(small, large)
    assert np.shares_memory(large, device.scratch("columns", (4,), np.float32))
    assert device.scratch("columns", (0, 5), np.float32).shape == (0, 5)
    assert device.scratch("columns", (), np.float32).shape == ()


def test_each_thread_has_scratch_of_its_own():
    device = Device()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(device.scratch, "columns", (3,), np.float32).result()
    assert not np.shares_memory(other, device.scratch("columns", (3,), np.float32))


def test_scratch_lies_on_the_device():
    device = strict_device()
    assert isinstance(device.scratch("columns", (2,), np.float32), device.xp.ndarray)
