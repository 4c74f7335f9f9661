"""Limiting BLAS to one thread for small products.

OpenBLAS, which comes with NumPy's wheels, splits even matrix-vector products of a few thousand elements over all cores.
For the many small products of a recurrent net this gains nothing on an idle machine, and on a busy one each
product waits for the slowest core.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path

import numpy as np

# Below this many multiply-adds in a product, several threads do not pay.
_SMALL = 2_000_000
# The names that OpenBLAS exports in NumPy's wheels, newest first, and in ordinary builds.
_PREFIXES = (("scipy_", "64_"), ("", "64_"), ("scipy_", ""), ("", ""))


class _Threads:
    """OpenBLAS's functions to get and set its number of threads."""

    def __init__(self, library: ctypes.PyDLL, prefix: str, suffix: str):
        self.get = getattr(library, f"{prefix}openblas_get_num_threads{suffix}")
        self.set = getattr(library, f"{prefix}openblas_set_num_threads{suffix}")
        self.get.restype, self.get.argtypes = ctypes.c_int, []
        self.set.restype, self.set.argtypes = None, [ctypes.c_int]


@lru_cache(maxsize=1)
def _threads() -> _Threads | None:
    """Return the functions of the OpenBLAS that NumPy has loaded, or None if there is none."""
    package = Path(np.__file__).parent
    folders = (package.parent / "numpy.libs", package / ".dylibs")
    for path in sorted(
        p for folder in folders if folder.is_dir() for p in folder.glob("*openblas*")
    ):
        try:
            library = ctypes.PyDLL(str(path))
        except OSError:
            continue
        for prefix, suffix in _PREFIXES:
            if hasattr(library, f"{prefix}openblas_set_num_threads{suffix}"):
                return _Threads(library, prefix, suffix)
    return None


def thread_count() -> int:
    """Return how many threads BLAS uses; 1 with a BLAS other than OpenBLAS, which cannot be asked."""
    threads = _threads()
    return threads.get() if threads else 1


def can_set_threads() -> bool:
    """Whether the number of BLAS threads can be set while the process runs: with OpenBLAS."""
    return _threads() is not None


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Context in which BLAS uses ``count`` threads; no effect with a BLAS other than OpenBLAS."""
    threads = _threads()
    before = threads.get() if threads else count
    if threads is None or before == count:
        yield
        return
    threads.set(count)
    try:
        yield
    finally:
        threads.set(before)


def one_thread() -> AbstractContextManager[None]:
    """Return the context in which BLAS uses one thread."""
    return blas_threads(1)


def threads_for(multiply_adds: int) -> AbstractContextManager[None]:
    """Return :func:`one_thread` if products of at most ``multiply_adds`` are small, else a context without effect."""
    return one_thread() if multiply_adds < _SMALL else nullcontext()
