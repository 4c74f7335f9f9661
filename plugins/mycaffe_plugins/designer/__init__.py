"""The Designer: models, solvers, runs and live training in a local web page.

``mycaffe designer`` serves the pages in ``static/``; they work on the same files and run folders as the command line.
Importing the package loads nothing: its verb is found by an entry point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .hooks import mycaffe_commands as mycaffe_commands
else:
    __getattr__, __dir__, __all__ = lazy_names(__name__, hooks="mycaffe_commands")
