"""The HTML of a report: one file that needs no other. Whatever comes from a run is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .escaping import escape

_STYLE = Path(__file__).parent / "static" / "report.css"


def page(title: str, parts: Iterable[str]) -> str:
    """Return the whole document."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>\n{_STYLE.read_text(encoding='utf-8')}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def section(title: str, *parts: str) -> str:
    """Return a section, or nothing if it has no content."""
    content = "".join(parts)
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def figure(title: str, picture: str) -> str:
    """Return a picture (markup) with its title."""
    return f"<figure><figcaption>{escape(title)}</figcaption>{picture}</figure>"


def facts(entries: Iterable[tuple[str, str, str]]) -> str:
    """Return figures as (name, value, what stands below it)."""
    rows = []
    for name, value, below in entries:
        small = f"<small>{escape(below)}</small>" if below else ""
        rows.append(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}{small}</dd></div>")
    return f"<dl>{''.join(rows)}</dl>"


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table; values that differ from the row's first value are bold."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    lines = []
    for name, *values in rows:
        cells = [_cell(value, value != values[0]) for value in values]
        lines.append(f"<tr><td>{escape(str(name))}</td>{''.join(cells)}</tr>")
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def figures_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts, named by their first one; those with a star behind them are bold."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    lines = []
    for name, *texts in rows:
        cells = [_cell(text.removesuffix("*"), text.endswith("*")) for text in texts]
        lines.append(f"<tr><td>{escape(name)}</td>{''.join(cells)}</tr>")
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _cell(value: Any, other: bool) -> str:
    kind = "value other" if other else "value"
    return f'<td class="{kind}">{escape("" if value is None else str(value))}</td>'


def folded(title: str, content: str) -> str:
    """Return content that opens by a click."""
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def text_block(text: str) -> str:
    """Return text as it is."""
    return f"<pre>{escape(text)}</pre>"
