"""Which templates go together: found by building them."""

from __future__ import annotations

import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

from mycaffe_py.plugins import Registry, default_registry, first_sentence

from .gym_settings import fields_of
from .sketches import gym_spark
from .template_catalog import GymEntry, ModelTemplate, SolverTemplate, Templates
from .template_files import TemplateFile, net_of, read_templates
from .trial import Trial, blobs_in, try_together

_known: weakref.WeakKeyDictionary[Registry, Templates] = weakref.WeakKeyDictionary()


def templates(registry: Registry | None = None) -> Templates:
    """Return the shipped templates and those of plugins, and which go with which gym.

    What goes together is found by building it, once for each registry (about 0.2 s).
    """
    registry = registry or default_registry()
    if registry not in _known:
        _known[registry] = _templates(registry)
    return _known[registry]


def _templates(registry: Registry) -> Templates:
    models, solvers = read_templates(registry, "model"), read_templates(registry, "solver")
    trials = _trials(registry, models, solvers)
    entries = [_solver_entry(solver, trials, registry) for solver in solvers]
    offered = [_model_entry(model, entries, trials, registry) for model in models]
    offered.sort(key=lambda model: (model.gyms is None, _rank(model, entries), model.name.lower()))
    entries.sort(key=lambda entry: (entry.gyms is None, bool(entry.net), entry.name.lower()))
    gyms = [_gym_entry(registry, cls, offered, entries) for cls in registry.gyms.classes()]
    return Templates(offered, entries, gyms)


def _rank(model: ModelTemplate, solvers: list[SolverTemplate]) -> int:
    """Return how early a model is offered: with a solver of its gym for any net, of its gym for this net, of others."""
    own = [one for one in solvers if one.name in model.solvers and one.gym in (model.gyms or ())]
    return 2 if not own else int(all(one.net for one in own))


Trials = dict[tuple[str, str, str], Trial]
"""By model, solver and gym type."""


def _trials(registry: Registry, models: list[TemplateFile], solvers: list[TemplateFile]) -> Trials:
    """Return what can be built of models that a gym feeds, solvers with a trainer, and gyms."""
    found: Trials = {}
    for solver in solvers:
        message = solver.document.message
        if not message.HasField("trainer"):
            continue
        own = [message.trainer.gym.type] if net_of(message) else registry.gyms.types()
        for model in models:
            for gym in own:
                declared = (model.template.gyms, solver.template.gyms)
                if any(gyms is not None and gym not in gyms for gyms in declared):
                    continue
                trial = try_together(solver.document, model.document, gym, registry)
                if trial is not None:
                    name = registry.gyms.find(gym).type
                    found[model.template.name, solver.template.name, name] = trial
    return found


def _solver_entry(solver: TemplateFile, trials: Trials, registry: Registry) -> SolverTemplate:
    message = solver.document.message
    gyms, gym = None, None
    if message.HasField("trainer"):
        name = solver.template.name
        gyms = tuple(sorted({gym for _, one, gym in trials if one == name}))
        named = message.trainer.gym.type
        gym = registry.gyms.find(named).type if named in registry.gyms else None
    return SolverTemplate(
        solver.template, solver.plugin, solver.doc, message.type, net_of(message), gyms, gym
    )


def _model_entry(
    model: TemplateFile, solvers: list[SolverTemplate], trials: Trials, registry: Registry
) -> ModelTemplate:
    name, message = model.template.name, model.document.message
    mine = {key: trial for key, trial in trials.items() if key[0] == name}
    gyms = tuple(sorted({gym for _, _, gym in mine})) if mine or blobs_in(message) else None
    if gyms is None:
        fitting = [solver for solver in solvers if solver.gyms is None]
    else:
        fitting = [solver for solver in solvers if any(one == solver.name for _, one, _ in mine)]
    own = [solver for solver in fitting if solver.net == name]
    for_any = [solver for solver in fitting if not solver.net]
    # A model with a solver of its own is not offered with those made for other models.
    others = [] if own else [solver for solver in fitting if solver.net]
    entry = ModelTemplate(
        model.template,
        model.plugin,
        model.doc,
        len({layer.name for layer in message.layer}),
        max((trial.weights for trial in mine.values()), default=None),
        any(layer.HasField("data_param") for layer in message.layer),
        gyms,
        tuple(solver.name for solver in (*own, *for_any, *others)),
    )
    if gyms is None:
        return entry
    kept = {gym for _, one, gym in mine if one in entry.solvers}
    return replace(entry, gyms=tuple(sorted(kept)))


def _gym_entry(
    registry: Registry, cls: Any, models: list[ModelTemplate], solvers: list[SolverTemplate]
) -> GymEntry:
    message = registry.schema.new("GymParameter", type=cls.type)
    needs_file = bool(cls.input_field_of(message))
    by_name = {solver.name: solver for solver in solvers}
    pairs = [
        (model.name, solver)
        for model in models
        for solver in model.solvers
        if cls.type in (model.gyms or ()) and cls.type in (by_name[solver].gyms or ())
    ]
    model, solver = pairs[0] if pairs else (None, None)
    return GymEntry(
        cls.type,
        registry.gyms.owner(cls),
        first_sentence(cls.__doc__),
        None if needs_file else gym_spark(registry, message, Path()),
        needs_file,
        fields_of(registry, cls.type),
        model,
        solver,
    )
