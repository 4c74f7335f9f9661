"""Solver: Caffe's training loop and its policies; a subclass is one update rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar

from mycaffe_py.blob.host_blob import refresh_views, send_writes
from mycaffe_py.device.denormals import flush_denormals
from mycaffe_py.errors import DivergedError
from mycaffe_py.events.events import (
    Event,
    FinalLoss,
    Log,
    SnapshotWritten,
    SolveEnded,
    SolveStarted,
    StepDone,
    TestDone,
)
from mycaffe_py.events.output_names import with_outputs as with_outputs
from mycaffe_py.net.net import Net
from mycaffe_py.schema.decimals import DecimalSettings

from .attached_trainer import AttachedTrainer
from .averaging import mean_outputs as mean_outputs
from .losses import LossWindow
from .lr_policy import learning_rate
from .param_groups import ParamGroup, clip_gradients, param_groups_of, regularize
from .rollback import Rollback
from .settings import check_common


class Solver:
    """Base class of all solvers, with Caffe's Step order.

    A subclass sets ``type``, ``history_slots`` (history arrays for each parameter) and
    ``scratch_slots``, checks its settings in :meth:`check` and defines :meth:`compute_update`.
    """

    kind: ClassVar[str] = "solver"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    uses: ClassVar[tuple[str, ...]] = ()
    """SolverParameter fields of the update rule (for ``mycaffe solvers TYPE``)."""
    history_slots: ClassVar[int] = 1
    scratch_slots: ClassVar[int] = 0

    def __init__(self, param: Any, net: Net, test_nets: Sequence[Net] = ()):
        self.param, self.net, self.test_nets = param, net, list(test_nets)
        self.settings = DecimalSettings(param)
        self.iter = 0
        self.current_step = 0
        self.last_lr = 0.0
        """The learning rate of the latest update."""
        self.loss = math.nan
        self.trainer: AttachedTrainer | None = None
        self.listeners: list[Callable[[Event], None]] = []
        self.snapshot_action: Callable[[str], None] | None = None
        self.snapshot_prefix: Path | None = None
        self.snapshot_at_end = False
        """Whether :meth:`solve` ends with a snapshot whatever ``snapshot_after_train`` says, as a run needs it:
        before the passes that follow, which advance the data."""
        self.in_update = False
        """True during an iteration, and after one that failed: weights, history and
        trainer are then inconsistent, so no snapshot should be written."""
        self._losses = LossWindow(param.average_loss)
        self._rollback: Rollback | None = None
        self._callbacks: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self._requests: set[str] = set()
        self.check_settings(param)
        # If the only loss is an output named loss, the two metrics are identical.
        weights = {name: weight for name, weight in net.blob_loss_weights.items() if weight}
        single = param.average_loss == param.iter_size == 1 and weights == {"loss": 1}
        self._loss_is_output = (
            single and "loss" in net.outputs and net.device_blobs["loss"].count == 1
        )
        for test_net in self.test_nets:
            test_net.debug_info = param.debug_info
        xp = net.device.xp
        buffer = net.parameters
        self.history = [xp.zeros_like(buffer.data) for _ in range(self.history_slots)]
        scratch = [xp.empty_like(buffer.data) for _ in range(self.scratch_slots)]
        self.param_groups = param_groups_of(buffer, self.history, scratch)

    # What a subclass defines.

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError if a SolverParameter is invalid for this update rule."""

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Replace ``group.diff`` with the value that is then subtracted from ``group.data``.

        ``rate`` is the learning rate times the group's lr_mult.
        """
        raise TypeError(f"solver type {self.type} does not define compute_update()")

    @classmethod
    def check_settings(cls, param: Any) -> None:
        """Raise ConfigError if a SolverParameter is invalid."""
        check_common(param)
        cls.check(param)

    # The loop.

    @property
    def lr(self) -> float:
        """The learning rate of the next update."""
        return learning_rate(self.settings, self.iter, self.current_step)[0]

    @property
    def rate(self) -> float:
        """The former name of :attr:`last_lr`."""
        return self.last_lr

    @property
    def segments(self) -> list[ParamGroup]:
        """The former name of :attr:`param_groups`."""
        return self.param_groups

    def add_callback(
        self, on_start: Callable[[], None], on_gradients_ready: Callable[[], None]
    ) -> None:
        """Call ``on_start`` before each iteration and ``on_gradients_ready`` before each update."""
        self._callbacks.append((on_start, on_gradients_ready))

    def request(self, action: str) -> None:
        """Request ``stop`` or ``snapshot`` after the current iteration (safe in signal handlers)."""
        self._requests.add(action)

    @property
    def stop_requested(self) -> bool:
        """Whether a stop was requested and not yet cleared."""
        return "stop" in self._requests

    def clear_requests(self) -> None:
        """Discard pending requests."""
        self._requests.clear()

    def step(self, iterations: int) -> None:
        """Run ``iterations`` updates, with tests and snapshots where the settings ask for them."""
        self.net.device.activate()
        self._losses.begin()
        last = self.iter + iterations
        while self.iter < last and not self.stop_requested:
            if self._stopped_in_test():
                return
            self._iterate()
            self._announce()
            self._snapshot_if_due()

    def solve(self, resume_file: str | Path | None = None) -> None:
        """Train up to ``max_iter``, then snapshot and test as Caffe's Solve does.

        With ``resume_file``, a .solverstate, training continues from there.
        """
        if resume_file is not None:
            self.restore(resume_file)
        self.emit(SolveStarted(self.iter))
        self.step(max(0, self.param.max_iter - self.iter))
        snapshot = self.param.snapshot
        if (self.param.snapshot_after_train or self.snapshot_at_end) and (
            not snapshot or self.iter % snapshot
        ):
            self.snapshot("interrupted" if self.stop_requested else "end")
        if not self.stop_requested:
            self._show_final_loss()
            if self._test_is_due():
                self.test_all()
        early = self.stop_requested and self.iter < self.param.max_iter
        self.emit(SolveEnded(self.iter, early))

    def _show_final_loss(self) -> None:
        """Run one more forward pass on a display iteration, as Caffe does to show the loss after the last update.

        Not with a trainer: its gyms would advance by a step without an update.
        """
        if self.trainer is not None or not self._displays(self.iter):
            return
        with self._flushing():
            self._losses.add(self.net.forward_layers())
        self.emit(FinalLoss(self.iter, self.smoothed_loss))

    def _flushing(self) -> Any:
        return nullcontext() if self.net.device.is_gpu else flush_denormals()

    def _iterate(self) -> None:
        self.net.debug_info = self.param.debug_info and self._displays(self.iter)
        self.in_update = True
        with self._flushing():
            self.net.clear_param_diffs()
            for on_start, _ in self._callbacks:
                on_start()
            loss = 0.0
            for _ in range(self.param.iter_size):
                if self.trainer is not None:
                    self.trainer.prepare()
                loss += self.net.forward_backward()
                if self.trainer is not None:
                    self.trainer.collect()
            self.loss = loss / self.param.iter_size
            self._losses.add(self.loss)
            if not math.isfinite(self.loss):
                raise DivergedError(
                    f"iteration {self.iter}: the loss is {self.loss}; {self.net.first_non_finite()}",
                    hint="lower base_lr, or set clip_gradients",
                )
            for _, on_gradients_ready in self._callbacks:
                on_gradients_ready()
            self.apply_update()
        self.iter += 1
        self.in_update = False

    def _displays(self, iteration: int) -> bool:
        return bool(self.param.display) and iteration % self.param.display == 0

    @property
    def recent_losses(self) -> list[float]:
        """The losses that ``average_loss`` averages. Caffe's window starts again with each :meth:`step`."""
        return self._losses.values()

    def resume_losses(self, losses: Iterable[float]) -> None:
        """Make the next :meth:`step` continue with the loss window of an earlier run."""
        self._losses.resume(losses)

    @property
    def smoothed_loss(self) -> float:
        """Mean of the last ``average_loss`` losses."""
        return self._losses.mean

    def _announce(self) -> None:
        if not self.listeners:
            return
        trainer = self.trainer
        metrics = {"loss": math.nan, **(trainer.metrics() if trainer is not None else {})}
        metrics["loss"] = self.smoothed_loss
        self.emit(
            StepDone(
                iteration=self.iter,
                metrics=metrics,
                learning_rate=self.last_lr,
                display=self._displays(self.iter - 1),
                sample=trainer.sample() if trainer is not None else {},
                outputs=self.net.output_values(),
                loss_is_output=self._loss_is_output,
            )
        )

    def emit(self, event: Event) -> None:
        """Pass an event to every listener."""
        for listener in self.listeners:
            listener(event)

    # The update.

    def apply_update(self) -> None:
        """Clip, normalise, regularise, compute the update and subtract it from the weights."""
        self.net.device.activate()
        send_writes()
        rate, self.current_step = learning_rate(self.settings, self.iter, self.current_step)
        self.last_lr = rate
        xp, param = self.net.device.xp, self.param
        clip_gradients(xp, self.net.parameters.diff, self.settings.clip_gradients)
        for group in self.param_groups:
            if param.iter_size > 1:
                group.diff /= param.iter_size
            decay = self.settings.weight_decay * group.decay_mult
            regularize(xp, group, decay, param.regularization_type)
            self.compute_update(group, rate * group.lr_mult)
            group.data -= group.diff
        refresh_views()

    # Tests and snapshots.

    def _test_is_due(self) -> bool:
        interval = self.param.test_interval
        return bool(interval) and bool(self.param.test_iter) and self.iter % interval == 0

    def _stopped_in_test(self) -> bool:
        """Test if a test is due; return whether it was stopped, in which case it is rolled back."""
        if not self._test_is_due() or not (self.iter > 0 or self.param.test_initialization):
            return False
        stopped, before = True, self.rollback_point()
        self._rollback = before
        try:
            self.test_all()
            stopped = self.stop_requested
        finally:
            if stopped:
                before.restore()
            self._rollback = None
        return stopped

    def rollback_point(self) -> Rollback:
        """Return the state to roll back to: the test nets' current one or, during a due test, the one before it."""
        return self._rollback or Rollback(self.net.device, self.test_nets)

    def test_all(self) -> list[dict[str, float]]:
        """Run every test net for its ``test_iter`` passes; return the mean outputs of each."""
        return [self.test(index) for index in range(len(self.test_nets))]

    def test(self, index: int = 0) -> dict[str, float]:
        """Run one test net with the train net's weights and return its mean outputs."""
        net = self.test_nets[index]
        net.share_trained_layers_with(self.net)
        iterations = self.param.test_iter[min(index, len(self.param.test_iter) - 1)]
        if self.trainer is not None:
            metrics = self.trainer.test(net, iterations)
        else:
            with_loss = self.param.test_compute_loss
            metrics = mean_outputs(net, iterations, self._stops_test, with_loss)
        if metrics:  # none if a stop came before the last pass
            self.emit(TestDone(self.iter, index, metrics))
        elif self.stop_requested:
            self.emit(Log("Test interrupted."))
        return metrics

    def _stops_test(self) -> bool:
        """Serve pending requests between two passes of a test; return whether to stop."""
        if "snapshot" in self._requests and not self.in_update:
            self._requests.discard("snapshot")
            self.snapshot("request")
        return self.stop_requested

    def snapshot(self, reason: str = "request") -> None:
        """Write weights and state, by ``snapshot_action`` if a run has set it, else by Caffe's rule.

        Caffe's files are ``{prefix}_iter_{iter}.caffemodel`` and ``.solverstate``.
        """
        if self.snapshot_action is not None:
            self.snapshot_action(reason)
            return
        from mycaffe_py.weights import save_snapshot

        weights, state = save_snapshot(self, self.prefix_of_snapshots())
        self.emit(SnapshotWritten(self.iter, weights, state, reason))

    def prefix_of_snapshots(self) -> Path:
        """Return the common prefix of the paths of snapshots.

        That is ``snapshot_prefix`` of the settings; else this object's ``snapshot_prefix``: the solver file's path
        without its extension, or the net's name in the run folder; else the net's name. If the setting names a folder,
        the last part of the others is added.
        """
        own = self.snapshot_prefix or Path(self.net.name or "net")
        if not self.param.snapshot_prefix:
            return own
        prefix = Path(self.param.snapshot_prefix)
        return prefix / own.name if prefix.is_dir() else prefix

    def restore(self, path: str | Path) -> None:
        """Continue from a ``.solverstate`` file: weights, iteration, history, and whatever else it contains."""
        from mycaffe_py.weights import restore

        restore(self, path)

    def share_weights(self, net: Net) -> None:
        """Share this solver's weights with the layers of ``net`` that have the same names."""
        net.share_with(self.net)

    def _snapshot_if_due(self) -> None:
        due = self.param.snapshot > 0 and self.iter % self.param.snapshot == 0
        if due or "snapshot" in self._requests:
            self._requests.discard("snapshot")
            self.snapshot("interval" if due else "request")
