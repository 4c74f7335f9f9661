"""Changes to prototxt text in place: of one field, layer or blob, with every other byte as it was."""

from __future__ import annotations

from .text_edit import TextEdit

__all__ = ["TextEdit"]
