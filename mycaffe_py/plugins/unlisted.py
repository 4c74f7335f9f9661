"""Installations older than their sources: packages of bundled plugins that have no entry point."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from importlib import metadata, util
from pathlib import Path
from pkgutil import iter_modules

from mycaffe_py.errors import PluginError
from mycaffe_py.wording import counted

DISTRIBUTION = "mycaffe-py"
GROUP = "mycaffe"
_HOME = "mycaffe_plugins"
_CHECKOUT = Path(__file__).resolve().parents[2]


def check_listed(listed: Iterable[str] | None = None) -> None:
    """Raise PluginError if a package of bundled plugins is missing in the installation's entry points.

    ``listed`` are the modules that the entry points name, by default those of the installation in use. No plugin is
    imported: the packages are the folders where ``mycaffe_plugins`` is.
    """
    home = _home()
    packages = {f"{_HOME}.{one.name}" for one in iter_modules([str(home)]) if one.ispkg}
    found = set(_listed_by(_installation()) if listed is None else listed)
    missing = sorted(packages - found)
    if not missing:
        return
    names = ", ".join(missing) if len(missing) < 4 else f"{', '.join(missing[:3])}, ..."
    message = (
        f"{DISTRIBUTION} is not installed, so the plugins in {home.parent} are not found"
        if _installation() is None
        else f"the installation of {DISTRIBUTION} is older than its sources in {home.parent}: "
        f"it lacks {counted(len(missing), 'package')} of plugins ({names})"
    )
    raise PluginError(message, hint=_remedy(home, packages))


def _home() -> Path:
    """Return the folder of the bundled plugins; an old installation may not know it, but a checkout has it."""
    spec = util.find_spec(_HOME)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else _CHECKOUT / "plugins" / _HOME


def _installations() -> Iterator[metadata.Distribution]:
    """Yield the installations on the path; the first one is in use."""
    return iter(metadata.distributions(name=DISTRIBUTION))


def _installation() -> metadata.Distribution | None:
    return next(_installations(), None)


def _listed_by(installation: metadata.Distribution | None) -> set[str]:
    entries = installation.entry_points if installation else ()
    return {entry.value for entry in entries if entry.group == GROUP}


def _remedy(home: Path, packages: set[str]) -> str:
    """Return the one thing to type."""
    installation, what = _installation(), "install it"
    if installation is not None:
        what = "install it again"
        folder = f"{DISTRIBUTION.replace('-', '_')}.egg-info"
        stale = Path(str(installation.locate_file(folder))).resolve()
        hidden = any(packages <= _listed_by(other) for other in _installations())
        if hidden and stale.is_dir():
            return f"an old folder hides it; remove that: rm -r {shlex.quote(str(stale))}"
    source = home.parents[1]
    if (source / "pyproject.toml").is_file():
        return f"{what}: pip install -e {shlex.quote(str(source))}"
    return f"{what}: pip install --force-reinstall {DISTRIBUTION}"
