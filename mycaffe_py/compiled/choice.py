"""Whether compiled kernels are used: the one place that decides it."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec

from mycaffe_py.device import Device

from .settings_here import FILE, are_refused_here

SWITCH = "MYCAFFE_FAST"
_OFF = ("0", "no", "off", "false")


def in_use(device: Device) -> bool:
    """Whether layers and solvers on this device take their compiled kernels; asked when they are built."""
    return device.is_host and why_not() is None


def switched_off() -> bool:
    """Whether the user wants neither compiled kernels nor those for a GPU."""
    return os.environ.get(SWITCH, "").strip().lower() in _OFF


def why_not() -> str | None:
    """Return why no compiled kernel is used, in words; None if they are used."""
    if switched_off():
        return f"turned off by {SWITCH}={os.environ[SWITCH]}"
    if find_spec("numba") is None:
        return 'not installed: pip install "mycaffe-py[fast]"'
    if are_refused_here():
        return f"left out: Numba would read {FILE} in the current folder"
    return _fault_of_numba()


@lru_cache(maxsize=1)
def _fault_of_numba() -> str | None:
    """Return why the installed Numba cannot be used: it refuses a NumPy that is newer than it knows, for instance."""
    try:
        numba = import_module("numba")
        import_module("numba.core.caching")
    except Exception as error:  # a broken installation raises more than ImportError
        return f"unusable: numba cannot be imported: {' '.join(str(error).split())}"
    if numba.config.DISABLE_JIT:
        return "turned off by NUMBA_DISABLE_JIT"
    return None


def kernels_on(device: Device) -> str:
    """Return ``compiled`` if layers and solvers on this device take compiled kernels, else ``plain``."""
    return "compiled" if in_use(device) else "plain"
