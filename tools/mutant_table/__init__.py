"""Mistakes that tests should notice, by topic; ``tools/mutants.py`` tries them out."""

from __future__ import annotations

from . import cells, layers, nets, parsing, resuming, series, solvers, vision
from .mutant import Mutant as Mutant

MUTANTS: tuple[Mutant, ...] = (
    *layers.MUTANTS,
    *vision.MUTANTS,
    *cells.MUTANTS,
    *solvers.MUTANTS,
    *nets.MUTANTS,
    *resuming.MUTANTS,
    *series.MUTANTS,
    *parsing.MUTANTS,
)
