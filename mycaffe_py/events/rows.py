"""An update as a row of a table: metrics.csv and a solver's history have the same."""

from __future__ import annotations

from typing import Any

from .events import StepDone
from .output_names import with_clashes_renamed

_OWN = ("iteration", "lr")


def row_of(event: StepDone) -> dict[str, Any]:
    """Return an update's row by column name."""
    values = with_clashes_renamed(_OWN, event.named_values)
    return values | {"iteration": event.iteration, "lr": event.learning_rate}
