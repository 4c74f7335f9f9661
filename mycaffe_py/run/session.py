"""A training run, from the first update to the last file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.builder.observers import build_observers
from mycaffe_py.compiled import telling
from mycaffe_py.errors import (
    EXIT_INTERRUPTED,
    EXIT_OK,
    DivergedError,
    OutputError,
    PluginError,
    add_note,
)
from mycaffe_py.events.events import (
    Event,
    Log,
    SnapshotWritten,
    StepDone,
    TrainingEnded,
    TrainingStarted,
)
from mycaffe_py.events.observer import Observer
from mycaffe_py.plugin_code import plugin_error, text_of
from mycaffe_py.trainer import Report
from mycaffe_py.weights.atomic import atomic_write

from .about import run_info
from .asking import AskedByFile
from .best import BestWeights, higher_outputs
from .directory import RunDirectory
from .dispatch import Dispatcher, TimedObserver
from .followers import Followers
from .frames import FrameTaker, FrameWriter
from .live import LiveWriter
from .lock import RunLock
from .metrics import MetricsWriter
from .pictures import draw_pictures
from .progress import ProgressWriter
from .record import RunRecord, now
from .recorded import problem_of, stored_path
from .reporting import make_report
from .settings import with_absolute_paths, without_blobs
from .settling import settle, settle_neighbours
from .signals import SignalEffects
from .snapshots import SnapshotKeeper
from .taking import ArrayTaker, PictureTaker


@dataclass
class Outcome:
    """How a run ended, and which files it wrote."""

    status: str
    iterations: int
    seconds: float
    metrics: dict[str, float] = field(default_factory=dict)
    best: dict[str, Any] | None = None
    snapshot: SnapshotWritten | None = None
    files: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    report: Report | None = None
    """What the trainer reports."""

    @property
    def exit_code(self) -> int:
        """The exit code of the command line."""
        return EXIT_INTERRUPTED if self.status == "interrupted" else EXIT_OK


class TrainingSession:
    """Trains, and keeps the run folder up to date.

    ``training`` is what ``build_training`` returned. ``observers`` receive every event, in threads beside the training,
    as do the observers that the solver file names. The run folder has the resolved files and run.json from the start,
    and is locked until :meth:`run` has ended.
    ``resumed_from`` is the solver state that was restored, ``resumed_run`` the folder of its run.
    """

    def __init__(
        self,
        training: Any,
        directory: RunDirectory,
        *,
        observers: Sequence[Observer] = (),
        command: Sequence[str] = (),
        resumed_from: Path | None = None,
        resumed_run: Path | None = None,
        sigint: str = "stop",
        sighup: str = "snapshot",
    ):
        self.training, self.directory = training, directory
        self.solver, self.trainer = training.solver, training.trainer
        settle_neighbours(directory.path)
        self._lock = RunLock(directory.path)  # first: a run that is killed from now on is noticed
        with ExitStack() as undone:
            undone.callback(self._lock.release)
            self.best = BestWeights.for_run(self.solver, self.trainer)
            self.keeper = SnapshotKeeper(self.solver, directory.path, self.best, self._on_snapshot)
            if resumed_from is not None:
                self.keeper.continue_from(resumed_run or resumed_from.parent)
            if resumed_run is not None:
                settle(resumed_run)
            self._write_settings()
            named = build_observers(training.solver_document, training.registry)
            own = self._own_observers()  # a plugin's trainer may fail here, before there is a run
            views = [one for one in observers if isinstance(one, TimedObserver)]
            others = [one for one in observers if one not in views]
            about = run_info(training, directory.path, resumed_run)
            self._followers = Followers([*others, *named], about, self._warn)
            undone.callback(self._followers.end)
            self.record = RunRecord.start(
                directory.path,
                training,
                command=command,
                resumed_from=resumed_from,
                resumed_run=resumed_run,
            )
            undone.pop_all()  # all is well
        self._dispatcher = Dispatcher(own)
        self._views = Dispatcher(views)  # a terminal that is slow must not hold up the files
        for remark in self.keeper.remarks:
            self._warn(remark)
        self._signals = SignalEffects(self.solver, self.log, sigint=sigint, sighup=sighup)
        self._latest: StepDone | None = None

    def _own_observers(self) -> list[Observer]:
        """Return what keeps the folder up to date, and listens to it."""
        folder, trainer = self.directory.path, self.trainer
        own = [MetricsWriter(folder), ProgressWriter(folder)]
        if trainer is not None:
            own.append(LiveWriter(folder, trainer.sample_info()))
        if FrameTaker.suits(trainer):
            own.append(FrameWriter(folder))
        return [*own, AskedByFile(folder, self.solver.request, self.log)]

    def _write_settings(self) -> None:
        to_text = self.training.registry.schema.to_text
        for name, message in (
            ("model.prototxt", without_blobs(with_absolute_paths(self.training.model))),
            ("solver.prototxt", with_absolute_paths(self.training.solver_document)),
        ):
            atomic_write(self.directory / name, to_text(message).encode())

    # During the run.

    def log(self, text: str, level: str = "info") -> None:
        """Pass a line of text to the observers."""
        self._post(Log(text, level))

    def _post(self, event: Event) -> None:
        """Pass an event to every observer; never raises."""
        self._dispatcher.post(event)
        self._views.post(event)
        self._followers.post(event)

    def _warn(self, text: str) -> None:
        self.log(text, "warning")

    def _remember(self, event: Event) -> None:
        if isinstance(event, StepDone):
            self._latest = event

    def _on_snapshot(self, written: SnapshotWritten) -> None:
        entry = {
            "iteration": written.iteration,
            "weights": stored_path(self.directory.path, written.weights),
            "state": stored_path(self.directory.path, written.state),
            "reason": written.reason,
        }
        self.record.update(
            snapshots=[*self.record.fields["snapshots"], entry],
            iteration=written.iteration,
            best=self.best.summary,
        )
        self._post(written)

    def _snapshot(self, reason: str) -> None:
        """Write a snapshot that the solver asks for; a stop after the last update is not an interruption."""
        whole = reason == "interrupted" and self.solver.iter >= self.solver.param.max_iter
        self.keeper.write("end" if whole else reason)

    def run(self) -> Outcome:
        """Train until the end, a stop or a failure; a failure is raised again after everything is written."""
        try:
            with ExitStack() as handlers:
                return self._run(handlers)
        except KeyboardInterrupt:
            # A further signal while the final files were being written.
            if self.record.fields["status"] == "running":
                iteration = self.solver.iter
                self.record.update(status="interrupted", iteration=iteration, ended=now())
            raise
        finally:
            self._lock.release()

    def _run(self, handlers: ExitStack) -> Outcome:
        solver, started = self.solver, time.perf_counter()
        first = solver.iter
        problems: list[str] = []
        report: Report | None = None
        solver.clear_requests()
        followers = self._followers
        arrays = ArrayTaker(solver, followers.each)
        pictures = PictureTaker(self.trainer, followers.each, self._warn)
        listeners = [self.keeper.listener, self.best.listener, self._remember]
        listeners += [self._dispatcher.listener, self._views.listener]
        listeners += [followers.listener, pictures.listener]
        if FrameTaker.suits(self.trainer):
            taker = FrameTaker(self.trainer, self._dispatcher.post, self._warn)
            listeners.append(taker.listener)
        solver.listeners += listeners
        arrays.install()
        solver.snapshot_action, solver.snapshot_at_end = self._snapshot, True
        logs = {net: (net.log, net.context.warn) for net in (solver.net, *solver.test_nets)}
        for net in logs:
            net.log = self.log
            net.context.warn = self._warn
        try:
            # Until all files are written: a terminal that is closed meanwhile must not interrupt that.
            handlers.enter_context(self._signals.installed())
            with telling(self.log):
                # Only now: a process that sees that training has started may send a signal.
                self._post(TrainingStarted(first, solver.param.max_iter))
                status, error = self._train()
                seconds = time.perf_counter() - started
                status, error = self._write_final_snapshot(status, error)
                if error is None:
                    # Only now: an impatient second Ctrl-C must not cost the snapshot.
                    with suppress(KeyboardInterrupt):
                        pictures.finish()
                    report = self._report(problems.append)
        finally:
            self._signals.training = False
            solver.snapshot_action, solver.snapshot_at_end = None, False
            arrays.remove()
            for net, (log, warn) in logs.items():
                net.log, net.context.warn = log, warn
            for listener in listeners:
                solver.listeners.remove(listener)
        metrics = self._latest.named_values if self._latest is not None else {}
        outcome = Outcome(
            status, solver.iter - first, seconds, metrics, warnings=problems, report=report
        )
        self._finish(outcome, error)
        return outcome

    def _report(self, warn: Callable[[str], None]) -> Report | None:
        """Return the trainer's report; a stop that ended the training does not keep its tests from running."""
        if self.trainer is None or not self._is_consistent(None):
            return None
        self.solver.clear_requests()
        try:
            return make_report(self.trainer, self.directory.path, warn)
        except KeyboardInterrupt:
            warn("no report: interrupted while it was made")
            return None

    def _train(self) -> tuple[str, BaseException | None]:
        solver = self.solver
        try:
            # The solver itself stops at a non-finite loss and names the first bad blob.
            with np.errstate(all="ignore"):
                solver.solve()
        except KeyboardInterrupt:
            return "interrupted", None
        except SystemExit as error:
            return "failed", _as_failure(error)
        except Exception as error:
            return _status_of(error), error
        stopped = solver.stop_requested and solver.iter < solver.param.max_iter
        return ("interrupted" if stopped else "done"), None

    # End of the run.

    def _write_final_snapshot(
        self, status: str, error: BaseException | None
    ) -> tuple[str, BaseException | None]:
        """Write last and best weights as far as possible; return how the run ended after that."""
        keeper = self.keeper
        steps: list[Callable[[], None]] = [keeper.write_last, keeper.write_best]
        if self._is_consistent(error):
            steps.insert(0, lambda: keeper.write(_REASONS[status]))
        elif error is not None:
            add_note(error, self._latest_snapshot())
        for step in steps:
            try:
                step()
            except KeyboardInterrupt:
                return "interrupted", error
            except Exception as problem:
                if error is not None:
                    add_note(error, f"and not everything could be written: {problem}")
                    break
                status, error = _status_of(problem), problem
                add_note(error, self._latest_snapshot())
        return status, error

    def _is_consistent(self, error: BaseException | None) -> bool:
        """Whether weights, history and trainer belong together, as between two updates."""
        # A second signal may have come in the middle of an update, as most failures do.
        if self._signals.at_once or self.solver.in_update:
            return False
        return error is None or self.keeper.weights_are_finite()

    def _latest_snapshot(self) -> str:
        latest = self.keeper.latest
        if latest is None:
            return "there is no snapshot yet; the current weights are not a consistent state"
        return f"the latest snapshot is iteration {latest.iteration:,}: {latest.state}"

    def _finish(self, outcome: Outcome, error: BaseException | None) -> None:
        self._post(TrainingEnded(self.solver.iter, outcome.status, _message(error)))
        outcome.warnings += self._followers.end()
        self._dispatcher.close()
        if not self._views.close():
            outcome.warnings.append(
                "the last lines of the log are missing: they could not be written within 30 s"
            )
        try:
            self._dispatcher.raise_failure()
            self._views.raise_failure()
            self._followers.raise_failure()
        except Exception as problem:
            # Detected only after the last update.
            outcome.status, error = (
                ("failed", problem) if error is None else (outcome.status, error)
            )
        outcome.best, outcome.snapshot = self.best.summary, self.keeper.latest
        try:
            self.record.update(
                status=outcome.status,
                message=_message(error),
                problem=problem_of(error),
                iteration=self.solver.iter,
                best=outcome.best,
                report=outcome.report and outcome.report.as_json(),
                cautions=outcome.report.cautions if outcome.report else (),
                ended=now(),
            )
        except OutputError as problem:
            error = error or problem
        drawn = draw_pictures(
            self.directory.path,
            self.trainer,
            outcome.warnings.append,
            best=outcome.best,
            shares=higher_outputs(self.solver),
        )
        if drawn:
            # They take a while: whoever follows the run learns only now that they are there.
            with suppress(OutputError):
                self.record.update(pictures=[path.name for path in drawn])
        self._lock.release()
        with suppress(OSError):  # the folder may be gone; the error that tells so is raised below
            outcome.files = sorted(path.name for path in self.directory.path.iterdir())
        if error is not None:
            raise error


def _status_of(error: BaseException) -> str:
    return "diverged" if isinstance(error, DivergedError) else "failed"


def _as_failure(error: SystemExit) -> Exception:
    """Return the error to raise if something in the training asks Python to exit: the run ends in order."""
    failure = plugin_error(error) or PluginError(f"sys.exit() was called in training: {error}")
    failure.__cause__ = error
    return failure


def _message(error: BaseException | None) -> str:
    """Return an error's text with its notes; empty if there is no error."""
    return "" if error is None else "\n".join([text_of(error), *getattr(error, "__notes__", [])])


_REASONS = {
    "done": "end",
    "interrupted": "interrupted",
    "failed": "exception",
    "diverged": "diverged",
}
