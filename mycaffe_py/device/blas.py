"""One thread for small products.

OpenBLAS, which NumPy's wheels bring, hands even a matrix-vector product of a few thousand elements to all cores.
For the many small products of a recurrent net that gains nothing on an idle machine, and on a busy one each
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
    """OpenBLAS' two functions for its number of threads."""

    def __init__(self, library: ctypes.PyDLL, prefix: str, suffix: str):
        self.get = getattr(library, f"{prefix}openblas_get_num_threads{suffix}")
        self.set = getattr(library, f"{prefix}openblas_set_num_threads{suffix}")
        self.get.restype, self.get.argtypes = ctypes.c_int, []
        self.set.restype, self.set.argtypes = None, [ctypes.c_int]


@lru_cache(maxsize=1)
def _threads() -> _Threads | None:
    """Return the functions of the OpenBLAS that NumPy has loaded, or None where there is none."""
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


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS use one thread inside, and as many as before after; no effect with another BLAS."""
    threads = _threads()
    before = threads.get() if threads else 1
    if threads is None or before == 1:
        yield
        return
    threads.set(1)
    try:
        yield
    finally:
        threads.set(before)


def threads_for(multiply_adds: int) -> AbstractContextManager[None]:
    """Return :func:`one_thread` for many products of that size, the largest among them, if they are small."""
    return one_thread() if multiply_adds < _SMALL else nullcontext()
