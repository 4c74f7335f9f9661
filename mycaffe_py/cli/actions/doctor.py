"""Implementation of ``mycaffe doctor``."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Any

from mycaffe_py.device.denormals import can_flush
from mycaffe_py.device.device import import_cupy
from mycaffe_py.errors import DeviceError, MyCaffeError
from mycaffe_py.plugins.discovery import DISTRIBUTION
from mycaffe_py.plugins.registry import Registry, load_registry
from mycaffe_py.run.versions import installed_cupys, installed_versions, version_of

from .plugins import plugin_entry


def diagnose(plugins: Sequence[str] = ()) -> dict[str, Any]:
    """Return the whole report as JSON values."""
    registry, problem = _registry(plugins)
    return {
        "versions": installed_versions(),
        "platform": platform.platform(),
        "executable": sys.executable,
        "devices": [_cpu(), *_gpus()],
        "plugins": [plugin_entry(plugin) for plugin in registry.plugins] if registry else [],
        "extras": extras(),
        "warnings": [*_warnings(), *([problem] if problem else [])],
    }


def _registry(plugins: Sequence[str]) -> tuple[Registry | None, str | None]:
    try:
        return load_registry(plugins), None
    except MyCaffeError as error:
        return None, f"plugins cannot be loaded: {error}"


def _cpu() -> dict[str, Any]:
    flushing = "available" if can_flush() else "not available on this platform"
    name = platform.processor() or platform.machine()
    return {"name": "cpu", "usable": True, "details": f"{name}; denormal flushing {flushing}"}


def _gpus() -> list[dict[str, Any]]:
    try:
        cupy = import_cupy()
        count = cupy.cuda.runtime.getDeviceCount()
        properties = [cupy.cuda.runtime.getDeviceProperties(index) for index in range(count)]
    except DeviceError as error:
        return [{"name": "gpu", "usable": False, "details": error.message, "hint": error.hint}]
    except Exception as error:
        details = f"cupy fails: {type(error).__name__}: {error}"
        return [{"name": "gpu", "usable": False, "details": details, "hint": None}]
    return [
        {
            "name": f"gpu:{index}",
            "usable": True,
            "details": f"{found['name'].decode()}, {found['totalGlobalMem'] / 2**30:.0f} GiB",
        }
        for index, found in enumerate(properties)
    ]


def extras() -> list[dict[str, Any]]:
    """Return each extra with its packages that are not installed here."""
    found: dict[str, list[str]] = {}
    for requirement in metadata.requires(DISTRIBUTION) or ():
        match = re.match(r"([\w.-]+).*extra\s*==\s*[\"']([\w-]+)[\"']", requirement)
        if match:
            found.setdefault(match[2], []).append(match[1])
    return [
        {
            "name": extra,
            "missing": [name for name in packages if version_of(name) is None],
            "install": f'pip install "{DISTRIBUTION}[{extra}]"',
        }
        for extra, packages in sorted(found.items())
    ]


def _warnings() -> list[str]:
    cupys = installed_cupys()
    if len(cupys) < 2:
        return []
    names = " and ".join(cupys)
    return [
        f"{names} are installed together and overwrite each other's files; "
        "uninstall all of them, then install the one that fits your driver"
    ]


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield the report as lines of text."""
    yield "versions   " + "  ".join(f"{name} {value}" for name, value in found["versions"].items())
    yield f"platform   {found['platform']}"
    yield f"python     {found['executable']}"
    for device in found["devices"]:
        state = "usable" if device["usable"] else "not usable"
        yield f"device     {device['name']}: {state}; {device['details']}"
        if device.get("hint"):
            yield f"             {device['hint']}"
    for plugin in found["plugins"]:
        yield f"plugin     {plugin['name']} {plugin['version']}: {_plugin_state(plugin)}"
    for extra in found["extras"]:
        missing = ", ".join(extra["missing"])
        state = f"missing {missing}; {extra['install']}" if missing else "installed"
        yield f"extra      {extra['name']}: {state}"
    for warning in found["warnings"]:
        yield f"warning    {warning}"


def _plugin_state(plugin: dict[str, Any]) -> str:
    if plugin["error"]:
        return f"NOT IN USE: {plugin['error']}"
    return ", ".join(f"{len(types)} {kind}" for kind, types in plugin["offers"].items()) or "empty"
