"""Printing the warnings of layers and trainers as lines on the terminal."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mycaffe_py.errors import MyCaffeWarning

from .failures import warn

_OF_PICTURES: tuple[dict[str, Any], ...] = (
    {"module": r"PIL\."},  # also that an image is large: ours is the limit
    {"message": r"Glyph \d+ .*missing from"},
    {"message": "constrained_layout not applied"},
)


@contextmanager
def showing_warnings() -> Iterator[None]:
    """Print each of the package's warnings once, without its source location; leave other warnings unchanged.

    But those of the libraries that read and paint pictures are left out: damaged notes in an image file and letters
    that a font lacks are nothing that a user can mend.
    """
    with warnings.catch_warnings():
        for unwanted in _OF_PICTURES:
            warnings.filterwarnings("ignore", **unwanted)
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
