"""What several pictures draw: rows of a run's live.jsonl, a target with a prediction."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.drawing import style


def live_rows(run: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return updates, x, targets and predictions of a run."""
    lines = (run / "live.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    rows = [json.loads(line) for line in lines]
    values = [[row["i"], row["x"], row["t"][0], row["p"][0]] for row in rows]
    i, x, target, prediction = np.array(values, float).T
    return i, x, target, prediction


def columns(path: Path) -> dict[str, list[str]]:
    """Return a CSV file's columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def draw_followed(axes: Any, x: Any, target: Any, prediction: Any, title: str = "") -> None:
    """Draw a target, thick, and its prediction, thin, in front of it."""
    axes.plot(x, target, color=style.SKY, linewidth=4, alpha=0.8, label="target")
    axes.plot(x, prediction, color=style.PREDICTION, linewidth=1.2, label="prediction")
    style.plain(axes)
    if title:
        style.titled(axes, title)
