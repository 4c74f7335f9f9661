"""``SGDSolver("solver.prototxt")`` and its siblings: a solver of a given type, as pycaffe makes one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mycaffe_py.builder.sources import load_solver_file
from mycaffe_py.builder.training import get_solver
from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins.registry import default_registry
from mycaffe_py.solver.solver import Solver


class _SolverOfType(type):
    """Calling one of the classes below returns the plugin's solver, which then counts as its instance."""

    type: str

    def __call__(
        cls, solver_file: str | Path, model: str | Path | None = None, **options: Any
    ) -> Solver:
        if cls is SolverOfType:
            raise ConfigError(
                "a solver is made by get_solver(), or by SGDSolver() and its siblings"
            )
        registry = options.get("registry") or default_registry()
        solvers = registry.solvers
        document = load_solver_file(solver_file, registry)
        message = document.message
        if message.HasField("type") and solvers.find(message.type) is not solvers.find(cls.type):
            raise ConfigError(
                f'{cls.__name__}: {document.filename} asks for type "{message.type}"',
                hint="get_solver() takes the type from the file",
            )
        message.type = cls.type
        return get_solver(document, model, **options)

    def __instancecheck__(cls, instance: Any) -> bool:
        if cls is SolverOfType:
            return isinstance(instance, Solver)
        kinds: list[Any] = [cls, *cls.__subclasses__()]
        types = [kind.type for kind in kinds]
        return isinstance(instance, Solver) and instance.type in types


if TYPE_CHECKING:
    _Made = Solver  # what calling one of the classes gives
else:
    _Made = object


class SolverOfType(_Made, metaclass=_SolverOfType):
    """Base of the classes below; ``type`` is the type of their solvers."""

    type = ""

    if TYPE_CHECKING:

        def __init__(
            self, solver_file: str | Path, model: str | Path | None = None, **options: Any
        ): ...


class SGDSolver(SolverOfType):
    """Makes solvers of type SGD. As in Caffe, the others count as kinds of it."""

    type = "SGD"


class NesterovSolver(SGDSolver):
    """Makes solvers of type Nesterov."""

    type = "Nesterov"


class AdaGradSolver(SGDSolver):
    """Makes solvers of type AdaGrad."""

    type = "AdaGrad"


class RMSPropSolver(SGDSolver):
    """Makes solvers of type RMSProp."""

    type = "RMSProp"


class AdaDeltaSolver(SGDSolver):
    """Makes solvers of type AdaDelta."""

    type = "AdaDelta"


class AdamSolver(SGDSolver):
    """Makes solvers of type Adam."""

    type = "Adam"


class AdamWSolver(SGDSolver):
    """Makes solvers of type AdamW."""

    type = "AdamW"
