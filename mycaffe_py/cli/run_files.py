"""The trained weights given to a verb, and the run's files beside them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mycaffe_py.errors import ConfigError, MissingFileError
from mycaffe_py.weights import split_paths

_BEST = ("best.caffemodel", "last.caffemodel")


def trained_weights(given: Sequence[str], verb: str, argument: str | None = None) -> list[str]:
    """Return the weights files of ``--weights``, a run folder standing for its best weights; fail if there are none.

    ``argument`` is the verb's own argument, which may have been meant as the weights.
    """
    names = split_paths(given)
    if not names:
        meant = argument if argument and os.path.exists(argument) else None
        raise ConfigError(
            f"mycaffe {verb} needs trained weights",
            hint=f"write --weights {meant or 'FILE.caffemodel, or a run folder'}",
        )
    return [_best(name) if os.path.isdir(name) else name for name in names]


def _best(folder: str) -> str:
    for name in _BEST:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    raise MissingFileError(
        f"no weights in {folder}", hint=f"looked for {' and '.join(_BEST)}; give a file instead"
    )


def beside(weights: Sequence[str], kind: str) -> Path:
    """Return the path of the run's ``model`` or ``solver`` beside its weights; the file need not exist."""
    return Path(weights[-1]).parent / f"{kind}.prototxt"
