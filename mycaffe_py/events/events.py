"""The events of a run. Observers see these, never the net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output_names import with_outputs

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True)
class TrainingStarted(Event):
    """Before the first update, with the iterations where the run starts and is to end."""

    iteration: int
    max_iter: int
    summary: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SolveStarted(Event):
    """When the solver starts to train up to ``max_iter``."""

    iteration: int


@dataclass(frozen=True)
class SolveEnded(Event):
    """When the solver has reached ``max_iter``, or was stopped ``early``; not after a failure."""

    iteration: int
    early: bool = False


@dataclass(frozen=True)
class StepDone(Event):
    """After each update. ``iteration`` counts updates done.

    ``metrics`` are the loss and the trainer's metrics, ``outputs`` the net's outputs, each by name. ``display`` is
    true if the solver's ``display`` setting asks for a line. ``sample`` is what a live view draws, if the trainer
    provides it: ``x``, ``target`` and ``prediction``, the last two lists of floats or one float; see
    :meth:`Trainer.sample`.
    """

    iteration: int
    metrics: Mapping[str, float]
    learning_rate: float
    display: bool = False
    sample: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, float] = field(default_factory=dict)
    loss_is_output: bool = False
    """Whether the metric ``loss`` is the output of that name."""
    elements: Mapping[str, np.ndarray] = field(default_factory=dict)
    """With ``display``, all values of the outputs of which ``outputs`` has a summary, for Caffe's log. An observer of a
    plugin does not get them."""

    @property
    def named_values(self) -> dict[str, float]:
        """Metrics and outputs together, as in metrics.csv: see :mod:`mycaffe_py.events.output_names`."""
        outputs = dict(self.outputs)
        if self.loss_is_output:
            del outputs["loss"]
        return with_outputs(self.metrics, outputs)


@dataclass(frozen=True)
class TestDone(Event):
    """After a test pass over one test net."""

    __test__ = False

    iteration: int
    net_index: int
    metrics: Mapping[str, float]
    elements: Mapping[str, np.ndarray] = field(default_factory=dict)
    """The means of all values of the outputs of which ``metrics`` has a summary, for Caffe's log."""


def without_elements(event: Event) -> Event:
    """Return an event without ``elements``, which are for the log alone: many events may wait for an observer."""
    if isinstance(event, StepDone | TestDone) and event.elements:
        return replace(event, elements={})
    return event


@dataclass(frozen=True)
class FinalLoss(Event):
    """The smoothed loss after the last update, with one more forward pass, if the settings ask for it."""

    iteration: int
    loss: float


@dataclass(frozen=True)
class SnapshotWritten(Event):
    """After a snapshot, when both files are complete on disk."""

    iteration: int
    weights: Path
    state: Path
    reason: str = "interval"


@dataclass(frozen=True)
class TrainingEnded(Event):
    """After the last update: ``status`` is done, interrupted, diverged or failed."""

    iteration: int
    status: str
    message: str = ""


@dataclass(frozen=True)
class Log(Event):
    """A line of text for the log; ``level`` is info or warning."""

    text: str
    level: str = "info"
