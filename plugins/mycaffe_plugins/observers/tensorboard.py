"""TensorBoard: a run as event files, which TensorBoard shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mycaffe_py.errors import ConfigError, MissingExtraError, require
from mycaffe_py.events import (
    ArraysTaken,
    Event,
    FinalLoss,
    Log,
    Observer,
    PictureTaken,
    RunInfo,
    SnapshotWritten,
    StepDone,
    TestDone,
    TrainingEnded,
)
from mycaffe_py.run import row_of


class TensorBoard(Observer):
    """Writes event files into the run folder: ``tensorboard --logdir runs`` shows the runs.

    Curves: the columns of metrics.csv as ``train/NAME`` and the results of test nets as ``test/NAME`` (``test1/NAME``
    for the second). Pictures of target and prediction, histograms of parameters and gradients, the net as a graph,
    the files as texts and the solver's settings as hyperparameters. Needs tensorboardX, the extra ``tensorboard``.
    """

    type = "TensorBoard"
    parameters = ("tensorboard_param",)

    def __init__(self, param: Any = None):
        super().__init__(param)
        _require_tensorboardx()
        settings = param.tensorboard_param
        self._every = settings.every
        self._graph = settings.graph
        self.arrays_every = settings.histogram_every if settings.histograms else 0
        self.pictures_every = settings.picture_every if settings.pictures else 0
        self._file: Any = None
        self._row: tuple[int, Mapping[str, Any]] | None = None

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError if an interval is below 1."""
        settings = param.tensorboard_param
        for name in ("every", "picture_every", "histogram_every"):
            if getattr(settings, name) < 1:
                raise ConfigError(
                    f"{name} is {getattr(settings, name)}; it must be at least 1",
                    field=f"tensorboard_param.{name}",
                )

    def start(self, run: RunInfo) -> None:
        """Create the event file with everything that is known before the first update."""
        from .event_file import EventFile
        from .graph import graph_of
        from .summaries import hyperparameters, texts

        self._file = EventFile(run.folder)
        if run.iteration:
            self._file.restart(run.iteration + 1)
        self._file.add(run.iteration, texts({"model": run.model, "solver": run.solver}))
        for summary in hyperparameters({**run.settings, "net": run.net, "seed": run.seed}):
            self._file.add(run.iteration, summary)
        if self._graph:
            self._file.add_graph(graph_of(run.layers))
        self._file.flush()

    def observe(self, event: Event) -> None:
        """Write what an event brings."""
        from .summaries import histograms, picture, scalars, texts

        add = self._file.add
        if isinstance(event, StepDone):
            self._take(event)
        elif isinstance(event, TestDone):
            prefix = f"test{event.net_index or ''}"
            add(event.iteration, scalars(prefix, event.metrics))
        elif isinstance(event, FinalLoss):
            add(event.iteration, scalars("final", {"loss": event.loss}))
        elif isinstance(event, ArraysTaken):
            add(event.iteration, histograms("parameters", event.parameters))
            add(event.iteration, histograms("gradients", event.gradients))
        elif isinstance(event, PictureTaken):
            add(event.iteration, picture("curve", event.pixels))
        elif isinstance(event, SnapshotWritten):
            add(event.iteration, texts({"snapshots": f"{event.reason}: {event.state}"}))
        elif isinstance(event, Log) and event.level != "info":
            add(self._row[0] if self._row else 0, texts({"warnings": event.text}))
        elif isinstance(event, TrainingEnded):
            self._end(event)

    def _take(self, event: StepDone) -> None:
        row = {name: value for name, value in row_of(event).items() if name != "iteration"}
        self._row = event.iteration, row
        if event.iteration % self._every == 0:
            self._write_row()

    def _write_row(self) -> None:
        from .summaries import scalars

        if self._row is not None and self._row[1]:
            iteration, row = self._row
            self._file.add(iteration, scalars("train", row))
            self._row = iteration, {}

    def _end(self, event: TrainingEnded) -> None:
        from .summaries import ending, texts

        self._write_row()
        self._file.add(event.iteration, ending(succeeded=event.status == "done"))
        message = f"{event.status}: {event.message}" if event.message else event.status
        self._file.add(event.iteration, texts({"status": message}))

    def idle(self) -> None:
        """Pass everything so far to the operating system: it survives the end of the process."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the event file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _require_tensorboardx() -> None:
    try:
        require("tensorboardX", "tensorboard")
    except MissingExtraError as error:
        raise MissingExtraError(
            "the TensorBoard observer needs the package tensorboardX, which is not installed",
            hint=error.hint,
        ) from error
    except (
        Exception
    ) as error:  # generated code that does not go with this protobuf raises various things
        raise MissingExtraError(
            f"tensorboardX cannot be imported: {type(error).__name__}: {error}",
            hint='update it: pip install -U "mycaffe-py[tensorboard]" protobuf',
        ) from error
