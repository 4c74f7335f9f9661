"""flush_denormals: subnormal numbers are zero inside, and only inside."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.device import denormals
from mycaffe_py.device.denormals import can_flush, flush_denormals

SMALLEST = np.full(8, np.float32(1e-38))


def half():
    """Return a number that is subnormal in float32: half of a small normal one."""
    return float((SMALLEST / np.float32(4)).max())


def test_flushing_is_on_inside_and_off_after():
    assert half() > 0
    with flush_denormals():
        inside = half()
    assert half() > 0
    assert inside == 0 if can_flush() else inside > 0


def test_restored_after_an_exception():
    with pytest.raises(RuntimeError), flush_denormals():
        raise RuntimeError
    assert half() > 0


def test_nested():
    with flush_denormals():
        with flush_denormals():
            pass
        inside = half()
    assert (inside == 0) == can_flush()
    assert half() > 0


def test_normal_numbers_are_untouched():
    numbers = np.random.default_rng(0).standard_normal(100)
    wanted = np.tanh(numbers) @ numbers
    with flush_denormals():
        assert np.tanh(numbers) @ numbers == wanted


def test_without_a_way_to_flush(monkeypatch):
    monkeypatch.setattr(denormals, "_libm", None)
    assert not can_flush()
    with flush_denormals():
        assert half() > 0


@pytest.mark.parametrize(
    ("platform", "machine"), [("darwin", "x86_64"), ("win32", "AMD64"), ("linux", "aarch64")]
)
def test_other_machines_have_none(monkeypatch, platform, machine):
    monkeypatch.setattr(denormals.sys, "platform", platform)
    monkeypatch.setattr(denormals.platform, "machine", lambda: machine)
    assert denormals._load_libm() is None


@pytest.mark.parametrize("library", [OSError("not found"), object()])
def test_other_c_libraries_have_none(monkeypatch, library):
    def load(name):
        if isinstance(library, OSError):
            raise library
        return library

    monkeypatch.setattr(denormals.sys, "platform", "linux")
    monkeypatch.setattr(denormals.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(denormals.ctypes, "PyDLL", load)
    assert denormals._load_libm() is None
