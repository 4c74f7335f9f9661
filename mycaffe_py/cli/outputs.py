"""Names of the files that a verb writes, so that no file is lost without a word.

A name that the user gives is written, and a line says so if that replaces a file. A name that the verb chooses
itself never is an existing file's: it gets a number.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from mycaffe_py.errors import ConfigError

from .failures import say


def free_paths(paths: Sequence[Path], option: str = "--out FILE") -> list[Path]:
    """Return the paths that a verb chose, with the same number added to all of them if one exists already."""
    if not any(os.path.lexists(path) for path in paths):
        return list(paths)
    for number in count(2):
        numbered = [path.with_name(f"{path.stem}-{number}{path.suffix}") for path in paths]
        if not any(os.path.lexists(path) for path in numbered):
            break
    taken = next(path for path in paths if os.path.lexists(path))
    free = numbered[paths.index(taken)]
    say(f"{taken} exists already: writing {free.name} ({option} replaces a file)")
    return numbered


def say_replaced(paths: Iterable[Path]) -> None:
    """Say which of the files that the user named exist and are about to be replaced."""
    for path in paths:
        if os.path.isfile(path):
            say(f"replacing {path}")


def protect_inputs(
    written: Sequence[Path], training: Any, weights: Sequence[str], use: str
) -> None:
    """Fail if a file that a verb writes is one that it reads; ``use``: "the forecast is made from"."""
    document, model = training.solver_document, training.model
    read: dict[str, Sequence[str | Path]] = {
        "weights": weights,
        "solver": [document.filename],
        "model": [model.filename],
    }
    gym = document.message.trainer.gym
    path = training.registry.gyms.find(gym.type).input_field_of(gym) if gym.type else ""
    if path:
        for name in path.split("."):
            gym = getattr(gym, name)
        read["data"] = [Path(document.filename).resolve().parent / gym, Path(gym)]
    for what, files in read.items():
        for file, target in ((file, target) for file in files for target in written):
            if os.path.exists(target) and os.path.exists(file) and os.path.samefile(target, file):
                raise ConfigError(f"--out would overwrite {target}, the {what} that {use}")
