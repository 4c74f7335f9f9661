"""The templates: working plugins called MyName, with 11111 for the field's number."""

from __future__ import annotations

from pathlib import Path

from .naming import Names

_TEMPLATES = Path(__file__).with_name("templates")


def template(name: str) -> str:
    """Return a template as it is."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def filled_in(text: str, names: Names) -> str:
    """Return a template's text with the names put in."""
    for old, new in (
        ("MyName", names.camel),
        ("my_name", names.snake),
        ("my-name", names.dashed),
        ("11111", str(names.number)),
    ):
        text = text.replace(old, new)
    return text


def rendered(name: str, names: Names) -> str:
    """Return a template with the names put in."""
    return filled_in(template(name), names)
