"""Implementation of ``mycaffe new project``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from mycaffe_py.cli.failures import echo_result, say
from mycaffe_py.cli.options import load_plugins
from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import Registry
from mycaffe_py.projects import Project, choose, create_project, offered_lines


def new_project(
    name: str | None,
    *,
    gym: str | None,
    model: str | None,
    solver: str | None,
    settings: Sequence[str],
    database: str | None,
    test_database: str | None,
    folder: str,
    plugins: Sequence[str],
) -> None:
    """Make a project and print its folder, and on stderr what to type next."""
    registry = load_plugins(plugins)
    if name is None:
        raise ConfigError(
            "a project needs a name: mycaffe new project NAME",
            hint="\n".join(offered_lines(registry)),
        )
    if test_database and not database:
        raise ConfigError("--test-database goes with --database")
    pairs = _pairs(settings)
    chosen = choose(registry, gym, model, solver, database=database is not None, settings=pairs)
    places = {"path": database, "test": test_database} if database else {}
    project = create_project(
        os.path.expanduser(folder),
        name,
        gym=chosen.gym,
        settings=pairs,
        model=chosen.model,
        solver=chosen.solver,
        database={key: text for key, text in places.items() if text} or None,
        registry=registry,
    )
    echo_result(str(project.folder))
    data = f"gym {project.gym}" if project.gym else "its own data"
    say(f"  {project.model.name} and {project.solver.name} (from {chosen.solver}), {data}")
    for line in [*project.remarks, *_next_steps(project, plugins, registry)]:
        say(f"  {line}")


def _pairs(settings: Sequence[str]) -> dict[str, str]:
    """Split KEY=VALUE; of a key given twice, the values become a list."""
    pairs: dict[str, str] = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ConfigError(
                f'--set "{text}" is not KEY=VALUE', hint="for example --set curve=COS"
            )
        key = key.strip()
        pairs[key] = f"{pairs[key]},{value}" if key in pairs else value
    return pairs


def _next_steps(project: Project, plugins: Sequence[str], registry: Registry) -> list[str]:
    """Return the commands to type next."""
    names = [os.path.abspath(name) if os.path.exists(name) else name for name in plugins]
    more = "".join(f" --plugin {shlex.quote(name)}" for name in names)
    return [
        "Next:",
        f"  cd {shlex.quote(str(project.folder))}",
        f"  mycaffe train --solver {project.solver.name}{more}",
        *([f"  mycaffe designer{more}"] if "designer" in registry.commands else []),
    ]
