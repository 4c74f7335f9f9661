"""Which templates go together for a gym with a user's settings: found by building them with these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mycaffe_py.plugins import Registry
from mycaffe_py.schema import set_field

from .fitting import templates
from .gym_settings import Files, given, gym_message, input_file, open_gym
from .template_catalog import ModelTemplate, SolverTemplate, Templates
from .template_files import read_templates
from .trial import use_gym, why_not_together


def with_settings(
    registry: Registry,
    gym: str,
    settings: Mapping[str, str],
    base_dir: Path | str,
    model: ModelTemplate | None,
    solver: SolverTemplate | None,
) -> tuple[tuple[str, str] | None, str]:
    """Return the first model and solver that can be built for a gym with these settings, or None and the reason.

    What is known to go with the gym is tried first, and for a gym that nothing is known to go with, whatever a gym
    can feed. There is no reason, and nothing is built, where the defaults suffice or the rest was checked already.
    ProjectError if the gym refuses its settings and nothing is known to go with it.
    """
    known = templates(registry)
    pairs = list(_pairs(known, gym, model, solver))
    sure = bool(pairs)
    if sure and not settings:
        return None, ""
    pairs = pairs or list(_pairs(known, None, model, solver))
    if not pairs:
        return None, ""
    param = _settings_of(registry, gym, settings, base_dir, sure)
    if param is None:
        return None, ""
    documents = {
        kind: {one.template.name: one.document for one in read_templates(registry, kind)}
        for kind in ("model", "solver")
    }
    reasons: list[str] = []
    for first, second in pairs:
        solver_file = documents["solver"][second]
        why = why_not_together(
            solver_file,
            documents["model"][first],
            _merged(registry, gym, solver_file.message.trainer, param),
            registry,
            Path(base_dir),
        )
        if not why:
            return (first, second), ""
        reasons.append(f"The model {first} does not go with gym {gym}: {why}")
    nearest = [reason for reason in reasons if f": gym {gym}" in reason]  # its blobs were found
    return None, "" if sure else [*nearest, *reasons][0]


def _pairs(
    known: Templates, gym: str | None, model: ModelTemplate | None, solver: SolverTemplate | None
) -> Iterator[tuple[str, str]]:
    """Give the names of models and solvers that go with a gym; with None, of all that a gym may feed."""
    solvers = [one for one in known.solvers if one.gyms is not None and solver in (None, one)]
    for one in known.models:
        if one.gyms is None or model not in (None, one):
            continue
        for other in solvers:
            if gym is None:
                if not other.net:
                    yield one.name, other.name
            elif other.name in one.solvers and gym in one.gyms and gym in (other.gyms or ()):
                yield one.name, other.name


def _settings_of(
    registry: Registry, gym: str, settings: Mapping[str, str], base_dir: Path | str, sure: bool
) -> Any:
    """Return a GymParameter with the settings, its file by its whole path; None if they are to be refused later."""
    try:
        values = given(registry, gym, settings)
        message = gym_message(registry, gym, values)
        found = input_file(registry, message, values, Files(base_dir))
        if found is not None:
            path, file = found
            set_field(message, path.split("."), str(file), path)
        open_gym(registry, message, Path(base_dir)).close()
    except Exception:
        if sure:  # the making of the project refuses them, together with other faults
            return None
        raise
    return message


def _merged(registry: Registry, gym: str, trainer: Any, param: Any) -> Any:
    """Return the settings that a solver has for the gym, replaced by those given."""
    kept = type(trainer)()
    kept.CopyFrom(trainer)
    use_gym(kept, gym, registry)
    kept.gym.MergeFrom(param)
    return kept.gym
