"""Registry: all types that the plugins offer, and the schema composed from their settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from mycaffe_py.errors import ConfigError, PluginError, SchemaError, UnknownTypeError
from mycaffe_py.resources import resource_names
from mycaffe_py.schema import Schema, compose, core_sources
from mycaffe_py.showing import one_line, shows

from . import hookspecs
from .catalog import Catalog
from .discovery import Plugin, add_named, from_entry_points
from .given import PluginSource
from .kinds import KINDS
from .named_fields import CONTAINERS, check_named_fields
from .offers import register
from .squatters import reject_squatter
from .templates import TEMPLATE_KINDS, Template

ALLOW_LIST_VARIABLE = "MYCAFFE_PLUGINS"


class Registry:
    """All types that plugins offer, by kind and type name, and the schema of their settings."""

    def __init__(self, plugins: Sequence[Plugin]):
        self.plugins = list(plugins)
        self.extra: tuple[Any, ...] = ()
        """The plugins that were named besides the installed ones."""
        self.layers = Catalog("layer")
        self.solvers = Catalog("solver")
        self.fillers = Catalog("filler")
        self.gyms = Catalog("gym")
        self.trainers = Catalog("trainer")
        self.lr_policies = Catalog("lr_policy")
        self.observers = Catalog("observer")
        self.commands: dict[str, Any] = {}
        self._command_owners: dict[str, str] = {}
        self.templates: dict[tuple[str, str], tuple[Template, str]] = {}
        """The templates of plugins, by kind and name in lower case, each with its plugin's name."""
        for plugin in self.working():
            self._add(plugin)
        self.schema: Schema = self._compose()

    @shows
    def __repr__(self) -> str:
        counts = [f"{len(self.catalog(kind))} {kind}" for kind in KINDS]
        broken = len(self.broken())
        counts.append(f"{len(self.plugins) - broken} plugins")
        return one_line("Registry", *counts, broken=broken or None)

    def working(self) -> Iterator[Plugin]:
        """The plugins in use."""
        return (plugin for plugin in self.plugins if plugin.error is None)

    def broken(self) -> list[Plugin]:
        """The plugins that could not be used; ``error`` says why."""
        return [plugin for plugin in self.plugins if plugin.error is not None]

    def named(self) -> list[str]:
        """Return the plugins that were asked for by name, as another process can find them: whole paths, or modules."""
        return [name for plugin in self.working() if (name := plugin.found_by)]

    def filler(self, param: Any) -> Any:
        """Return the Filler that a FillerParameter message asks for."""
        return self.fillers.find(param.type)(param)

    def lr_policy(self, param: Any) -> Any:
        """Return the LrPolicy that a SolverParameter message asks for, or raise ConfigError."""
        name, known = param.lr_policy, self.lr_policies
        if name in known:
            return known.find(name)(param)
        if not name:
            hint = f"valid: {', '.join(known.types())}"
            raise ConfigError("lr_policy is not set", hint=hint, field="lr_policy")
        from mycaffe_py.foreign.types import counterpart

        instead = counterpart("lr_policy", name)
        raise UnknownTypeError(
            f'unknown lr_policy "{name}"',
            hint=instead or f"valid: {', '.join(known.types())}",
            nearest=None if instead is not None else (name, known.types()),
            field="lr_policy",
        )

    def catalog(self, kind: str) -> Catalog:
        """Return the catalog of a kind given in the plural, such as ``layers``."""
        return getattr(self, kind)

    def _add(self, plugin: Plugin) -> None:
        """Add a plugin's types and commands, or none of them if one clashes."""
        try:
            for kind in KINDS:
                self.catalog(kind).check(plugin.offers.get(kind, ()), plugin.name)
            self._check_commands(plugin)
            self._check_templates(plugin)
        except PluginError as error:
            plugin.reject(error.message, error.hint, error)
            return
        for kind in KINDS:
            self.catalog(kind).add(plugin.offers.get(kind, ()), plugin.name)
        for command in plugin.offers.get("commands", ()):
            self.commands[command.name] = command
            self._command_owners[command.name] = plugin.name
        for template in plugin.offers.get("templates", ()):
            self.templates[template.kind, template.name.lower()] = template, plugin.name

    def _check_commands(self, plugin: Plugin) -> None:
        for command in plugin.offers.get("commands", ()):
            if command.name in self.commands:
                other = self._command_owners[command.name]
                raise PluginError(
                    f'command "{command.name}" of plugin "{plugin.name}" clashes with that of '
                    f'plugin "{other}"'
                )

    def _check_templates(self, plugin: Plugin) -> None:
        taken = {
            (kind, Path(name).stem.lower()): "a shipped one"
            for kind in TEMPLATE_KINDS
            for name in (resource_names(f"{kind}s") if plugin.offers.get("templates") else ())
        }
        taken |= {key: f'that of plugin "{owner}"' for key, (_, owner) in self.templates.items()}
        for template in plugin.offers.get("templates", ()):
            key = template.kind, template.name.lower()
            if key in taken:
                raise PluginError(
                    f'{template.kind} template "{template.name}" of plugin "{plugin.name}" clashes '
                    f"with {taken[key]}"
                )
            taken[key] = "another of this plugin"

    def _drop(self, plugin: Plugin) -> None:
        """Remove everything that a plugin offers."""
        for kind in KINDS:
            self.catalog(kind).remove_owner(plugin.name)
        for name in [name for name, owner in self._command_owners.items() if owner == plugin.name]:
            del self.commands[name], self._command_owners[name]
        for key in [key for key, (_, owner) in self.templates.items() if owner == plugin.name]:
            del self.templates[key]

    def _compose(self) -> Schema:
        """Compose the schema; a plugin whose schema clashes is dropped with everything that it offers."""
        while True:
            sources = [source for plugin in self.working() for source in plugin.sources]
            try:
                schema = compose([*core_sources(), *sources])
            except SchemaError as error:
                culprit = next((p for p in self.working() if p.name == error.owner), None)
                if culprit is None:
                    raise
                culprit.reject(error.message, error.hint, error, error.location)
                self._drop(culprit)
                continue
            rejected = next(
                (
                    p
                    for p in self.working()
                    if reject_squatter(schema, p) or self._misnames(schema, p)
                ),
                None,
            )
            if rejected is None:
                return schema
            self._drop(rejected)

    def _misnames(self, schema: Schema, plugin: Plugin) -> bool:
        """Reject a third-party plugin with a class that names fields that do not exist; return whether it does."""
        for kind in () if plugin.bundled else KINDS:
            for offered in plugin.offers.get(kind, ()):
                known = [field.name for field in schema.describe(CONTAINERS[kind]).fields]
                try:
                    check_named_fields(offered, kind, known)
                except PluginError as error:
                    plugin.reject(error.message, error.hint, error)
                    return True
        return False


def load_registry(extra: Sequence[PluginSource] = (), allow: str | None = None) -> Registry:
    """Load the installed plugins and those of ``extra`` into a new registry.

    Each of ``extra`` is the path of a .py file, a module's name, a module, or a class to be offered.
    ``allow`` (default: the environment variable MYCAFFE_PLUGINS, if set) is a comma-separated list of the
    installed third-party plugins that may load. A plugin that fails is listed in ``registry.broken()``; one
    named in ``extra`` raises PluginError or MissingPluginError instead.
    """
    if allow is None:
        allow = os.environ.get(ALLOW_LIST_VARIABLE)
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    plugins = from_entry_points(allow)
    for source in [extra] if isinstance(extra, str | Path | ModuleType | type) else extra:
        add_named(plugins, source)
    for plugin in plugins:
        if plugin.error is None:
            register(manager, plugin)
    registry = Registry(plugins)
    registry.extra = tuple(extra) if isinstance(extra, list | tuple) else (extra,)
    return registry


_default: Registry | None = None


def default_registry() -> Registry:
    """Return the registry used if none is given; loaded at the first call."""
    global _default
    if _default is None:
        _default = load_registry()
    return _default


def use_plugins(*sources: PluginSource) -> Registry:
    """Make a new default registry of the installed plugins and those given, as ``--plugin`` does.

    Each is the path of a .py file, a module's name, a module, or a class to be offered.
    """
    registry = load_registry(sources)
    replace_default(registry)
    return registry


def replace_default(registry: Registry | None) -> Registry | None:
    """Make another registry the default one, None for one that is loaded when it is needed; return the one before."""
    global _default
    before, _default = _default, registry
    return before
