"""Completing a choice of gym, model and solver with the first ones that fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import Registry

from .faults import Faults
from .fitting import templates
from .gym_settings import gym_class
from .set_fitting import with_settings
from .template_catalog import ModelTemplate, SolverTemplate, Templates

One = TypeVar("One", ModelTemplate, SolverTemplate)


@dataclass(frozen=True)
class Choice:
    """Gym (None: the model brings its own data), model and solver, by their names."""

    gym: str | None
    model: str
    solver: str


def choose(
    registry: Registry,
    gym: str | None = None,
    model: str | None = None,
    solver: str | None = None,
    *,
    database: bool = False,
    settings: Mapping[str, str] | None = None,
    base_dir: Path | str = ".",
) -> Choice:
    """Complete what was chosen; what was not is the first that fits it. ``database``: the data is not a gym's.

    With ``settings`` of the gym, by path, whose files count from ``base_dir``, it is the first that fits with these.

    Raises ProjectError for names that do not exist, and ConfigError if nothing fits.
    """
    known, faults = templates(registry), Faults()
    chosen_model: ModelTemplate | None = None
    chosen_solver: SolverTemplate | None = None
    if gym is not None:
        with faults.at("gym"):
            gym = gym_class(registry, gym).type
    if model is not None:
        with faults.at("model"):
            chosen_model = known.model(model)
    if solver is not None:
        with faults.at("solver"):
            chosen_solver = known.solver(solver)
    faults.check()
    reason = ""
    if gym is not None and not database:
        rest = (chosen_model, chosen_solver)
        found, reason = with_settings(registry, gym, settings or {}, base_dir, *rest)
        if found is not None:
            return Choice(gym, *found)
    _refuse_strangers(known, gym, chosen_model, chosen_solver, database, reason)
    if gym is None:
        gym = _first_gym(known, chosen_model, chosen_solver, database)
    chosen_model = chosen_model or _first(
        "model",
        known.models,
        gym,
        lambda one: not chosen_solver or chosen_solver.name in one.solvers,
        reason,
    )
    fitting = [known.solver(name) for name in chosen_model.solvers]
    chosen_solver = chosen_solver or _first("solver", fitting, gym, lambda one: True)
    return Choice(gym, chosen_model.name, chosen_solver.name)


def _refuse_strangers(
    known: Templates,
    gym: str | None,
    model: ModelTemplate | None,
    solver: SolverTemplate | None,
    database: bool,
    reason: str,
) -> None:
    """Fail for a choice that cannot be completed; a complete one is left to the check of what is made."""
    readers = [one.name for one in known.models if one.database]
    if database and gym is not None:
        raise ConfigError(
            f"The data comes from a database or from gym {gym}, not from both.", field="database"
        )
    if database and model is None:
        raise ConfigError(
            "Which model is to read the database?",
            hint=f"choose it with --model: {', '.join(readers)}",
            field="model",
        )
    if database and model is not None and not model.database:
        raise ConfigError(
            f"The model {model.name} reads no database.",
            hint=f"models that do: {', '.join(readers)}",
            field="database",
        )
    if gym is not None and solver is not None and model is None:
        learning = [one.name for one in known.solvers if gym in (one.gyms or ())]
        if learning and solver.name not in learning:
            raise ConfigError(
                f"The solver {solver.name} does not go with gym {gym}.",
                hint=f"solvers that do: {', '.join(learning)}",
                field="solver",
            )
    if gym is not None and model is not None and solver is None and gym not in (model.gyms or ()):
        fitting = [one.name for one in known.models if gym in (one.gyms or ())]
        raise ConfigError(
            reason or f"The model {model.name} does not go with gym {gym}.",
            hint=f"models that do: {', '.join(fitting)}" if fitting else None,
            field="model",
        )


def _first_gym(
    known: Templates, model: ModelTemplate | None, solver: SolverTemplate | None, database: bool
) -> str | None:
    """Return the first gym that goes with a model and a solver, or None if they bring their own data."""
    chosen = [one for one in (model, solver) if one is not None]
    if database or any(one.gyms is None for one in chosen):
        return None
    types = [gym.type for gym in known.gyms if gym.model is not None]
    return next((type for type in types if all(type in (one.gyms or ()) for one in chosen)), None)


def _first(
    kind: str,
    offered: Sequence[One],
    gym: str | None,
    also: Callable[[One], bool],
    reason: str = "",
) -> One:
    """Return the first template for a gym, or for none, that fits what was chosen."""
    for one in offered:
        if (one.gyms is None if gym is None else gym in (one.gyms or ())) and also(one):
            return one
    names = ", ".join(one.name for one in offered)
    what = f"gym {gym}" if gym else "data without a gym"
    raise ConfigError(
        reason or f"No {kind} template fits {what} and the rest of what was chosen.",
        hint=f"choose one with --{kind}: {names}" if names else None,
        field=kind,
    )


def offered_lines(registry: Registry) -> list[str]:
    """Return lines that list gyms, models and solvers to choose from."""
    known = templates(registry)
    return [
        f"gyms: {', '.join(gym.type for gym in known.gyms)}",
        f"models: {', '.join(model.name for model in known.models)}",
        f"solvers: {', '.join(solver.name for solver in known.solvers)}",
    ]
