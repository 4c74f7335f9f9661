"""Registry: all types that the plugins offer, and the schema composed from their settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pluggy

from mycaffe_py.errors import PluginError, SchemaError
from mycaffe_py.resources import resource_names
from mycaffe_py.schema import Schema, compose, core_sources, stable_number
from mycaffe_py.schema.proto.numbering import FIRST_BUNDLED, LAST_BUNDLED

from . import hookspecs
from .catalog import Catalog
from .discovery import Plugin, add_named, from_entry_points
from .offers import KINDS, register
from .templates import TEMPLATE_KINDS, Template

ALLOW_LIST_VARIABLE = "MYCAFFE_PLUGINS"


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
        self._command_owners: dict[str, str] = {}
        self.templates: dict[tuple[str, str], tuple[Template, str]] = {}
        """The templates of plugins, by kind and name in lower case, each with its plugin's name."""
        for plugin in self.working():
            self._add(plugin)
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
            squatter = next(
                filter(None, (_reject_squatter(schema, p) for p in self.working())), None
            )
            if squatter is None:
                return schema
            self._drop(squatter)


def _reject_squatter(schema: Schema, plugin: Plugin) -> Plugin | None:
    """Reject and return a third-party plugin, whatever its name, that uses field numbers of bundled plugins."""
    if plugin.bundled:
        return None
    for extension in schema.extensions_of(plugin.name):
        number, name = extension.field.number, extension.field.name
        foreign = schema.describe(extension.message).owner != plugin.name
        if foreign and FIRST_BUNDLED <= number <= LAST_BUNDLED:
            plugin.reject(
                f'may not extend {extension.message} with "{name}" as field number {number}: '
                f"numbers from {FIRST_BUNDLED} to {LAST_BUNDLED} belong to the bundled plugins",
                f"use {stable_number(name)}, the number derived from the field's name",
            )
            return plugin
    return None


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
    plugins = from_entry_points(allow)
    for name in extra:
        add_named(plugins, name)
    for plugin in plugins:
        if plugin.error is None:
            register(manager, plugin)
    return Registry(plugins)


_default: Registry | None = None


def default_registry() -> Registry:
    """Return the registry used if none is given; loaded at the first call."""
    global _default
    if _default is None:
        _default = load_registry()
    return _default


def use_plugins(*names: str) -> Registry:
    """Load plugins from files or modules into the default registry, as ``--plugin`` does."""
    global _default
    _default = load_registry(names)
    return _default
