"""Calling a loaded plugin's hooks and checking what they return."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import pluggy

from mycaffe_py.errors import PluginError
from mycaffe_py.plugin_code import plugin_place
from mycaffe_py.schema import SchemaSource

from . import hookspecs
from .discovery import Plugin
from .kinds import KINDS, base_name, base_of, kind_of, singular
from .templates import Template

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("mycaffe_"))


def _schema_sources(plugin: Plugin, texts: Iterable[str | Path]) -> list[SchemaSource]:
    sources = []
    for text in texts:
        if isinstance(text, Path):
            sources.append(SchemaSource(plugin.name, text.name, text.read_text(encoding="utf-8")))
        else:
            sources.append(SchemaSource(plugin.name, f"{plugin.name}.proto", text))
    offered = [cls for kind in KINDS for cls in plugin.offers.get(kind, ())]
    for owner in dict.fromkeys(base for cls in offered for base in _own_classes(cls)):
        # A class may inherit from one that already provides its schema.
        if owner.__dict__.get("schema"):
            if not isinstance(owner.schema, str):
                raise PluginError(
                    f"{owner.__name__}.schema must be a text, not {type(owner.schema).__name__}",
                    hint='write schema = "message ... { optional double scale = 1; }"',
                )
            label = f"{plugin.name}.{owner.__name__}.schema"
            sources.append(SchemaSource(plugin.name, label, owner.schema))
    return sources


def _own_classes(offered: type) -> list[Any]:
    """Return the class and those of its bases that are defined in the same package or file."""
    root = offered.__module__.partition(".")[0]
    return [base for base in offered.__mro__ if base.__module__.partition(".")[0] == root]


def _collect(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    """Call the plugin's hooks and store what they return."""
    texts: list[Any] = []
    called = False
    for hook_name in HOOKS:
        for implementation in getattr(manager.hook, hook_name).get_hookimpls():
            if implementation.plugin is not plugin.module:
                continue
            called = True
            returned = _call(hook_name, implementation.function)
            if hook_name == "mycaffe_schema":
                texts += returned
            else:
                plugin.offers[hook_name.removeprefix("mycaffe_")] = returned
    if not called:
        raise PluginError(
            "offers nothing: it has no function marked with @hookimpl",
            hint=f"hooks: {', '.join(HOOKS)}",
        )
    plugin.sources = _schema_sources(plugin, texts)


def _call(hook_name: str, function: Any) -> list[Any]:
    """Call one hook and check what it returns."""
    try:
        returned = function()
    except Exception as error:
        place = plugin_place(error)
        where = f"{place.filename}:{place.line}: {place.source}" if place else None
        message = f"{hook_name}() raised {type(error).__name__}: {error}"
        raise PluginError(message, hint=where) from error
    if not isinstance(returned, list | tuple):
        raise PluginError(
            f"{hook_name}() must return a list, not {_shown_type(returned)}",
            hint=f"write return [{returned.__name__ if isinstance(returned, type) else '...'}]",
        )
    kind = hook_name.removeprefix("mycaffe_")
    for item in returned:
        if kind in KINDS:
            good = isinstance(item, type) and kind_of(item) == singular(kind)
            wanted = f"{base_name(kind)} classes"
        elif kind == "commands":
            good, wanted = isinstance(item, click.Command) and bool(item.name), "click commands"
        elif kind == "templates":
            good, wanted = isinstance(item, Template), "Templates"
        else:
            good, wanted = isinstance(item, str | Path), "str or Path of .proto text"
        if not good:
            shown = f"the class {item.__name__}" if isinstance(item, type) else f"{item!r:.80}"
            raise PluginError(
                f"{hook_name}() must return a list of {wanted}, but it contains {shown}",
                hint=_other_place(item, kind),
            )
        if isinstance(item, Template):
            item.check()
    return list(returned)


def _shown_type(returned: Any) -> str:
    if isinstance(returned, type):
        return f"the class {returned.__name__}"
    return "None" if returned is None else type(returned).__name__


def _other_place(item: Any, kind: str) -> str | None:
    """Say what makes an item usable that a hook returned: another hook, another base, the class without a call."""
    found = kind_of(item) if isinstance(item, type) else None
    if found:
        hook = next((hook for hook in HOOKS if _lists(hook, found)), None)
        return f"{item.__name__} is a {base_of(found)}: return it from {hook}()" if hook else None
    if isinstance(item, type) and kind in KINDS:
        base = base_name(kind)
        return f"write class {item.__name__}({base}): (from mycaffe_py import {base})"
    return None


def _lists(hook: str, found: str) -> bool:
    kind = hook.removeprefix("mycaffe_")
    return kind in KINDS and singular(kind) == found


def _check_names(manager: pluggy.PluginManager, module: Any) -> None:
    """Fail for a marked function that is not a hook, and for a hook that is not marked."""
    for name in HOOKS:
        getattr(
            module, name, None
        )  # pluggy does not see a hook that the module loads when it is asked for
    for name in dir(module):
        if manager.parse_hookimpl_opts(module, name):
            if name not in HOOKS:
                raise PluginError(f"unknown hook {name}()", nearest=(name, HOOKS))
        elif name in HOOKS:
            raise PluginError(
                f"{name}() is not marked as a hook",
                hint="write @hookimpl above it (from mycaffe_py import hookimpl)",
            )


def register(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    """Register one loaded module; an error in it is stored in ``plugin.error`` and not raised."""
    try:
        _check_names(manager, plugin.module)
        manager.register(plugin.module, name=plugin.name)
        _collect(manager, plugin)
    except PluginError as error:
        plugin.reject(error.message, error.hint, error)
    except pluggy.PluginValidationError as error:
        hook = re.search(r"for hook '(\w+)'", str(error))
        name = hook[1] if hook else "a hook"
        plugin.reject(f"{name}() takes no arguments", f"write def {name}():", error)
    except Exception as error:
        plugin.reject(f"{type(error).__name__}: {error}", cause=error)
    if plugin.error and manager.has_plugin(plugin.name):
        manager.unregister(name=plugin.name)
