"""Plugins that are one .py file each."""

from __future__ import annotations

import importlib.util
import os
import sys
import zlib
from pathlib import Path
from typing import Any

from mycaffe_py.errors import MissingPluginError, PluginError
from mycaffe_py.plugin_code import note_plugin
from mycaffe_py.reading import broken_link

FILE_MODULE = "mycaffe_plugin_"
"""How the modules begin that such files become."""


def means_file(name: str) -> bool:
    """Return whether a plugin's name is that of a file, not of a module."""
    return (
        name.endswith(".py")
        or name.startswith(".")
        or "/" in name
        or os.sep in name
        or os.path.isfile(name)
    )


def check_file(name: str, path: Path) -> None:
    """Raise an error that says why a file cannot be a plugin, if it cannot."""
    if os.path.isdir(path):
        raise PluginError(
            f'plugin "{name}" is a folder',
            hint="give a .py file, or install the package and name it",
        )
    if link := broken_link(path):
        raise MissingPluginError(f'plugin file "{name}" is {link}')
    if os.path.exists(path) and not os.path.isfile(path):
        raise PluginError(f'plugin "{name}" is not an ordinary file')
    if not os.path.isfile(path):
        folder = path.parent
        near = [other.name for other in folder.glob("*.py")] if os.path.isdir(folder) else []
        raise MissingPluginError(f'plugin file "{name}" does not exist', nearest=(path.name, near))
    if path.suffix != ".py":
        raise PluginError(f'plugin "{name}" is not a .py file', hint=_meant_by(name))


def _meant_by(name: str) -> str:
    """Return what to do with a file that is no plugin."""
    if name.endswith(".prototxt"):
        return "a prototxt file is given with --model or --solver, or to mycaffe check"
    return "give a .py file; mycaffe new layer MyName writes one"


def import_file(path: Path) -> Any:
    """Execute a file as a module with a unique name, so that files with the same stem do not collide."""
    place = zlib.crc32(str(path.resolve()).encode())
    module_name = f"{FILE_MODULE}{path.stem}_{place:08x}"
    note_plugin(module_name, path.stem)
    spec: Any = importlib.util.spec_from_file_location(module_name, path.resolve())
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(module_name, None)
        raise
    return module
