"""What a run tells the world. Observers see these events, never the net."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .output_names import with_outputs


@dataclass(frozen=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True)
class TrainingStarted(Event):
    """Before the first update: where it starts and where it is to end."""

    iteration: int
    max_iter: int
    summary: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SolveStarted(Event):
    """When the solver begins to train up to ``max_iter``."""

    iteration: int


@dataclass(frozen=True)
class SolveEnded(Event):
    """When the solver has trained up to ``max_iter``, or was stopped ``early``; not after a failure."""

    iteration: int
    early: bool = False


@dataclass(frozen=True)
class StepDone(Event):
    """After each update. ``iteration`` counts updates done.

    ``metrics`` are the loss and the trainer's figures, ``outputs`` the net's outputs, each by name. ``display`` is
    true when the solver's ``display`` setting asks for a line. ``sample`` holds what a live view draws
    (x, target, prediction), where the trainer has such a thing.
    """

    iteration: int
    metrics: Mapping[str, float]
    learning_rate: float
    display: bool = False
    sample: Mapping[str, float] = field(default_factory=dict)
    outputs: Mapping[str, float] = field(default_factory=dict)
    same_as_metrics: Collection[str] = ()
    """Names of the outputs that are the metric of that name."""

    @property
    def named_values(self) -> dict[str, float]:
        """Metrics and outputs together, as in metrics.csv: see :mod:`mycaffe_py.events.output_names`."""
        same = self.same_as_metrics
        outputs = {name: value for name, value in self.outputs.items() if name not in same}
        return with_outputs(self.metrics, outputs)


@dataclass(frozen=True)
class TestDone(Event):
    """After a test pass over one test net."""

    __test__ = False

    iteration: int
    net_index: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class FinalLoss(Event):
    """The smoothed loss after the last update, of one more forward pass, where the settings ask for it."""

    iteration: int
    loss: float


@dataclass(frozen=True)
class SnapshotWritten(Event):
    """After a snapshot; both files are complete on disk."""

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
    """A line of text worth telling; ``level`` is info or warning."""

    text: str
    level: str = "info"


class Observer:
    """Receives events; runs outside the training loop's thread, so it may be slow.

    An exception raised here stops the run with a clear error after a snapshot.
    """

    def observe(self, event: Event) -> None:
        """Take one event."""

    def idle(self) -> None:
        """Called after each batch of events: the place to flush or redraw."""

    def close(self) -> None:
        """Called once, after the last event."""
