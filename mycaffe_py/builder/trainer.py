"""From the trainer settings of a solver file to a trainer, with every mistake located in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mycaffe_py.errors import ConfigError, MissingFileError, MyCaffeError, PrototxtError
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document
from mycaffe_py.solver.solver import Solver
from mycaffe_py.trainer import Trainer


def build_trainer(
    solver: Solver, document: Document, registry: Registry, base_dir: Path, seed: int
) -> Trainer | None:
    """Return the trainer that the solver file asks for, attached to the solver, or None."""
    if not document.message.HasField("trainer"):
        return None
    param = document.message.trainer
    cls = find_trainer(document, registry)
    solver.trainer = located_in_trainer(
        document, ("trainer",), lambda: cls(solver, param, base_dir=base_dir, seed=seed)
    )
    return solver.trainer


def fit_model(document: Document, model: Document, registry: Registry, base_dir: Path) -> None:
    """Let the gym that the solver file asks for change the model to what it gives, if it does that."""
    if not document.message.HasField("trainer"):
        return
    find_trainer(document, registry)
    param = document.message.trainer
    gym = registry.gyms.find(param.gym.type)
    located_in_trainer(
        document,
        ("trainer", "gym"),
        lambda: gym.fit_model(param.gym, model.message, param.blob_names, base_dir),
    )


def find_trainer(document: Document, registry: Registry) -> type[Trainer]:
    """Return the class of the trainer that a solver file names, or say where it names none that exists."""
    param = document.message.trainer
    if not param.type:
        message = "trainer { } does not say which trainer: type is missing"
        hint = f"types: {', '.join(registry.trainers.types())}"
        raise PrototxtError([document.problem(("trainer",), message, hint)])
    path = ("trainer", "type")
    cls = located_in_trainer(document, path, lambda: registry.trainers.find(param.type))
    path = ("trainer", "gym", "type")
    located_in_trainer(document, path, lambda: registry.gyms.find(param.gym.type))
    return cls


def located_in_trainer(document: Document, path: tuple, action: Callable[[], Any]) -> Any:
    """Run ``action``; an error of these settings without a place gets that of the one it names, else ``path``."""
    try:
        return action()
    except MissingFileError as error:
        if error.location or not document.text:
            raise
        place = document.locate(_trainer_setting(document, error) or path)
        raise MissingFileError(error.message, hint=error.hint, location=place) from error
    except ConfigError as error:
        if error.location or isinstance(error, PrototxtError):
            raise
        where = _trainer_setting(document, error) or path
        found = document.problem(where, error.message, error.hint, error.code)
        raise PrototxtError([found]) from error


def _trainer_setting(document: Document, error: MyCaffeError) -> tuple | None:
    """Return the path of the setting that an error of a trainer or gym names, as ``curve_param.noise``.

    An error may carry the path below ``trainer`` in its attribute ``field``.
    """
    if getattr(error, "field", ""):
        return ("trainer", *error.field.split("."))
    own = document.message.trainer.DESCRIPTOR.fields_by_name
    for word in error.message.split():
        head, dot, field = word.strip(":;,.()\"'").partition(".")
        if dot and head.endswith("_param") and field.isidentifier():
            return ("trainer", head, field) if head in own else ("trainer", "gym", head, field)
    return ("trainer", "gym") if error.message.startswith("gym ") else None
