"""Texts of runs in a page: no markup, and nothing that cannot be seen."""

from __future__ import annotations

import html

from mycaffe_py.visible import visible


def escape(text: str) -> str:
    """Return a text as HTML shows it."""
    return html.escape(visible(text))
