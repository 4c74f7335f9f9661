"""Discovery of plugins: installed ones by entry point, others by file or module name."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from mycaffe_py.errors import Location, MissingPluginError, MyCaffeError, PluginError
from mycaffe_py.plugin_code import import_fault, note_plugin, old_code_hint
from mycaffe_py.schema import CORE_OWNER, SchemaSource
from mycaffe_py.showing import one_line, shows
from mycaffe_py.version import distribution_field

from .files import FILE_MODULE, check_file, import_file, means_file
from .given import PluginSource, module_of_class, module_offering
from .unlisted import DISTRIBUTION, GROUP, check_listed


@dataclass(repr=False)
class Plugin:
    """One plugin: its origin, what it offers, and why it is not in use, if it is not."""

    name: str
    origin: str
    version: str = ""
    bundled: bool = False
    required: bool = False
    module: Any = None
    error: str | None = None
    hint: str | None = None
    sources: list[SchemaSource] = field(default_factory=list)
    offers: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def found_by(self) -> str:
        """The whole path of its file, or the name of its module; empty if nobody asked for it by name."""
        if not self.required:
            return ""
        file = _file_of(self.module)
        by_file = self.module.__name__.startswith(FILE_MODULE) and file is not None
        return str(file) if by_file else str(self.module.__name__)

    @shows
    def __repr__(self) -> str:
        counts = [f"{len(offered)} {kind}" for kind, offered in self.offers.items() if offered]
        error = None if self.error is None else repr(self.error)
        return one_line("Plugin", repr(self.name), *([] if error else counts), error=error)

    def reject(
        self,
        reason: str,
        hint: str | None = None,
        cause: BaseException | None = None,
        location: Location | None = None,
    ) -> None:
        """Mark the plugin as not in use; raise PluginError if the user asked for it by name."""
        self.error, self.hint = f"{location}: {reason}" if location else reason, hint
        if self.required:
            message = f'plugin "{self.name}": {reason}'
            raise PluginError(message, hint=hint, location=location) from cause


def _folded(name: str) -> str:
    return name.replace("_", "-").lower()


def from_entry_points(allow: str | None) -> list[Plugin]:
    """Load installed plugins; ``allow`` (comma separated) limits those that are not bundled.

    PluginError if bundled ones are not among them.
    """
    allowed = None if allow is None else {_folded(name.strip()) for name in allow.split(",")}
    found: dict[tuple[str, str], Plugin] = {}
    for entry in metadata.entry_points(group=GROUP):
        name = distribution_field(entry.dist, "Name") if entry.dist else ""
        bundled = _folded(name) == DISTRIBUTION
        names = {_folded(known) for known in (entry.name, entry.value, name) if known}
        if not bundled and allowed is not None and not names & allowed:
            continue
        plugin = Plugin(
            name=entry.value if bundled else entry.name,
            origin=f"{name} (entry point)",
            version=distribution_field(entry.dist, "Version") if entry.dist else "",
            bundled=bundled,
        )
        if (plugin.name, entry.value) in found:
            continue
        found[plugin.name, entry.value] = plugin
        if not bundled:
            note_plugin(entry.value, plugin.name)
        try:
            plugin.module = entry.load()
        except (Exception, SystemExit) as error:
            plugin.reject(
                f"cannot be imported: {import_fault(error)}", old_code_hint(error) or None
            )
    check_listed(value for (_, value), plugin in found.items() if plugin.bundled)
    plugins: list[Plugin] = []
    for plugin in sorted(found.values(), key=lambda one: (not one.bundled, one.name, one.origin)):
        _append(plugins, plugin)
    return plugins


def _append(plugins: list[Plugin], plugin: Plugin) -> None:
    """Add a plugin under a unique name."""
    if plugin.name in {CORE_OWNER, *(other.name for other in plugins)}:
        plugin.name = f"{plugin.name} ({plugin.origin})"
    plugins.append(plugin)


def add_named(plugins: list[Plugin], source: PluginSource) -> None:
    """Load the plugin that the user named or gave; if it is already loaded, it must be in use."""
    if isinstance(source, ModuleType | type):
        _add_object(plugins, source)
        return
    if not isinstance(source, str | os.PathLike):
        raise PluginError(
            f"{source!r:.80} is not a plugin",
            hint="give the path of a .py file, a module's name, a module or a class",
        )
    name = os.fspath(source)
    path = Path(os.path.realpath(name)) if means_file(name) else None
    for plugin in plugins:
        if path is not None and plugin.module is not None and _file_of(plugin.module) == path:
            plugin.required = True
            return
    named = _from_path_or_module(name)
    for plugin in plugins:
        if plugin.module is named.module:
            plugin.required = True
            return
    _append(plugins, named)


def _add_object(plugins: list[Plugin], given: ModuleType | type) -> None:
    """Add a module that is imported already, or a class: with its module, if that offers it by a hook."""
    name = given.__name__ if isinstance(given, ModuleType) else given.__module__
    module = given if isinstance(given, ModuleType) else module_offering(given)
    for plugin in plugins:
        same_file = module is not None and _same_file(plugin.module, module)
        if plugin.module is not None and (plugin.module is module or same_file):
            plugin.required = True
            return
    if module is None and isinstance(given, type):
        name, module = f"{name}.{given.__qualname__}", module_of_class(given)
    note_plugin(module.__name__ if module is not None else name, name)
    note_plugin(given.__module__ if isinstance(given, type) else name, name)
    _append(plugins, Plugin(name=name, origin=_origin(given), required=True, module=module))


def _same_file(one: Any, other: ModuleType) -> bool:
    return one is not None and _file_of(one) is not None and _file_of(one) == _file_of(other)


def _origin(given: ModuleType | type) -> str:
    home = given if isinstance(given, ModuleType) else sys.modules.get(given.__module__)
    return str(getattr(home, "__file__", None) or "given in Python")


def _file_of(module: Any) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(file).resolve() if file else None


def _from_path_or_module(name: str) -> Plugin:
    """Load one plugin that the user named: a .py file or a module."""
    path = Path(name)
    is_file = means_file(name)
    plugin = Plugin(name=path.stem if is_file else name, origin=name, required=True)
    if is_file:
        check_file(name, path)
    if not is_file:
        note_plugin(name, name)
    try:
        plugin.module = import_file(path) if is_file else importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not is_file and error.name and f"{name}.".startswith(f"{error.name}."):
            raise MissingPluginError(
                f'plugin "{name}" is neither a file nor an importable module',
                hint="give the path of a .py file, or install the package",
            ) from error
        beside = (
            is_file and error.name and path.with_name(f"{error.name.partition('.')[0]}.py").exists()
        )
        hint = "a plugin file cannot import the files beside it: make them a package and install it"
        reason = f"cannot be imported: {import_fault(error)}"
        plugin.reject(reason, hint if beside else old_code_hint(error) or None, cause=error)
    except MyCaffeError:
        raise
    except (Exception, SystemExit) as error:
        reason = f"cannot be imported: {import_fault(error)}"
        plugin.reject(reason, old_code_hint(error) or None, cause=error)
    return plugin
