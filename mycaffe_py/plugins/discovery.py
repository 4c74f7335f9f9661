"""Discovery of plugins: installed ones by entry point, others by file or module name."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import zlib
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from mycaffe_py.errors import Location, MissingPluginError, MyCaffeError, PluginError
from mycaffe_py.schema import CORE_OWNER, SchemaSource

ENTRY_POINT_GROUP = "mycaffe"
DISTRIBUTION = "mycaffe-py"


@dataclass
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
    """Load installed plugins; ``allow`` (comma separated) limits those that are not bundled."""
    allowed = None if allow is None else {_folded(name.strip()) for name in allow.split(",")}
    found: dict[tuple[str, str], Plugin] = {}
    for entry in metadata.entry_points(group=ENTRY_POINT_GROUP):
        name = entry.dist.metadata["Name"] if entry.dist else ""
        bundled = _folded(name) == DISTRIBUTION
        names = {_folded(known) for known in (entry.name, entry.value, name) if known}
        if not bundled and allowed is not None and not names & allowed:
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
        except (Exception, SystemExit) as error:
            plugin.reject(f"cannot be imported: {type(error).__name__}: {error}")
    plugins: list[Plugin] = []
    for plugin in sorted(found.values(), key=lambda one: (not one.bundled, one.name, one.origin)):
        _append(plugins, plugin)
    return plugins


def _append(plugins: list[Plugin], plugin: Plugin) -> None:
    """Add a plugin under a unique name."""
    if plugin.name in {CORE_OWNER, *(other.name for other in plugins)}:
        plugin.name = f"{plugin.name} ({plugin.origin})"
    plugins.append(plugin)


def add_named(plugins: list[Plugin], name: str) -> None:
    """Load the plugin that the user named; if it is already loaded, it must be in use."""
    path = Path(name).resolve() if _means_file(name) else None
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


def _means_file(name: str) -> bool:
    return (
        name.endswith(".py")
        or name.startswith(".")
        or "/" in name
        or os.sep in name
        or os.path.isfile(name)
    )


def _file_of(module: Any) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(file).resolve() if file else None


def _from_path_or_module(name: str) -> Plugin:
    """Load one plugin that the user named: a .py file or a module."""
    path = Path(name)
    is_file = _means_file(name)
    plugin = Plugin(name=path.stem if is_file else name, origin=name, required=True)
    if is_file:
        _check_file(name, path)
    try:
        plugin.module = _import_file(path) if is_file else importlib.import_module(name)
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
        plugin.reject(f"cannot be imported: {error}", hint if beside else None, cause=error)
    except MyCaffeError:
        raise
    except (Exception, SystemExit) as error:
        plugin.reject(f"cannot be imported: {type(error).__name__}: {error}", cause=error)
    return plugin


def _check_file(name: str, path: Path) -> None:
    if os.path.isdir(path):
        raise PluginError(
            f'plugin "{name}" is a folder',
            hint="give a .py file, or install the package and name it",
        )
    if not os.path.isfile(path):
        folder = path.parent
        near = [other.name for other in folder.glob("*.py")] if os.path.isdir(folder) else []
        raise MissingPluginError(f'plugin file "{name}" does not exist', nearest=(path.name, near))
    if path.suffix != ".py":
        raise PluginError(f'plugin "{name}" is not a .py file')


def _import_file(path: Path) -> Any:
    """Execute a file as a module with a unique name, so that files with the same stem do not collide."""
    place = zlib.crc32(str(path.resolve()).encode())
    module_name = f"mycaffe_plugin_{path.stem}_{place:08x}"
    spec: Any = importlib.util.spec_from_file_location(module_name, path.resolve())
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(module_name, None)
        raise
    return module
