"""Where snapshots may be written, and over which existing files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from mycaffe_py.errors import OutputError
from mycaffe_py.written_files import (
    OPTION,
    head_of,
    is_marked_hdf5,
    is_typed,
    why_not_there,
)

from .hdf5 import MORE
from .seal import SIGNATURE, marked_size

_FIELD = "snapshot_prefix"


def check_prefix(solver: Any) -> None:
    """Raise OutputError if a solver file's ``snapshot_prefix`` is no place for it, or would replace files of others.

    In commands, a file may not choose a place outside the current folder; see :mod:`mycaffe_py.written_files`.
    """
    given = solver.param.snapshot_prefix
    if not given:
        return
    reason = why_not_there(_FIELD, given)
    if reason:
        name = re.sub(r"[^\w.+-]+", "_", re.split(r"[/\\]", given)[-1]).strip("._")
        raise OutputError(
            f'snapshot_prefix "{given}" {reason}',
            hint=f"write --set {_FIELD}={name or 'NAME'}\nor, if you trust this file, add {OPTION}",
            field=_FIELD,
        )
    check_snapshots_due(solver)


def check_snapshots_due(solver: Any) -> None:
    """Raise OutputError if one of the snapshots that are due would replace a file that is not ours."""
    prefix, param = solver.prefix_of_snapshots(), solver.param
    ending = re.compile(
        re.escape(prefix.name) + r"_iter_(\d{1,10})\.(caffemodel|solverstate)(\.h5)?"
    )
    try:
        names = sorted(os.listdir(prefix.parent))
    except OSError:
        return
    for name in names:
        found = ending.fullmatch(name)
        if found and bool(found[3]) == (param.snapshot_format == param.HDF5):
            iteration = int(found[1])
            due = param.snapshot > 0 and iteration % param.snapshot == 0
            if solver.iter < iteration <= param.max_iter and (due or iteration == param.max_iter):
                check_snapshot_file(solver, prefix.with_name(name))


def check_snapshot_file(solver: Any, path: Path) -> None:
    """Raise OutputError if ``path`` is there and may not be replaced: not ours, or a link that leads elsewhere."""
    if not os.path.lexists(path):
        return
    given = solver.param.snapshot_prefix
    if given and path.is_symlink() and not is_typed(_FIELD, given):
        reason = why_not_there(_FIELD, str(path))
        if reason:
            raise OutputError(f"{path} {reason}", hint="remove it", field=_FIELD)
    if os.path.exists(path) and not _is_ours(path):
        raise OutputError(
            f"cannot write {path}: it exists, and is no snapshot that mycaffe-py has written",
            hint=f"move it away, or choose another {_FIELD}",
            field=_FIELD,
        )


def _is_ours(path: Path) -> bool:
    """Whether a file is empty or a snapshot of ours, by its first bytes."""
    try:
        head = head_of(path)
        marked = marked_size(head) is not None or is_marked_hdf5(path)
        return not head or marked or _is_older_hdf5(path)
    except OSError:
        return False


def _is_older_hdf5(path: Path) -> bool:
    """Whether this is an HDF5 snapshot from before they were marked: the state contains more than Caffe's."""
    state = path.with_name(path.name.replace(".caffemodel.h5", ".solverstate.h5"))
    heads = head_of(path), head_of(state)
    return all(head.startswith(SIGNATURE) for head in heads) and MORE.encode() in heads[1]
