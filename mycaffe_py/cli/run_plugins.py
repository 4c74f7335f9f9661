"""The plugins with which a run was made, for the verbs that use its folder."""

from __future__ import annotations

import importlib.util
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mycaffe_py.run.record import made_here, plugins_of, read_record

from .failures import say, warn
from .options import load_plugins


def load_plugins_of(runs: Iterable[Path], given: Sequence[str]) -> Any:
    """Return the registry with the plugins given and with those of runs; a line names each of the latter.

    A plugin of a run is loaded only if the folder is where the run was made, and never from within it: a folder
    from elsewhere must not execute code that nobody asked for. A warning says what to type instead.
    """
    found = list(given)
    known = {_key(name) for name in given}
    for run in runs:
        record = read_record(run)
        for name in plugins_of(record):
            if _key(name) in known:
                continue
            known.add(_key(name))
            if reason := _reason_against(run, record, name):
                warn(f"{run} was made with the plugin {name}, {reason}")
            else:
                say(f"loading plugin {_short(name)}, which {run} was made with")
                found.append(name)
    return load_plugins(found)


def _reason_against(run: Path, record: dict[str, Any], name: str) -> str | None:
    """Return why a plugin is not loaded, and what to do; None if it can be."""
    is_file = os.path.isabs(name)
    if is_file and not os.path.isfile(name):
        return f"which is not there any more; add --plugin {shlex.quote(os.path.basename(name))} with its path"
    inside = is_file and Path(run).resolve() in Path(name).resolve().parents
    if inside or not made_here(run, record):
        return (
            "which is not loaded by itself, as you did not make the run in this folder; "
            f"add --plugin {shlex.quote(name)}"
        )
    if not is_file and not _is_module(name):
        return "which is not installed here; install it, or add --plugin FILE|MODULE"
    return None


def _is_module(name: str) -> bool:
    """Whether a name is that of a module which can be imported, without importing any part of it."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return False
    return parts[0] in sys.modules or importlib.util.find_spec(parts[0]) is not None


def _key(name: str) -> str:
    """Return what two names of the same plugin share: a file's own name, or a module's name."""
    return os.path.basename(name)


def _short(name: str) -> str:
    return (
        os.path.relpath(name) if os.path.isabs(name) and Path.cwd() in Path(name).parents else name
    )
