"""What a run's trainer reported at its end, from run.json, as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mycaffe_py.errors import DataError
from mycaffe_py.trainer import Report, ReportTable

from .escaping import escape
from .report_page import figures_table


def report_tables(record: Mapping[str, Any]) -> str:
    """Return the tables, notes and cautions of a run's record; empty if it has none, or has them in another form."""
    try:
        report = _read(record.get("report"))
    except (DataError, LookupError, TypeError, AttributeError):  # a file that somebody else wrote
        return ""
    parts = []
    for table in report.tables if report else ():
        parts.append(f"<h3>{escape(table.title)}</h3>{figures_table(table.columns, table.texts())}")
    for kind, notes in (("", report.notes), ("message", report.cautions)) if report else ():
        parts += [f'<p class="{kind or "muted"}">{escape(note)}</p>' for note in notes]
    return "".join(parts)


def _read(found: Any) -> Report | None:
    if not found:
        return None
    tables = [
        ReportTable(str(one["title"]), one["columns"], one["rows"], best=one.get("best") or "")
        for one in found["tables"]
    ]
    return Report(tables, found.get("notes") or (), found.get("cautions") or ())
