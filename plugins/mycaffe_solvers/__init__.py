"""Solvers, each one update rule."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.hookspecs import hookimpl

from .adamw import AdamWSolver
from .sgd import SGDSolver


@hookimpl
def mycaffe_solvers():
    """The solvers of this package."""
    return [SGDSolver, AdamWSolver]


@hookimpl
def mycaffe_schema():
    """Their settings beyond Caffe's."""
    return [Path(__file__).with_name("solvers.proto")]
