"""What an observer is told about a run before its first event: plain data, never the net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class LayerInfo:
    """One layer of the train net: the names of its blobs, and the shapes of its tops and parameters."""

    name: str
    type: str
    bottoms: tuple[str, ...] = ()
    tops: tuple[str, ...] = ()
    top_shapes: tuple[tuple[int, ...], ...] = ()
    parameters: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class RunInfo:
    """A run that is about to start.

    ``folder`` is the run folder: files of an observer go there. ``model`` and ``solver`` are the resolved files as
    prototxt text, ``settings`` the solver's simple fields by name, also those that have their default. ``iteration``
    counts the updates done, above 0 if the run continues another: ``resumed_run`` is then the folder of that run,
    unless it is unknown.
    """

    folder: Path
    net: str
    model: str = ""
    solver: str = ""
    settings: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    seed: int = 0
    device: str = "cpu"
    iteration: int = 0
    max_iter: int = 0
    resumed_run: Path | None = None
    layers: tuple[LayerInfo, ...] = ()
