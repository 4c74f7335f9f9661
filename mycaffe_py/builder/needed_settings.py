"""Settings without which a solver file cannot be trained: what is missing, as a refusal or as a warning."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer.layer import python_warning
from mycaffe_py.schema import Document

_NEEDED = {
    "base_lr": "write the learning rate, for example base_lr: 0.01",
    "max_iter": "write the number of updates, for example max_iter: 4000, or give --iterations",
}


def missing_settings(param: Any) -> dict[str, str]:
    """Return the fields of a SolverParameter that a training needs and that are not set, each with what to do."""
    return {name: advice for name, advice in _NEEDED.items() if not param.HasField(name)}


def warn_of_missing_settings(document: Document) -> None:
    """Warn of what ``mycaffe train`` will ask for; ``document`` is as the trainer has filled it in."""
    for name, advice in missing_settings(document.message).items():
        python_warning(document.warning((), f"solver: {name} is not set", advice))
