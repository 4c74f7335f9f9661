"""Reporting settings that have no effect, with their places: of a solver file, its trainer and its gym."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import Problem, PrototxtError
from mycaffe_py.layer.layer import python_warning
from mycaffe_py.plugins.idle import idle_settings
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document
from mycaffe_py.solver.idle_settings import idle_solver_settings


def warn_of_idle_solver_settings(document: Document, registry: Registry) -> None:
    """Warn of a sound solver's settings that have no effect."""
    for idle in idle_solver_settings(registry, document.message):
        text = f"solver: {idle.message}"
        python_warning(document.warning(idle.paths[0], text, idle.hint))


def refuse_idle_settings(
    document: Document, registry: Registry, trainer: type[Any], gym: type[Any]
) -> None:
    """Refuse settings of a trainer and its gym that have no effect, or warn of them, as their conditions say.

    Where they come from MyCaffe's form of the settings, which has them all the same, they are warned of, and removed.
    """
    param = document.message.trainer
    entries = document.nodes.get("trainer", [])
    of_mycaffe = bool(entries) and all(entry.children is None for entry in entries)
    problems: list[Problem] = []
    for path, kind, cls, message in (
        (("trainer",), "trainers", trainer, param),
        (("trainer", "gym"), "gyms", gym, param.gym),
    ):
        for idle in idle_settings(registry, kind, cls, message):
            place, text = (*path, *idle.paths[0]), f"{cls.kind} {cls.type}: {idle.message}"
            if idle.refused and not of_mycaffe:
                problems.append(document.problem(place, text, idle.hint))
                continue
            python_warning(document.warning(place, text, idle.hint))
            for setting in idle.paths if of_mycaffe else ():
                _clear(message, setting)
    if problems:
        raise PrototxtError(problems)


def _clear(message: Any, path: tuple[str | int, ...]) -> None:
    *outer, name = path
    for step in outer:
        message = message[step] if isinstance(step, int) else getattr(message, step)
    message.ClearField(name)
