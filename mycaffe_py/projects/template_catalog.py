"""The templates that a project can begin with, and which of them go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mycaffe_py.plugins import Template

from .template_files import find_named


@dataclass(frozen=True)
class SolverTemplate:
    """A solver file to begin with."""

    template: Template
    plugin: str
    doc: str
    type: str
    net: str
    """The model template that it names as its net, or empty if it is for any."""
    gyms: tuple[str, ...] | None
    """The gyms that its trainer can learn from; None: it has no trainer, and the net brings its own data."""
    gym: str | None = None
    """The gym that its file names, with settings that suit it."""

    @property
    def name(self) -> str:
        """The template's name."""
        return self.template.name


@dataclass(frozen=True)
class ModelTemplate:
    """A model to begin with."""

    template: Template
    plugin: str
    doc: str
    layers: int
    weights: int | None
    """Number of weights; None where it depends on data that is not there."""
    database: bool
    """Whether it reads databases that a project may name."""
    gyms: tuple[str, ...] | None
    """The gyms that can feed it; None: it brings its own data."""
    solvers: tuple[str, ...]
    """The solver templates that can train it, the one made for it first."""

    @property
    def name(self) -> str:
        """The template's name."""
        return self.template.name


@dataclass(frozen=True)
class GymEntry:
    """A gym to learn from, with the templates to begin with."""

    type: str
    plugin: str
    doc: str
    spark: list[float | None] | None
    """At most 60 values that it gives with its default settings; None if it needs a file."""
    needs_file: bool
    fields: list[dict[str, Any]]
    model: str | None
    solver: str | None


@dataclass(frozen=True)
class Templates:
    """Everything that a new project can be made of; of models and solvers, the first that fit are the defaults."""

    models: list[ModelTemplate]
    solvers: list[SolverTemplate]
    gyms: list[GymEntry]

    def as_json(self) -> dict[str, Any]:
        """Return the templates as JSON values."""
        return {
            "models": [_model_json(model) for model in self.models],
            "solvers": [_solver_json(solver) for solver in self.solvers],
            "gyms": [dict(vars(gym)) for gym in self.gyms],
        }

    def model(self, name: str) -> ModelTemplate:
        """Return the model template of a name, ``.prototxt`` or not; ConfigError with the nearest one."""
        return find_named(self.models, "model", name)

    def solver(self, name: str) -> SolverTemplate:
        """Return the solver template of a name, ``.prototxt`` or not; ConfigError with the nearest one."""
        return find_named(self.solvers, "solver", name)


def _model_json(model: ModelTemplate) -> dict[str, Any]:
    return {
        "name": model.name,
        "doc": model.doc,
        "plugin": model.plugin,
        "gyms": None if model.gyms is None else list(model.gyms),
        "solvers": list(model.solvers),
        "layers": model.layers,
        "weights": model.weights,
        "database": model.database,
    }


def _solver_json(solver: SolverTemplate) -> dict[str, Any]:
    return {
        "name": solver.name,
        "doc": solver.doc,
        "plugin": solver.plugin,
        "gyms": None if solver.gyms is None else list(solver.gyms),
        "type": solver.type,
    }
