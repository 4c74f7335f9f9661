"""best.json: what a resumed run needs to choose the best weights as if it had never stopped."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from mycaffe_py.weights.atomic import atomic_write
from mycaffe_py.weights.caffemodel import digest

from .best import BestWeights

FILE_NAME, WEIGHTS_NAME = "best.json", "best.caffemodel"


def write_best_file(folder: Path, best: BestWeights, at: int, sha256: str | None) -> None:
    """Write the choice and the window of a snapshot at iteration ``at``, atomically.

    ``sha256`` is the digest of the folder's best.caffemodel.
    """
    fields = {
        "snapshot": at,
        "metric": best.metric,
        "window": best.window,
        "chosen": None if best.summary is None else [best.value, best.iteration],
        "sha256": sha256,
        "recent": best.recent,
    }
    text = json.dumps(fields, allow_nan=False) + "\n"
    atomic_write(folder / FILE_NAME, text.encode())


def resume_best(best: BestWeights, folder: Path, at: int) -> bytes | None:
    """Make ``best`` continue where the run in ``folder`` was at iteration ``at``.

    Returns the content of its best.caffemodel if that is the best so far, else None. If a file
    is missing or was changed, nothing happens.
    """
    try:
        fields = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        if not best.takes(fields["metric"]):
            return None
        chosen = _chosen(fields, best.window, at)
        data = (folder / WEIGHTS_NAME).read_bytes() if chosen else None
        if data is not None and digest(data) != fields["sha256"]:
            chosen = data = None
        best.resume(chosen, _recent(fields, at))
    except (OSError, ValueError, TypeError, LookupError):
        return None
    return data


def _chosen(fields: dict[str, Any], window: int, at: int) -> tuple[float, int] | None:
    """Return the choice, if its window is ``window`` and it was made by iteration ``at``."""
    if fields["chosen"] is None or fields["window"] != window:
        return None
    value, iteration = fields["chosen"]
    return (float(value), int(iteration)) if 0 < iteration <= at else None


def _recent(fields: dict[str, Any], at: int) -> dict[str, Any] | None:
    """Return the window, if it belongs to iteration ``at``."""
    recent = fields["recent"]
    values = [float(value) for value in recent["values"]]
    if fields["snapshot"] != at or not all(map(math.isfinite, values)):
        return None
    return {"values": values, "total": float(recent["total"])}
