"""Numba's settings in the current folder, which Numba reads when it is imported and whenever it compiles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

FILE = ".numba_config.yaml"
_refused = False


@contextmanager
def refusing_settings_here() -> Iterator[None]:
    """Context without compiled kernels where the current folder has settings of Numba.

    Such a file may have come with a model, and can let Numba write files of any name (``chrome_trace``).
    """
    global _refused
    before, _refused = _refused, True
    try:
        yield
    finally:
        _refused = before


def has_settings_here() -> bool:
    """Whether the current folder has settings of Numba."""
    return os.path.lexists(FILE)


def are_refused_here() -> bool:
    """Whether Numba is left out because of the current folder."""
    return _refused and has_settings_here()
