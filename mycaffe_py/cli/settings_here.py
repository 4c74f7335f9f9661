"""Settings of libraries in the current folder, which the commands leave out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

from mycaffe_py.compiled import FILE as _NUMBA, has_settings_here, refusing_settings_here

from .failures import warn

_MATPLOTLIB = "matplotlibrc"


@contextmanager
def without_settings_here() -> Iterator[None]:
    """Context that takes no settings of libraries from the current folder, as they may have come with a model."""
    if os.path.lexists(_MATPLOTLIB) and "matplotlib" not in sys.modules:
        _import_matplotlib()
    if has_settings_here():
        warn(f"{_NUMBA} in the current folder is not used, nor are compiled kernels")
    with refusing_settings_here():
        yield


def _import_matplotlib() -> None:
    """Import matplotlib from elsewhere, as it prefers the ``matplotlibrc`` of the current folder to the user's own.

    Such a file can let it start programs (``text.usetex`` runs LaTeX). It is not even read: it may be a pipe, or
    what matplotlib would write about it may be meant for the terminal.
    """
    with suppress(OSError):
        here = os.getcwd()
        os.chdir(os.path.dirname(os.path.abspath(__file__)))
        try:
            with suppress(Exception):  # not installed, or broken: what draws says so
                import_module("matplotlib")
                warn(f"{_MATPLOTLIB} in the current folder is not used, as it could start programs")
        finally:
            os.chdir(here)
