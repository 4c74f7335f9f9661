"""Finding, loading and listing plugins: the registry of all types and the schema composed from them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import pluggy

from . import hookspecs
from .catalog import Catalog
from .errors import (
    MissingPluginError,
    MyCaffeError,
    PluginError,
    SchemaError,
    did_you_mean,
)
from .schema import Schema, SchemaSource, compose, core_sources

ENTRY_POINT_GROUP = "mycaffe"
ALLOW_LIST_VARIABLE = "MYCAFFE_PLUGINS"
DISTRIBUTION = "mycaffe-py"
KINDS = ("layers", "solvers", "fillers", "gyms", "trainers")


@dataclass
class Plugin:
    """One plugin: where it came from, what it offers, and why it is not in use if it is not."""

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

    def reject(self, reason: str, hint: str | None = None, cause: BaseException | None = None) -> None:
        """Take the plugin out of use; one that the user asked for by name stops the program."""
        self.error, self.hint = reason, hint
        if self.required:
            raise PluginError(f'plugin "{self.name}": {reason}', hint=hint) from cause


class Registry:
    """All layers, solvers, fillers, gyms and trainers by type name, and the schema of their settings."""

    def __init__(self, plugins: Sequence[Plugin]):
        self.plugins = list(plugins)
        self.layers = Catalog("layer")
        self.solvers = Catalog("solver")
        self.fillers = Catalog("filler")
        self.gyms = Catalog("gym")
        self.trainers = Catalog("trainer")
        self.commands: dict[str, Any] = {}
        for plugin in self.working():
            self._take(plugin)
        self.schema: Schema = self._compose()

    def working(self) -> Iterator[Plugin]:
        """The plugins in use."""
        return (plugin for plugin in self.plugins if plugin.error is None)

    def broken(self) -> list[Plugin]:
        """The plugins that could not be used; ``error`` says why."""
        return [plugin for plugin in self.plugins if plugin.error is not None]

    def filler(self, param: Any) -> Any:
        """Return the Filler that a FillerParameter message asks for."""
        return self.fillers.find(param.type)(param)

    def catalog(self, kind: str) -> Catalog:
        """Return the catalog of a kind given in the plural, such as ``layers``."""
        return getattr(self, kind)

    def _take(self, plugin: Plugin) -> None:
        """Enter a plugin's types, or none of them if one clashes."""
        try:
            for kind in KINDS:
                self.catalog(kind).check(plugin.offers.get(kind, ()), plugin.name)
        except PluginError as error:
            plugin.reject(error.message, error.hint, error)
            return
        for kind in KINDS:
            self.catalog(kind).add(plugin.offers.get(kind, ()), plugin.name)
        for command in plugin.offers.get("commands", ()):
            self.commands.setdefault(command.name, command)

    def _compose(self) -> Schema:
        """Compose the schema; a plugin whose schema clashes is dropped with all that it offers."""
        while True:
            sources = [source for plugin in self.working() for source in plugin.sources]
            try:
                return compose([*core_sources(), *sources])
            except SchemaError as error:
                owner = getattr(error, "owner", None)
                culprit = next((p for p in self.working() if p.name == owner), None)
                if culprit is None:
                    raise
                culprit.reject(error.message, error.hint, error)
                for kind in KINDS:
                    self.catalog(kind).remove_owner(culprit.name)


def _schema_sources(plugin: Plugin, texts: Iterable[Any]) -> list[SchemaSource]:
    sources = []
    for text in texts:
        if isinstance(text, Path):
            sources.append(SchemaSource(plugin.name, text.name, text.read_text(encoding="utf-8")))
        else:
            sources.append(SchemaSource(plugin.name, f"{plugin.name}.proto", str(text)))
    for kind in KINDS:
        for offered in plugin.offers.get(kind, ()):
            # A class may inherit from one that brings its schema already.
            if offered.__dict__.get("schema"):
                label = f"{offered.__module__}.{offered.__name__}.schema"
                sources.append(SchemaSource(plugin.name, label, offered.schema))
    return sources


def _collect(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    """Call the plugin's hooks and note what they return."""
    texts: list[Any] = []
    for hook_name in (name for name in vars(hookspecs) if name.startswith("mycaffe_")):
        for implementation in getattr(manager.hook, hook_name).get_hookimpls():
            if implementation.plugin is not plugin.module:
                continue
            returned = implementation.function()
            if not isinstance(returned, list | tuple):
                raise PluginError(f"{hook_name}() must return a list, not {type(returned).__name__}")
            if hook_name == "mycaffe_schema":
                texts += returned
            else:
                plugin.offers[hook_name.removeprefix("mycaffe_")] = list(returned)
    plugin.sources = _schema_sources(plugin, texts)


def _register(manager: pluggy.PluginManager, plugin: Plugin) -> None:
    """Register one loaded module; a fault in it is noted in ``plugin.error`` and goes no further."""
    hook_names = [name for name in vars(hookspecs) if name.startswith("mycaffe_")]
    try:
        manager.register(plugin.module, name=plugin.name)
        for name in vars(plugin.module):
            if manager.parse_hookimpl_opts(plugin.module, name) and name not in hook_names:
                raise PluginError(f"unknown hook {name}()", hint=did_you_mean(name, hook_names))
        _collect(manager, plugin)
    except PluginError as error:
        plugin.reject(error.message, error.hint, error)
    except Exception as error:
        plugin.reject(f"{type(error).__name__}: {error}", cause=error)
    if plugin.error and manager.has_plugin(plugin.name):
        manager.unregister(name=plugin.name)


def _from_entry_points(allow: str | None) -> list[Plugin]:
    """Load installed plugins; ``allow`` (comma separated) limits those that are not bundled."""
    allowed = None if allow is None else {name.strip() for name in allow.split(",") if name.strip()}
    found: dict[tuple[str, str], Plugin] = {}
    for entry in metadata.entry_points(group=ENTRY_POINT_GROUP):
        name = entry.dist.metadata["Name"] if entry.dist else ""
        bundled = name.replace("_", "-").lower() == DISTRIBUTION
        if not bundled and allowed is not None and not {entry.name, name} & allowed:
            continue
        plugin = Plugin(
            name=entry.value if bundled else entry.name,
            origin=f"{name} (entry point)",
            version=entry.dist.version if entry.dist else "",
            bundled=bundled,
        )
        if (plugin.name, entry.value) in found:
            continue
        found[plugin.name, entry.value] = plugin
        try:
            plugin.module = entry.load()
        except Exception as error:
            plugin.reject(f"cannot be imported: {type(error).__name__}: {error}")
    return sorted(found.values(), key=lambda plugin: (not plugin.bundled, plugin.name))


def _from_path_or_module(name: str) -> Plugin:
    """Load one plugin that the user named: a .py file or a module."""
    path = Path(name)
    is_file = path.suffix == ".py" or os.sep in name or path.is_file()
    plugin = Plugin(name=path.stem if is_file else name, origin=name, required=True)
    if is_file and not path.is_file():
        raise MissingPluginError(f'plugin file "{name}" does not exist')
    try:
        plugin.module = _import_file(path) if is_file else importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not is_file and error.name and name.split(".")[0] == error.name.split(".")[0]:
            raise MissingPluginError(
                f'plugin "{name}" is neither a file nor an importable module',
                hint="give the path of a .py file, or install the package",
            ) from error
        plugin.reject(f"cannot be imported: {error}", cause=error)
    except MyCaffeError:
        raise
    except Exception as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) else ""
        plugin.reject(f"cannot be imported: {type(error).__name__}: {error}{line}", cause=error)
    return plugin


def _import_file(path: Path) -> Any:
    module_name = f"mycaffe_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path.resolve())
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


def load_registry(extra: Sequence[str] = (), allow: str | None = None) -> Registry:
    """Load the installed plugins and those named in ``extra`` (files or modules) into a new registry.

    ``allow`` (default: the environment variable MYCAFFE_PLUGINS, if set) is a comma-separated list of the
    installed third-party plugins that may load. A plugin that fails is listed in ``registry.broken()``; one
    named in ``extra`` raises PluginError or MissingPluginError instead.
    """
    if allow is None:
        allow = os.environ.get(ALLOW_LIST_VARIABLE)
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    plugins = _from_entry_points(allow)
    taken = {plugin.name for plugin in plugins}
    for name in dict.fromkeys(extra):
        plugin = _from_path_or_module(name)
        if plugin.name in taken:
            continue  # installed as well: the same plugin
        taken.add(plugin.name)
        plugins.append(plugin)
    for plugin in plugins:
        if plugin.error is None:
            _register(manager, plugin)
    return Registry(plugins)


_default: Registry | None = None


def default_registry() -> Registry:
    """Return the registry used where none is given; loaded at the first call."""
    global _default
    if _default is None:
        _default = load_registry()
    return _default


def use_plugins(*names: str) -> Registry:
    """Load plugins from files or modules into the default registry, as ``--plugin`` does."""
    global _default
    _default = load_registry(names)
    return _default
