"""Whether code that a model names may run, and where it is looked for: the one place that decides it.

A file that comes from elsewhere must not act. Plugins are code that the user installed or named; a Python layer is
code that a model names. So the command line builds Python layers only when asked to; a program of the user's own is
code already and builds them, from the places where Python itself looks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import Enum

VARIABLE = "MYCAFFE_ALLOW_PYTHON"
OPTION = "--allow-python"
_YES = ("1", "true", "yes", "on")


class PythonLayers(Enum):
    """What is done with layers whose code a model names."""

    REFUSED = "refused"
    """They are not built."""
    ON_PATH = "on sys.path"
    """They are built; their modules come from the places where Python itself looks."""
    ANYWHERE = "anywhere"
    """They are built; their modules are also looked for in the current folder and in the model's."""

    @property
    def as_argument(self) -> bool | None:
        """The ``allow_python`` that means this."""
        return None if self is PythonLayers.ON_PATH else self is PythonLayers.ANYWHERE


_here = PythonLayers.ON_PATH
"""What holds in this process, unless the environment or an argument says otherwise."""


def python_layers(allow: bool | None = None) -> PythonLayers:
    """Return what is done with Python layers: as ``allow`` says, or if it is None, as this process does."""
    if allow is not None:
        return PythonLayers.ANYWHERE if allow else PythonLayers.REFUSED
    if os.environ.get(VARIABLE, "").strip().lower() in _YES:
        return PythonLayers.ANYWHERE
    return _here


def are_refused() -> bool:
    """Whether this process builds no Python layers, as the command line does unless it is asked to."""
    return python_layers() is PythonLayers.REFUSED


def refusing_python_layers() -> AbstractContextManager[None]:
    """Return a context in which this process builds none, unless the environment allows it."""
    return _holding(PythonLayers.REFUSED)


def allowing_python_layers() -> AbstractContextManager[None]:
    """Return a context in which this process builds them, with their modules from anywhere."""
    return _holding(PythonLayers.ANYWHERE)


@contextmanager
def _holding(layers: PythonLayers) -> Iterator[None]:
    global _here
    before, _here = _here, layers
    try:
        yield
    finally:
        _here = before
