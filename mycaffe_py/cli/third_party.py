"""What installed distributions add to the command line, found without importlib.metadata.

Importing it would take a fifth of the time of ``mycaffe --help``, and loading the plugins several times as much.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

import click

from mycaffe_py.errors import PluginError
from mycaffe_py.plugin_code import note_plugin

COMMAND_GROUP = "mycaffe.commands"
"""Entry points that are verbs: ``name = module:command``; each is imported only when it is needed."""
ALLOW_LIST_VARIABLE = "MYCAFFE_PLUGINS"

_SUFFIXES = (".dist-info", ".egg-info")
_OURS = "mycaffe_py"


@lru_cache(maxsize=1)
def has_third_party() -> bool:
    """Whether a distribution other than our own may offer plugins; looked up once per process."""
    return may_offer_plugins(sys.path)


def may_offer_plugins(places: Iterable[str]) -> bool:
    """Whether a distribution in these folders may offer plugins; an archive always may."""
    places = [place or os.curdir for place in places]
    return any(os.path.isfile(place) for place in places) or any(
        group == "mycaffe" and owner != _OURS for owner, group, _ in _entries(places)
    )


@lru_cache(maxsize=1)
def installed_commands() -> dict[str, str]:
    """Return the verbs of installed distributions with their places; looked up once per process."""
    return commands_in(sys.path, os.environ.get(ALLOW_LIST_VARIABLE))


def commands_in(places: Iterable[str], allow: str | None = None) -> dict[str, str]:
    """Return verb -> ``module:command`` for the distributions in these folders; the first on the path wins.

    ``allow`` (comma separated) limits those of distributions other than our own, as it does for plugins.
    """
    allowed = None if allow is None else {folded(name.strip()) for name in allow.split(",")}
    found: dict[str, str] = {}
    for owner, group, line in _entries([place or os.curdir for place in places]):
        name, equals, value = (part.strip() for part in line.partition("="))
        if group != COMMAND_GROUP or not equals:
            continue
        names = {folded(known) for known in (owner, name, value.partition(":")[0])}
        if owner == _OURS or allowed is None or names & allowed:
            found.setdefault(name, value)
    return found


def commands_by_owner(places: Iterable[str], allow: str | None = None) -> dict[str, dict[str, str]]:
    """Return the folded name of each distribution but our own -> its verbs with their places, in these folders."""
    allowed = None if allow is None else {folded(name.strip()) for name in allow.split(",")}
    found: dict[str, dict[str, str]] = {}
    for owner, group, line in _entries([place or os.curdir for place in places]):
        name, equals, value = (part.strip() for part in line.partition("="))
        if group != COMMAND_GROUP or not equals or owner == _OURS:
            continue
        names = {folded(known) for known in (owner, name, value.partition(":")[0])}
        if allowed is None or names & allowed:
            found.setdefault(folded(owner), {}).setdefault(name, value)
    return found


@cache
def load_command(name: str, place: str) -> click.Command:
    """Import and return a verb; raises PluginError if that fails."""
    module, _, attribute = place.partition(":")
    note_plugin(module, name)
    try:
        command = getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}"
        raise PluginError(f'the verb "{name}" cannot be loaded from {place}: {reason}') from error
    if not isinstance(command, click.Command):
        raise PluginError(f'the verb "{name}" cannot be used: {place} is not a click command')
    return command


def _entries(folders: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield distribution, group and text of each entry point in these folders."""
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in sorted(names):
            if name.endswith(_SUFFIXES):
                lines = _lines(os.path.join(folder, name, "entry_points.txt"))
                yield from ((_owner(name), group, line) for group, line in lines)


def _owner(name: str) -> str:
    owner = name.rpartition(".")[0].rpartition("-")[0] or name.rpartition(".")[0]
    return owner.replace("-", "_").lower()


def folded(name: str) -> str:
    """Return the name of a distribution or module in the form in which names are compared."""
    return name.replace("-", "_").lower()


def _lines(path: str) -> Iterator[tuple[str, str]]:
    group = ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in map(str.strip, file):
                if line.startswith("["):
                    group = line.strip("[] ")
                elif line and line[0] not in "#;":
                    yield group, line
    except OSError:
        return
