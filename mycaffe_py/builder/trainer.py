"""From the trainer settings of a solver file to a trainer, with every mistake located in the file."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.errors import PrototxtError
from mycaffe_py.gym import Gym
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
    return cls, gym
