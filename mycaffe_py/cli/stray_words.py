"""What was meant by a word that belongs to no option of a verb; imported once there is one."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.resources import resource_names

_SUFFIX = ".prototxt"
_WEIGHTS = (".caffemodel", ".caffemodel.h5")
_STATES = (".solverstate", ".solverstate.h5")


def hint_for(word: str, arguments: Sequence[str], options: set[str], flags: set[str]) -> str | None:
    """Return the option to write before a word, if there is one; ``flags`` are the options that take no value."""
    index = list(arguments).index(word) if word in arguments else 0
    if index and arguments[index - 1] in flags:
        return f"{arguments[index - 1]} takes no value: leave {word} out"
    likely = option_of(word)
    if likely in options:
        return f"write {likely} {shlex.quote(word)}"
    if likely == "--resume" and "--weights" in options:
        return "a solver state is for mycaffe train --resume; give the .caffemodel with --weights"
    files = [name for name in ("--solver", "--model") if name in options]
    return (
        f"write {' or '.join(f'{name} {shlex.quote(word)}' for name in files)}" if files else None
    )


def option_of(word: str) -> str:
    """Return the option that a file, a folder or the name of a shipped file is for, or ""."""
    path, name = Path(word), os.path.basename(word)
    if name.endswith(_WEIGHTS) or os.path.isdir(path) or path.parts[:1] == ("runs",):
        return "--weights"
    if name.endswith(_STATES):
        return "--resume"
    if name.endswith(".csv"):
        return "--input"
    if name.endswith(".py"):
        return "--plugin"
    if os.path.isfile(path):
        return _option_of_text(path)
    for option, kind in (("--model", "models"), ("--solver", "solvers")):
        if f"{name.removesuffix(_SUFFIX)}{_SUFFIX}" in resource_names(kind):
            return option
    return ""


def _option_of_text(path: Path) -> str:
    """Return the option that a prototxt file is for, by its fields."""
    from mycaffe_py.plugins.registry import default_registry
    from mycaffe_py.schema.kinds import kind_of_text
    from mycaffe_py.schema.prototxt.files import read_text_file

    try:
        text = read_text_file(path)
    except (MyCaffeError, OSError, ValueError):
        return ""
    kind = kind_of_text(default_registry().schema, text)
    return {"NetParameter": "--model", "SolverParameter": "--solver"}.get(kind or "", "")
