"""Counts in messages: ``1 layer``, ``2 layers``, ``1,000 updates``."""

from __future__ import annotations

_PLURALS = {
    "axis": "axes",
    "query": "queries",
    "entry": "entries",
    "policy": "policies",
    "pass": "passes",
}


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, which is given in the singular; a noun of several words ends with it."""
    return f"{count:,} {plural(count, noun)}"


def plural(count: int, noun: str) -> str:
    """Return the noun as it stands after a count: ``net``, or ``nets``."""
    if count == 1:
        return noun
    start, space, last = noun.rpartition(" ")
    return f"{start}{space}{_PLURALS.get(last, f'{last}s')}"
