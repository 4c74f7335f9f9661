"""Mistakes that tests should notice, by topic; ``tools/mutants.py`` tries them out."""

from __future__ import annotations

from . import (
    cells,
    databases,
    durability,
    forks,
    layers,
    nets,
    parsing,
    resuming,
    series,
    solvers,
    trust,
    vision,
)
from .mutant import Mutant as Mutant

MUTANTS: tuple[Mutant, ...] = (
    *layers.MUTANTS,
    *vision.MUTANTS,
    *forks.MUTANTS,
    *cells.MUTANTS,
    *solvers.MUTANTS,
    *nets.MUTANTS,
    *resuming.MUTANTS,
    *series.MUTANTS,
    *databases.MUTANTS,
    *parsing.MUTANTS,
    *trust.MUTANTS,
    *durability.MUTANTS,
)
