"""Flushing subnormal floats to zero during training on the CPU.

The gradient of a liquid net vanishes over its time steps; arithmetic on the subnormal numbers on the way
takes many times as long. Flushing them to zero is exact to rounding.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# MXCSR: flush-to-zero (bit 15) and denormals-are-zero (bit 6).
_FLUSH_BITS = 0x8040


class _FloatingPointEnvironment(ctypes.Structure):
    """glibc's fenv_t on x86-64: 28 bytes of x87 state, then MXCSR."""

    _fields_ = [("x87", ctypes.c_uint32 * 7), ("mxcsr", ctypes.c_uint32)]


def _load_libm() -> ctypes.PyDLL | None:
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
        return None
    try:
        libm = ctypes.PyDLL("libm.so.6")  # glibc's name; musl's libm has another layout
        libm.fegetenv, libm.fesetenv  # noqa: B018  (AttributeError if absent)
    except (OSError, AttributeError):
        return None
    return libm


_libm = _load_libm()


def can_flush() -> bool:
    """Whether this machine has a way to flush subnormal numbers (glibc on x86-64)."""
    return _libm is not None


@contextmanager
def flush_denormals() -> Iterator[None]:
    """Context in which this thread flushes subnormal numbers to zero.

    Does nothing where :func:`can_flush` is false. Do not create ``numpy.finfo`` objects inside: NumPy warns.
    """
    if _libm is None:
        yield
        return
    saved, flushing = _FloatingPointEnvironment(), _FloatingPointEnvironment()
    _libm.fegetenv(ctypes.byref(saved))
    ctypes.pointer(flushing)[0] = saved
    flushing.mxcsr |= _FLUSH_BITS
    _libm.fesetenv(ctypes.byref(flushing))
    try:
        yield
    finally:
        _libm.fesetenv(ctypes.byref(saved))
