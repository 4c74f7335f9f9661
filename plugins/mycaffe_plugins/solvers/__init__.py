"""The built-in solvers, one for each update rule."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.plugins import hookimpl
from mycaffe_py.solver import Solver

from .adadelta import AdaDeltaSolver
from .adagrad import AdaGradSolver
from .adam import AdamSolver
from .adamw import AdamWSolver
from .nesterov import NesterovSolver
from .rmsprop import RMSPropSolver
from .sgd import SGDSolver


@hookimpl
def mycaffe_solvers() -> list[type[Solver]]:
    """Return the solvers of this package."""
    return [
        AdaDeltaSolver,
        AdaGradSolver,
        AdamSolver,
        AdamWSolver,
        NesterovSolver,
        RMSPropSolver,
        SGDSolver,
    ]


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the schema of their settings beyond Caffe's."""
    return [Path(__file__).with_name("solvers.proto")]
