"""Finding a project's model and solver among the files of a folder, and what a solver file says, read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from mycaffe_py.builder import TRAIN_NET_FIELDS, load_model, load_solver_file
from mycaffe_py.errors import ConfigError, MyCaffeError, PrototxtError
from mycaffe_py.plugins import Registry
from mycaffe_py.schema.kinds import kind_of_text
from mycaffe_py.schema.prototxt.files import read_text_file

PROJECT_FILE = "project.json"
SOLVER_FILE = "solver.prototxt"
_SUFFIX = ".prototxt"
_LARGEST = 2 * 2**20
_MOST_FILES = 200


@dataclass(frozen=True)
class SolverFacts:
    """What the list of projects shows of a solver file; a file with mistakes gives what can be read of it."""

    type: str = ""
    net: str = ""
    """The file that it names as its net, as written."""
    gym: str | None = None
    gym_data: bytes = b""
    """The GymParameter, serialized."""


def solver_facts(path: Path, registry: Registry) -> SolverFacts:
    """Return what a solver file says; it is read again only when it has changed."""
    stamp = os.stat(path)
    return _solver_facts(path, registry, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=2048)
def _solver_facts(path: Path, registry: Registry, changed: int, size: int) -> SolverFacts:
    try:
        message = load_solver_file(path, registry).message
    except PrototxtError as error:
        message = getattr(error.document, "message", None)
    except MyCaffeError:
        message = None
    if message is None or message.DESCRIPTOR.name != "SolverParameter":
        return SolverFacts()
    nets = [getattr(message, name) for name in TRAIN_NET_FIELDS if message.HasField(name)]
    net = next((name for name in nets if isinstance(name, str)), "")
    if not message.HasField("trainer"):
        return SolverFacts(message.type, net)
    gym = message.trainer.gym
    if not gym.HasField("type"):
        gym.type = gym.type  # written down, so that the type is not lost with an empty message
    return SolverFacts(message.type, net, gym.type, gym.SerializeToString(deterministic=True))


def data_of_model(path: Path, registry: Registry) -> str | None:
    """Return the name of the first file or database that a model reads, or None; read again only when changed."""
    stamp = os.stat(path)
    return _data_of_model(path, registry, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=2048)
def _data_of_model(path: Path, registry: Registry, changed: int, size: int) -> str | None:
    if size > _LARGEST:
        return None
    try:
        layers = load_model(path, registry).message.layer
    except MyCaffeError:
        return None
    for layer in layers:
        for field, value in layer.ListFields():
            if not layer.bottom and field.name.endswith("_param") and field.message_type:
                source = getattr(value, "source", "")
                if isinstance(source, str) and source:
                    return PurePath(source).name
    return None


def find_files(folder: Path, written: Mapping[str, Any], registry: Registry) -> tuple[Path, Path]:
    """Return model and solver of a folder: those that project.json names, else those that can be told apart.

    ConfigError says why there are none.
    """
    named = {what: _named(folder, what, written.get(what)) for what in ("model", "solver")}
    if named["model"] and named["solver"]:
        return named["model"], named["solver"]
    models, solvers = _by_kind(folder, registry)
    if not solvers and not models:
        raise ConfigError(
            f"{folder} is not a project: it has no model and no solver file (*{_SUFFIX})"
        )
    if not solvers and not named["solver"]:
        raise ConfigError(f"{folder} is not a project: it has a model, but no solver file")
    solver = named["solver"] or _choose_solver(folder, solvers, models, registry)
    model = named["model"] or _choose_model(folder, solver, models, registry)
    return model, solver


def _named(folder: Path, what: str, name: Any) -> Path | None:
    """Return the file that project.json names, which must be in the folder."""
    if name is None:
        return None
    if not isinstance(name, str) or PurePath(name).name != name or name in ("", ".", ".."):
        raise ConfigError(
            f"{folder / PROJECT_FILE}: {what} is {name!r:.80}, not the name of a file in this folder"
        )
    path = folder / name
    if not os.path.isfile(path):
        raise ConfigError(f"{folder / PROJECT_FILE} names the {what} {name}, which is not there")
    if not is_inside(path, folder):
        raise ConfigError(f"{path} is a link that leads out of the project")
    return path


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path, links followed, lies in a folder."""
    return folder.resolve() in path.resolve().parents


def _by_kind(folder: Path, registry: Registry) -> tuple[list[Path], list[Path]]:
    """Return the model and the solver files directly in a folder, sorted by name."""
    kinds: dict[str, list[Path]] = {"NetParameter": [], "SolverParameter": []}
    paths = sorted(path for path in folder.glob(f"*{_SUFFIX}") if not path.name.startswith("."))
    for path in paths[:_MOST_FILES]:
        if os.path.isfile(path) and is_inside(path, folder):
            stamp = os.stat(path)
            kind = _kind_of(path, registry, stamp.st_mtime_ns, stamp.st_size)
            if kind:
                kinds[kind].append(path)
    return kinds["NetParameter"], kinds["SolverParameter"]


@lru_cache(maxsize=4096)
def _kind_of(path: Path, registry: Registry, changed: int, size: int) -> str | None:
    if size > _LARGEST:
        return None
    try:
        return kind_of_text(registry.schema, read_text_file(path))
    except MyCaffeError:
        return None


def _choose_solver(
    folder: Path, solvers: list[Path], models: list[Path], registry: Registry
) -> Path:
    """Return solver.prototxt, or the only solver file, or the only one whose net is here."""
    by_name = {path.name: path for path in solvers}
    if SOLVER_FILE in by_name:
        return by_name[SOLVER_FILE]
    if len(solvers) == 1:
        return solvers[0]
    here = {path.name for path in models}
    fitting = [path for path in solvers if PurePath(solver_facts(path, registry).net).name in here]
    if len(fitting) == 1:
        return fitting[0]
    raise ConfigError(
        f"{folder} is not a project: it has {len(solvers)} solver files, "
        f"{', '.join(by_name)}, and none is called {SOLVER_FILE}",
        hint=f'write {PROJECT_FILE}: {{"model": "...", "solver": "{solvers[0].name}"}}',
    )


def _choose_model(folder: Path, solver: Path, models: list[Path], registry: Registry) -> Path:
    """Return the model that the solver names, or the only one."""
    net = solver_facts(solver, registry).net
    path = folder / PurePath(net).name if net else None
    if path in models:
        return path
    if net and not models:
        raise ConfigError(
            f"{folder} is not a project: {solver.name} names the net {net}, which is not in this folder"
        )
    if len(models) == 1:
        return models[0]
    if not models:
        raise ConfigError(f"{folder} is not a project: it has a solver file, but no model")
    names = ", ".join(model.name for model in models)
    raise ConfigError(
        f"{folder} is not a project: it has {len(models)} models, {names}, and {solver.name} names none of them",
        hint=f'write net: "{models[0].name}" into {solver.name}',
    )
