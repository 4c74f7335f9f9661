"""The verb ``benchmark``: times of training steps on this machine, beside torch's where it is installed.

Importing the package loads nothing: its verb is found by an entry point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .hooks import mycaffe_commands as mycaffe_commands
else:
    __getattr__, __dir__, __all__ = lazy_names(__name__, hooks="mycaffe_commands")
