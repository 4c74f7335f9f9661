"""How objects show themselves: one line for a prompt, HTML for a notebook. Neither ever raises.

What is shown may be half built or closed: an object whose ``__init__`` failed is shown in tracebacks and debuggers too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from html import escape
from typing import Any

from mycaffe_py.visible import visible, visible_line


def shows(method: Callable[[Any], str]) -> Callable[[Any], str]:
    """Make a ``__repr__`` or ``__str__`` that fails give ``<Class, incomplete>`` instead."""

    @wraps(method)
    def shown(self: Any) -> str:
        try:
            return method(self)
        except Exception:
            return f"<{type(self).__name__}, incomplete>"

    return shown


def shows_html(method: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    """Make a ``_repr_html_`` that fails give None, so that a notebook takes the ``repr`` instead."""

    @wraps(method)
    def shown(self: Any) -> str | None:
        try:
            return method(self)
        except Exception:
            return None

    return shown


def one_line(kind: str, *parts: str, **named: Any) -> str:
    """Return ``Kind(part, ..., name=value, ...)``, without the values that are None."""
    given = [f"{name}={value}" for name, value in named.items() if value is not None]
    return visible_line(f"{kind}({', '.join([*parts, *given])})")


def number_text(value: float) -> str:
    """Return a number in few digits."""
    return f"{value:.4g}"


def html_table(
    head: Sequence[Any], rows: Iterable[Sequence[Any]], right: Sequence[int] = ()
) -> str:
    """Return an HTML table; every cell is escaped. ``right``: the positions of columns aligned to the right."""

    def line(cells: Sequence[Any], tag: str) -> str:
        styled = (
            f'<{tag} style="text-align:{"right" if at in right else "left"}">{escape(visible(str(cell)))}</{tag}>'
            for at, cell in enumerate(cells)
        )
        return f"<tr>{''.join(styled)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{line(head, 'th')}</thead><tbody>{body}</tbody></table>"


def html_line(text: str) -> str:
    """Return a line of text as an HTML paragraph."""
    return f"<p>{escape(visible(text))}</p>"


def html_picture(svg: str) -> str:
    """Return an SVG picture as an HTML image, so that its styles and those of the page do not mix."""
    from base64 import b64encode

    data = b64encode(svg.encode()).decode("ascii")
    return f'<img src="data:image/svg+xml;base64,{data}" style="max-width:none">'
