"""Plugins written as files and installed as packages, for the tests of the registry."""

from __future__ import annotations

import sys
import textwrap
from contextlib import contextmanager

import pytest

from mycaffe_py.errors import PluginError
from mycaffe_py.plugins import load_registry

BUNDLED = {
    "mycaffe_plugins.common",
    "mycaffe_plugins.fillers",
    "mycaffe_plugins.gyms",
    "mycaffe_plugins.liquid",
    "mycaffe_plugins.series",
    "mycaffe_plugins.solvers",
    "mycaffe_plugins.trainers",
}
HEAD = """
from mycaffe_py import Filler, Gym, Layer, Solver, Trainer, hookimpl
"""


def layer(type_name, extra=""):
    return f"""
class Own(Layer):
    type = "{type_name}"
    {extra}

@hookimpl
def mycaffe_layers():
    return [Own]
"""


def schema_layer(message="OwnParameter", field="own_param", number=30000, type_name="Own"):
    text = f"message {message} {{ optional int32 n = 1; }} "
    text += f"extend LayerParameter {{ optional {message} {field} = {number}; }}"
    return layer(type_name, f'schema = "{text}"')


def writer(folder):
    """Return a function that writes a plugin's file and gives its path."""

    def write(body, name="own.py"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + textwrap.dedent(body))
        return str(path)

    return write


@contextmanager
def installer(folder, monkeypatch):
    """Give a function that installs a package of one module with an entry point, as pip would."""
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    modules = []

    def install(body, module, dist=None, entry=None):
        dist = dist or module
        (folder / f"{module}.py").write_text(HEAD + textwrap.dedent(body))
        info = folder / f"{dist}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[mycaffe]\n{entry or module} = {module}\n")
        modules.append(module)

    yield install
    for module in modules:
        sys.modules.pop(module, None)


def broken(registry):
    return {plugin.name: plugin.error for plugin in registry.broken()}


def refused(paths, error=PluginError):
    with pytest.raises(error) as caught:
        load_registry(paths)
    return caught.value
