"""How long and how fast the trainer SERIES learns where the solver file does not say so."""

from __future__ import annotations

import math
from typing import Any

LEARNING_RATE = 0.003
FEWEST, MOST = 300, 2000
_PASSES = 40


def updates_for(rows: int, batch: int) -> int:
    """Return the updates of a search: 40 passes over the rows of the training part, 300 to 2,000."""
    return int(min(max(math.ceil(_PASSES * rows / batch), FEWEST), MOST))


def fit_solver(solver: Any, rows: int, batch: int, refits: bool) -> None:
    """Fill in what a SolverParameter message leaves out: type AdamW, base_lr 0.003, fixed, max_iter by the rows."""
    defaults: dict[str, Any] = {
        "type": "AdamW",
        "base_lr": LEARNING_RATE,
        "lr_policy": "fixed",
        "max_iter": updates_for(rows, batch) * (2 if refits else 1),
        "clip_gradients": 1.0,
        "momentum": 0.9,
        "momentum2": 0.999,
    }
    for name, value in defaults.items():
        if not solver.HasField(name):
            setattr(solver, name, value)
