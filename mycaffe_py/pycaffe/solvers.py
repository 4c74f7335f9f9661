"""``SGDSolver("solver.prototxt")`` and its siblings: solvers of a given type, as in pycaffe."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mycaffe_py.builder.sources import load_solver_file
from mycaffe_py.builder.training import get_solver
from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins.registry import default_registry
from mycaffe_py.schema.given import ModelLike, SolverLike, solver_document
from mycaffe_py.solver.solver import Solver


class _SolverOfType(type):
    """Metaclass: calling a class below returns the plugin's solver, which counts as its instance."""

    type: str

    def __call__(
        cls, solver_file: SolverLike | None = None, model: ModelLike | None = None, **options: Any
    ) -> Solver:
        if cls is SolverOfType:
            raise ConfigError(
                "create a solver with get_solver(), or with SGDSolver() and its siblings"
            )
        registry = options.get("registry") or default_registry()
        solvers = registry.solvers
        if solver_file is None:
            if options.setdefault("type", cls.type) != cls.type:
                raise ConfigError(
                    f"{cls.__name__} makes solvers of type {cls.type}, not {options['type']!r}"
                )
            return get_solver(None, model, **options)
        read = partial(load_solver_file, registry=registry)
        document = solver_document(registry.schema, solver_file, read)
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
    """Base class of the classes below; ``type`` is the type of their solvers."""

    type = ""

    if TYPE_CHECKING:

        def __init__(
            self,
            solver_file: SolverLike | None = None,
            model: ModelLike | None = None,
            **options: Any,
        ): ...


class SGDSolver(SolverOfType):
    """Creates solvers of type SGD. As in Caffe, the other classes derive from it."""

    type = "SGD"


class NesterovSolver(SGDSolver):
    """Creates solvers of type Nesterov."""

    type = "Nesterov"


class AdaGradSolver(SGDSolver):
    """Creates solvers of type AdaGrad."""

    type = "AdaGrad"


class RMSPropSolver(SGDSolver):
    """Creates solvers of type RMSProp."""

    type = "RMSProp"


class AdaDeltaSolver(SGDSolver):
    """Creates solvers of type AdaDelta."""

    type = "AdaDelta"


class AdamSolver(SGDSolver):
    """Creates solvers of type Adam."""

    type = "Adam"


class AdamWSolver(SGDSolver):
    """Creates solvers of type AdamW."""

    type = "AdamW"
