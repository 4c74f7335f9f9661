"""Implementation of ``mycaffe doctor``."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from mycaffe_py.cli.requirements import extras_of, lacking
from mycaffe_py.compiled import why_not
from mycaffe_py.device.denormals import can_flush
from mycaffe_py.device.device import import_cupy
from mycaffe_py.errors import DeviceError, MyCaffeError
from mycaffe_py.plugins.registry import Registry, load_registry
from mycaffe_py.plugins.unlisted import DISTRIBUTION
from mycaffe_py.run.versions import installed_cupys, installed_versions, version_of
from mycaffe_py.wording import counted

from .plugins import entries_of

_SINGULAR = {"lr_policies": "learning-rate policy"}


def diagnose(plugins: Sequence[str] = ()) -> dict[str, Any]:
    """Return the whole report as JSON values."""
    registry, problem = _registry(plugins)
    return {
        "versions": installed_versions(),
        "platform": platform.platform(),
        "executable": sys.executable,
        "devices": [_cpu(), *_gpus()],
        "kernels": kernels(),
        "plugins": entries_of(registry.plugins) if registry else [],
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


def kernels() -> dict[str, Any]:
    """Return whether compiled kernels are used on the CPU, why not, and where they are kept."""
    reason = why_not()
    found: dict[str, Any] = {
        "used": reason is None,
        "reason": reason,
        "folder": None,
        "bytes": None,
    }
    if version_of("numba") is None:
        return found
    from mycaffe_py.compiled import cache_home

    folder = cache_home()
    if folder is not None:
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        found |= {"folder": str(folder), "bytes": sum(sizes)}
    return found


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
    """Return each extra with its packages that are not installed here, and those of another version than it needs."""
    return [_extra(extra) for extra in extras_of(DISTRIBUTION)]


def _extra(extra: str) -> dict[str, Any]:
    found = dict(lacking(DISTRIBUTION, extra, version_of))
    return {
        "name": extra,
        "missing": [name for name, reason in found.items() if not reason],
        "unfit": {name: reason for name, reason in found.items() if reason},
        "install": f'pip install "{DISTRIBUTION}[{extra}]"',
    }


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
    yield f"kernels    {_kernels_state(found['kernels'], found['versions'])}"
    for plugin in found["plugins"]:
        yield f"plugin     {plugin['name']} {plugin['version']}: {_plugin_state(plugin)}"
    for extra in found["extras"]:
        yield f"extra      {extra['name']}: {_extra_state(extra)}"
    for warning in found["warnings"]:
        yield f"warning    {warning}"


def _extra_state(extra: dict[str, Any]) -> str:
    missing = [f"missing {', '.join(extra['missing'])}"] if extra["missing"] else []
    unfit = [f"{name} {reason}" for name, reason in extra["unfit"].items()]
    return "; ".join([*missing, *unfit, extra["install"]] if missing or unfit else ["installed"])


def _kernels_state(kernels: dict[str, Any], versions: dict[str, str]) -> str:
    if not kernels["used"]:
        return f"plain on the CPU; compiled ones are {kernels['reason']}"
    text = f"compiled for the CPU by numba {versions['numba']}"
    if kernels["folder"] is None:
        return f"{text}; in each process anew, as there is no folder for them"
    return f"{text}; kept in {kernels['folder']}: {kernels['bytes'] / 1e6:.1f} MB"


def _plugin_state(plugin: dict[str, Any]) -> str:
    if plugin["error"]:
        return f"NOT IN USE: {plugin['error']}"
    return (
        ", ".join(
            counted(len(types), _SINGULAR.get(kind, kind.removesuffix("s")))
            for kind, types in plugin["offers"].items()
        )
        or "empty"
    )
