"""Versions of mycaffe-py and of what it runs on."""

from __future__ import annotations

import platform
from importlib import metadata

from mycaffe_py.version import __version__, distribution_field

CUPY_DISTRIBUTIONS = ("cupy-cuda12x", "cupy-cuda13x", "cupy")


def version_of(distribution: str) -> str | None:
    """Return the installed version of a distribution, or None."""
    try:
        return distribution_field(metadata.distribution(distribution), "Version") or None
    except metadata.PackageNotFoundError:
        return None


def installed_cupys() -> dict[str, str]:
    """Return the installed CuPy distributions with their versions."""
    found = {name: version_of(name) for name in CUPY_DISTRIBUTIONS}
    return {name: version for name, version in found.items() if version}


def installed_versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    versions = {"mycaffe-py": __version__, "python": platform.python_version()}
    for name in ("numpy", "protobuf"):
        versions[name] = version_of(name) or "unknown"
    numba = version_of("numba")
    return versions | ({"numba": numba} if numba else {}) | installed_cupys()
