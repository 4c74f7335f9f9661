"""Handling of prototxt: parsing text into messages, with the line and column of every field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from .parser import parse_prototxt as parse_prototxt
else:
    __getattr__, __dir__, __all__ = lazy_names(__name__, parser="parse_prototxt")
