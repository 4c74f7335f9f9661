"""best.json: what a resumed run needs to choose the best weights as if it had never stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mycaffe_py.reading import read_bytes
from mycaffe_py.weights.atomic import atomic_write
from mycaffe_py.weights.caffemodel import digest

from .best import BestWeights
from .reading import NUMBER, is_kind, of_kinds, read_fields

FILE_NAME, WEIGHTS_NAME = "best.json", "best.caffemodel"
BEFORE_NAME = "best_before.caffemodel"
"""The best weights of the snapshot before, while a snapshot with better ones is written."""


def write_best_file(
    folder: Path,
    best: BestWeights,
    at: int,
    sha256: str | None,
    before: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write the choice and the window of a snapshot at iteration ``at``, atomically, and return them.

    ``sha256`` is the digest of the folder's best.caffemodel. ``before`` is what was returned for the newest snapshot
    that is on the disk: it stays in the file until there is a newer one.
    """
    fields = {
        "snapshot": at,
        "metric": best.metric,
        "window": best.window,
        "chosen": None if best.summary is None else [best.value, best.iteration],
        "sha256": sha256,
        "recent": best.recent,
    }
    text = json.dumps(fields | {"before": before}, allow_nan=False) + "\n"
    atomic_write(folder / FILE_NAME, text.encode())
    return fields


def keep_before(folder: Path) -> None:
    """Keep the best weights under a second name while others take their place; raises OutputError."""
    path, kept = folder / WEIGHTS_NAME, folder / BEFORE_NAME
    data = _weights(path)
    if data is not None:
        atomic_write(kept, data)


def forget_before(folder: Path) -> None:
    """Remove what :func:`keep_before` has kept; the next snapshot needs it no more."""
    with suppress(OSError):
        (folder / BEFORE_NAME).unlink()


def resume_best(
    best: BestWeights, folder: Path, at: int, warn: Callable[[str], None] = lambda text: None
) -> bytes | None:
    """Make ``best`` continue where the run in ``folder`` was at iteration ``at``.

    Returns the content of its best.caffemodel if that is the best so far, else None. If a file
    is missing or was changed, the choice begins anew; ``warn`` gets a text if one is damaged.
    """
    path = folder / FILE_NAME
    fields = _of_snapshot(read_fields(path, _KINDS), at)
    if not _KINDS.keys() <= fields.keys():
        if os.path.lexists(path):
            warn(f"{path} is damaged: {_ANEW}")
        return None
    if not best.takes(fields["metric"]):
        return None
    chosen = _chosen(fields, best.window, at)
    data = _weights_of(folder, fields["sha256"]) if chosen else None
    if chosen and data is None:
        warn(f"{folder / WEIGHTS_NAME} is not the file that {path} was written with: {_ANEW}")
        chosen = None
    best.resume(chosen, _recent(fields, at))
    return data


def _of_snapshot(fields: dict[str, Any], at: int) -> dict[str, Any]:
    """Return the fields for the snapshot at an iteration: those of the newest one, or of the one before."""
    before = of_kinds(fields.get("before"), _KINDS)
    return before if fields.get("snapshot") != at == before.get("snapshot") else fields


def _weights_of(folder: Path, sha256: str | None) -> bytes | None:
    """Return the content of the best weights with this digest."""
    for name in (WEIGHTS_NAME, BEFORE_NAME):
        data = _weights(folder / name)
        if data is not None and digest(data) == sha256:
            return data
    return None


_ANEW = "the choice of the best weights begins anew"
_KINDS = {
    **{"snapshot": int, "metric": str, "window": int, "chosen": list},
    **{"sha256": str, "recent": {"values": list, "total": NUMBER}},
}


def _weights(path: Path) -> bytes | None:
    try:
        return read_bytes(path)
    except OSError:
        return None


def _chosen(fields: dict[str, Any], window: int, at: int) -> tuple[float, int] | None:
    """Return the choice, if its window is ``window`` and it was made by iteration ``at``."""
    if fields["chosen"] is None or fields["window"] != window:
        return None
    chosen = fields["chosen"]
    if len(chosen) != 2 or not is_kind(chosen[0], NUMBER) or not is_kind(chosen[1], int):
        return None
    value, iteration = chosen
    return (float(value), iteration) if 0 < iteration <= at else None


def _recent(fields: dict[str, Any], at: int) -> dict[str, Any] | None:
    """Return the window, if it belongs to iteration ``at``."""
    recent = fields["recent"]
    if fields["snapshot"] != at or recent is None:
        return None
    if not all(is_kind(value, NUMBER) for value in recent["values"]):
        return None
    return {"values": [float(value) for value in recent["values"]], "total": float(recent["total"])}
