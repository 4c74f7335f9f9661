"""Making a project: its files are written beside, checked as ``mycaffe check`` does, and then put in place."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from mycaffe_py.builder import build_training, load_solver_file
from mycaffe_py.device import Device
from mycaffe_py.durable import HiddenFolder, replacing
from mycaffe_py.errors import (
    ConfigError,
    MissingLayerFileError,
    MyCaffeError,
    OutputError,
    Problem,
)
from mycaffe_py.leftovers import remove_leftovers
from mycaffe_py.plugins import Registry, Template, default_registry
from mycaffe_py.weights import atomic_write

from .faults import ProjectError, at_field
from .finding import PROJECT_FILE, SOLVER_FILE
from .gym_settings import Files, open_gym
from .names import check_free
from .ordering import Order, take_order
from .project import DATA, RUNS, Project, open_project
from .writing import model_text, solver_text


def create_project(
    root: Path | str,
    name: str,
    *,
    model: str,
    solver: str,
    gym: str | None = None,
    settings: Mapping[str, str] | None = None,
    database: str | Mapping[str, str] | None = None,
    registry: Registry | None = None,
    base_dir: Path | str = ".",
    inside: Path | str | None = None,
) -> Project:
    """Make the project ``root/name`` from the templates ``model`` and ``solver``, and return it.

    ``gym``: the type of the gym that feeds the net, with ``settings`` by path (``curve_param.curve`` or just
    ``curve``), as text; None leaves the solver's own, or the model's data. ``database``: the ``path`` of an LMDB
    database for the model's Data layers (a text alone is that path), and of ``test``, one for those of phase TEST.
    Names of files count from ``base_dir``, and must lie in the folder ``inside``, if that is given, links followed.
    A file that the gym reads is copied into ``data/`` if it has at most 100 MB. The result's ``remarks`` say what
    else a user should know.

    Raises ProjectError, with a message for each field at fault, or OutputError; nothing is left on the disk then.
    """
    registry = registry or default_registry()
    root, files = Path(root), Files(base_dir, inside)
    if isinstance(database, str):
        database = {"path": database}
    order = take_order(root, name, model, solver, gym, settings or {}, database, registry, files)
    with _made_aside(root, name) as aside:
        _write(aside.path, name, order, registry)
        order.remarks += _check(aside.path, order, registry)
        try:
            aside.publish()
        except OSError as error:
            check_free(root, name)  # another was faster
            raise OutputError(f"cannot create {root / name}: {error.strerror or error}") from error
    return replace(open_project(root / name, registry), remarks=tuple(order.remarks))


def _model_file(template: Template) -> str:
    return f"{template.name}.prototxt"


@contextmanager
def _made_aside(root: Path, name: str) -> Iterator[HiddenFolder]:
    """Give a new folder beside the project's, which is removed, with ``root`` if that is new, unless it was renamed."""
    new = [place for place in (root, *root.parents) if not os.path.lexists(place)]
    done, aside = False, None
    try:
        remove_leftovers(root)
        try:
            aside = HiddenFolder(root / name)
            for kept in (DATA, RUNS):
                (aside.path / kept).mkdir()
        except OSError as error:
            reason = error.strerror or error
            raise OutputError(f"cannot create a folder in {root}: {reason}") from error
        yield aside
        done = True
    finally:
        if not done:
            if aside is not None:
                aside.discard()
            for place in new:
                with suppress(OSError):  # not made, or something else is in it by now
                    place.rmdir()


def _write(folder: Path, name: str, order: Order, registry: Registry) -> None:
    model_file = _model_file(order.model)
    texts = {
        model_file: model_text(
            Path(order.model.path), registry, order.database, order.test_database
        ),
        SOLVER_FILE: solver_text(
            Path(order.solver.path), registry, model_file, order.gym, order.settings
        ),
        PROJECT_FILE: json.dumps(
            {
                "name": name,
                "model": model_file,
                "solver": SOLVER_FILE,
                "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n",
    }
    for file, text in texts.items():
        atomic_write(folder / file, text.encode())
    for source in order.copies:
        try:
            with replacing(folder / DATA / source.name, to_disk=True) as copy:
                copy.write(source.read_bytes())
        except OSError as error:
            raise OutputError(f"cannot copy {source}: {error.strerror or error}") from error


def _check(folder: Path, order: Order, registry: Registry) -> list[str]:
    """Build what was written; return what is still missing. ProjectError for mistakes, without the folder's name."""
    solver = load_solver_file(folder / SOLVER_FILE, registry)
    try:
        if order.gym is not None:
            # By itself first: its mistakes are at fields of the form, those of a net that does not fit are not.
            open_gym(registry, solver.message.trainer.gym, folder).close()
        training = build_training(
            solver=folder / SOLVER_FILE,
            model=folder / _model_file(order.model),
            registry=registry,
            device=Device(),
            seed=0,
        )
    except ProjectError as error:
        raise ProjectError(
            {field: _without(folder, message, error) for field, message in error.faults.items()}
        ) from error
    except MyCaffeError as error:
        if order.database is None and _only_data_is_missing(error):
            if not solver.message.HasField("trainer"):
                return [f"Still to be made: {error.problems[0].message}"]
            own = f"The model {order.model.name} reads data of its own, so it is not fed by a gym."
            raise at_field("model", ConfigError(own)) from error
        problem = error.problems[0]
        plain = _without(folder, problem.message, error)
        raise at_field(_field_of(problem, order), plain) from error
    if training.trainer is not None:
        training.trainer.close()
    for net in (training.net, *training.solver.test_nets):
        net.close()
    return []


def _only_data_is_missing(error: MyCaffeError) -> bool:
    """Whether nothing but files of data, which a model may name before they are made, is missing."""
    return {problem.code for problem in error.problems} == {MissingLayerFileError.code}


def _field_of(problem: Problem, order: Order) -> str:
    """Return the form's field that a problem belongs to."""
    setting = problem.setting
    if setting.startswith("solver.trainer.gym."):
        return "gym." + setting.removeprefix("solver.trainer.gym.") if order.gym else "solver"
    if setting.startswith("solver."):
        return "solver"
    return "database" if order.database is not None else "model"


def _without(folder: Path, message: str, error: MyCaffeError) -> MyCaffeError:
    """Return an error whose message does not name the folder aside."""
    plain = message
    # The longest first: a relative name is a part of the whole one.
    places = {str(folder.resolve()), str(folder.absolute()), str(folder)}
    for place in sorted(places, key=len, reverse=True):
        plain = plain.replace(f"{place}{os.sep}", "").replace(place, "the project's folder")
    return ConfigError(plain, hint=error.problems[0].hint)
