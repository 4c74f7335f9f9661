"""Printing the warnings of layers and trainers as lines on the terminal."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mycaffe_py.errors import MyCaffeWarning

from .failures import warn


@contextmanager
def showing_warnings() -> Iterator[None]:
    """Print each of the package's warnings once, without its source location; leave other warnings unchanged."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MyCaffeWarning)
        others, shown = warnings.showwarning, set[str]()

        def show(message: Any, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, MyCaffeWarning):
                if str(message) not in shown:  # the nets of train and test are often of one file
                    shown.add(str(message))
                    warn(str(message))
            else:
                others(message, category, *place, **more)

        warnings.showwarning = show
        yield
