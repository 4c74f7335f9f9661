"""From the trainer settings of a solver file to a trainer, with every mistake located in the file."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.errors import PrototxtError
from mycaffe_py.gym import Gym
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document
from mycaffe_py.solver.solver import Solver
from mycaffe_py.trainer import Trainer

from .idle_settings import refuse_idle_settings


def build_trainer(
    solver: Solver, document: Document, registry: Registry, base_dir: Path, seed: int
) -> Trainer | None:
    """Return the trainer that the solver file asks for, attached to the solver, or None."""
    if not document.message.HasField("trainer"):
        return None
    param = document.message.trainer
    cls, _ = find_trainer(document, registry)
    with document.locating("trainer"):
        trainer = cls(solver, param, base_dir=base_dir, seed=seed)
    solver.trainer = trainer
    return trainer


def fit_model(document: Document, model: Document, registry: Registry, base_dir: Path) -> None:
    """Let the gym that the solver file asks for adapt the model to its observations, if it supports that."""
    if not document.message.HasField("trainer"):
        return
    _, gym = find_trainer(document, registry)
    param = document.message.trainer
    with document.locating("trainer", "gym"):
        gym.fit_model(param.gym, model.message, param.blob_names, base_dir)


def fit_solver(document: Document, model: Document, registry: Registry, base_dir: Path) -> None:
    """Let the trainer that the solver file asks for, and one that it runs, fill in settings that are not set."""
    for cls in _trainers(document, registry):
        with document.locating("trainer"):
            cls.fit_solver(document.message.trainer, document.message, model.message, base_dir)


def fits_solver(document: Document, registry: Registry) -> bool:
    """Whether the trainer that the solver file asks for may fill in settings."""
    base = Trainer.fit_solver.__func__  # type: ignore[attr-defined]
    found = (getattr(cls.fit_solver, "__func__", None) for cls in _trainers(document, registry))
    return any(function is not base for function in found)


def _trainers(document: Document, registry: Registry) -> list[type[Trainer]]:
    """Return the classes of the trainer and of one that it runs, as far as they are known."""
    param, known = document.message.trainer, registry.trainers
    if not document.message.HasField("trainer") or param.type not in known:
        return []
    cls = known.find(param.type)
    inner = cls.runs(param)
    return [cls, known.find(inner)] if inner in known else [cls]


def check_trainer(document: Document, registry: Registry) -> None:
    """Check the types and settings of trainer and gym, if the solver file has a trainer, without a net."""
    if not document.message.HasField("trainer"):
        return
    param = document.message.trainer
    base_dir = Path(document.filename).resolve().parent
    cls, gym_class = find_trainer(document, registry)
    with document.locating("trainer"):
        cls.check(param)
    with document.locating("trainer", "gym"):
        gym_class(param.gym, base_dir=base_dir).close()


def find_trainer(document: Document, registry: Registry) -> tuple[type[Trainer], type[Gym]]:
    """Return the classes of the trainer and gym that a solver file names, or raise an error located in the file."""
    param = document.message.trainer
    if not param.type:
        message = "trainer { } does not say which trainer: type is missing"
        hint = f"types: {', '.join(registry.trainers.types())}"
        raise PrototxtError([document.problem(("trainer",), message, hint)])
    with document.locating("trainer", "type"):
        cls = registry.trainers.find(param.type)
    with document.locating("trainer", "gym", "type"):
        gym = registry.gyms.find(param.gym.type)
    refuse_idle_settings(document, registry, cls, gym)
    return cls, gym
