"""Implementation of ``mycaffe plugins``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from mycaffe_py.plugins.discovery import Plugin
from mycaffe_py.plugins.offers import KINDS
from mycaffe_py.plugins.registry import load_registry


def plugin_entries(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the entries of all plugins, with those of ``names``, files or modules, loaded as well."""
    return [plugin_entry(plugin) for plugin in load_registry(names).plugins]


def plugin_entry(plugin: Plugin) -> dict[str, Any]:
    """Return one plugin's entry in the listings."""
    offers = {
        kind: [offered.type for offered in plugin.offers.get(kind, ())]
        for kind in KINDS
        if plugin.offers.get(kind)
    }
    commands = [command.name for command in plugin.offers.get("commands", ())]
    return {
        "name": plugin.name,
        "version": plugin.version,
        "origin": plugin.origin,
        "offers": offers | ({"commands": commands} if commands else {}),
        "error": plugin.error,
        "hint": plugin.hint,
    }


def lines(entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the listing as lines of text."""
    for entry in entries:
        yield f"{entry['name']}  {entry['version'] or '-'}  {entry['origin']}"
        if entry["error"]:
            yield click.style(f"  not in use: {entry['error']}", fg="red")
            yield from (f"  {line}" for line in (entry["hint"] or "").splitlines())
        for kind, types in entry["offers"].items():
            yield f"  {kind}: {', '.join(types)}"
