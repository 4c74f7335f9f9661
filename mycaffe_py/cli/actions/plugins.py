"""Implementation of ``mycaffe plugins``."""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterator, Sequence
from typing import Any

from mycaffe_py.cli.app import VERBS
from mycaffe_py.cli.third_party import ALLOW_LIST_VARIABLE, commands_by_owner, folded
from mycaffe_py.plugins.discovery import Plugin
from mycaffe_py.plugins.kinds import KINDS
from mycaffe_py.plugins.registry import load_registry
from mycaffe_py.run.versions import version_of
from mycaffe_py.wording import plural


def plugin_entries(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the entries of all plugins, with those of ``names``, files or modules, loaded as well."""
    return entries_of(load_registry(names).plugins)


def entries_of(plugins: Sequence[Plugin]) -> list[dict[str, Any]]:
    """Return the entries of plugins, and of what installed packages add to the command line."""
    entries = [plugin_entry(plugin) for plugin in plugins]
    allow = os.environ.get(ALLOW_LIST_VARIABLE)
    claimed = set(VERBS)
    for owner, verbs in commands_by_owner(sys.path, allow).items():
        added = verb_entry(owner, list(verbs), claimed)
        claimed |= set(verbs)
        same = [one for one in entries if folded(one["origin"].partition(" (")[0]) == owner]
        if not same:
            entries.append(added)
            continue
        same[0]["offers"] |= added["offers"]
        for key in ("error", "hint"):
            same[0][key] = same[0][key] or added[key]
    return entries


def verb_entry(owner: str, verbs: Sequence[str], claimed: Container[str]) -> dict[str, Any]:
    """Return the entry of a package's verbs; one whose name is claimed by another is not in use."""
    taken = [verb for verb in verbs if verb in claimed]
    used = [verb for verb in verbs if verb not in claimed]
    names = ", ".join(f'"{verb}"' for verb in taken)
    return {
        "name": owner,
        "version": version_of(owner) or "",
        "origin": f"{owner} (entry point)",
        "offers": {"commands": used} if used else {},
        "error": f"the {plural(len(taken), 'verb')} {names}: there is one of that name already"
        if taken
        else None,
        "hint": "give the entry point in the group mycaffe.commands another name"
        if taken
        else None,
    }


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
            yield f"  not in use: {entry['error']}"
            yield from (f"  {line}" for line in (entry["hint"] or "").splitlines())
        for kind, types in entry["offers"].items():
            yield f"  {kind}: {', '.join(types)}"
