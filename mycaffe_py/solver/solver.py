"""Solver: Caffe's training loop and its policies; a subclass is one update rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mycaffe_py.answers import metrics_of, sample_of, test_of
from mycaffe_py.blob.host_blob import refresh_views, send_writes
from mycaffe_py.device.denormals import flush_denormals
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
from mycaffe_py.plugin_code import noting_plugins
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema.decimals import DecimalSettings

from .attached_trainer import AttachedTrainer
from .averaging import OutputMeans, mean_outputs as mean_outputs
from .history import History
from .param_groups import ParamGroup, apply_rule, clip_gradients, param_groups_of, regularize
from .passes import passes_of
from .recording import update_at_once
from .rollback import Rollback
from .schedule import RateSchedule
from .set_rate import SetRate
from .settings import check_common, checked_count
from .tallies import Tallies
from .update_kernel import update_kernel_of
from .use import SolverUse


class Solver(SolverUse):
    """Base class of all solvers, with Caffe's Step order.

    A subclass sets ``type``, ``history_slots`` (history arrays for each parameter) and
    ``scratch_slots``, checks its settings in :meth:`check` and defines :meth:`compute_update`.
    """

    kind: ClassVar[str] = "solver"
    type: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str | None] = None
    uses: ClassVar[tuple[str, ...]] = ()
    """SolverParameter fields that the update rule reads besides those that ``schema`` adds."""
    history_slots: ClassVar[int] = 1
    scratch_slots: ClassVar[int] = 0
    kernel_file: ClassVar[Path | None] = None
    """A CUDA file with the same rule for one kernel (see ``update.cuh``), beside :meth:`kernel_numbers`."""

    def __init__(self, param: Any, net: Net, test_nets: Sequence[Net] = ()):
        self.param, self.net, self.test_nets = param, net, list(test_nets)
        self.settings = DecimalSettings(param)
        self.iter = 0
        self.set_rate = SetRate()
        self.last_lr = 0.0
        """The learning rate of the latest update."""
        self.trainer: AttachedTrainer | None = None
        self.listeners: list[Callable[[Event], None]] = []
        self.recorded: History | None = None
        """What :meth:`record` returned; None if it was not called."""
        self.snapshot_action: Callable[[str], None] | None = None
        self.snapshot_prefix: Path | None = None
        self.snapshot_at_end = False
        """Whether :meth:`solve` ends with a snapshot whatever ``snapshot_after_train`` says, as a run needs it:
        before the passes that follow, which advance the data."""
        self.in_update = False
        """True during an iteration, and after one that failed: weights, history and
        trainer are then inconsistent, so no snapshot should be written."""
        self.passes = passes_of(self)
        self._rollback: Rollback | None = None
        self._finished = False
        self.callbacks: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self._requests: set[str] = set()
        self.check_settings(param, net.registry)
        self.schedule = RateSchedule(param, net.registry)
        """The learning rates: the policy's, after the warm-up."""
        # If the only loss is an output named loss, the two metrics are identical.
        weights = {name: weight for name, weight in net.blob_loss_weights.items() if weight}
        single = param.average_loss == param.iter_size == 1 and weights == {"loss": 1}
        self._loss_is_output = (
            single and "loss" in net.outputs and net.device_blobs["loss"].count == 1
        )
        for test_net in self.test_nets:
            test_net.debug_info = param.debug_info
            if param.test_interval:
                Tallies(test_net, param)  # fails now, not at the first test
        self.xp = xp = net.device.xp
        buffer = net.parameters
        self.history = [xp.zeros_like(buffer.data) for _ in range(self.history_slots)]
        scratch = [xp.empty_like(buffer.data) for _ in range(self.scratch_slots)]
        self.param_groups = param_groups_of(buffer, self.history, scratch)
        self.update_kernel = update_kernel_of(self)
        """The kernel that makes the whole update; None where the plain rule does."""

    # What a subclass defines.

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError, by :meth:`fail`, if a SolverParameter is invalid for this update rule."""

    def compute_update(self, group: ParamGroup, rate: float) -> None:
        """Write into ``group.diff`` the value that is then subtracted from ``group.data``; return nothing.

        ``rate`` is the learning rate times the group's lr_mult.
        """
        raise TypeError(f"solver type {self.type} does not define compute_update()")

    def kernel_numbers(self) -> tuple[float, ...]:
        """Return the numbers of the next update that the rule in ``kernel_file`` reads, at most 12."""
        return ()

    @classmethod
    def check_settings(cls, param: Any, registry: Registry | None = None) -> None:
        """Raise ConfigError if a SolverParameter is invalid; its lr_policy is looked up in ``registry``."""
        check_common(param, registry)
        cls.check(param)

    # The loop.

    @property
    def current_step(self) -> int:
        """Steps done by a policy that counts them, such as multistep; kept in the solver state."""
        return self.schedule.current_step

    @current_step.setter
    def current_step(self, step: int) -> None:
        self.schedule.current_step = step

    def add_callback(
        self, on_start: Callable[[], None], on_gradients_ready: Callable[[], None]
    ) -> None:
        """Call ``on_start`` before each iteration and ``on_gradients_ready`` before each update."""
        self.callbacks.append((on_start, on_gradients_ready))

    def remove_callback(
        self, on_start: Callable[[], None], on_gradients_ready: Callable[[], None]
    ) -> None:
        """Undo :meth:`add_callback` with the same functions."""
        self.callbacks.remove((on_start, on_gradients_ready))

    @noting_plugins()
    def step(self, iterations: int) -> None:
        """Run ``iterations`` updates, a whole number, with tests and snapshots where the settings ask for them."""
        count = checked_count(iterations)
        self.net.device.activate()
        self.passes.window.begin()
        last, self._finished = self.iter + count, False
        while self.iter < last and not self.stop_requested and not self._finished:
            if self._stopped_in_test():
                return
            self._iterate()
            self._announce()
            self._snapshot_if_due()
        self._read_losses()

    def _read_losses(self) -> None:
        """Fetch the losses that are still on a GPU, and raise what is wrong with them."""
        if self.net.device.is_host:
            return
        self.in_update, before = True, self.in_update
        self.passes.read()
        self.in_update = before

    def solve(self, resume_file: str | Path | None = None) -> None:
        """Train up to ``max_iter``, then snapshot and test as Caffe's Solve does.

        With ``resume_file``, a .solverstate, training continues from there.
        """
        if resume_file is not None:
            self.restore(resume_file)
        self._try_snapshots()
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
        with self.flushing():
            self.passes.window.add(self.net.forward_layers())
        self.emit(FinalLoss(self.iter, self.smoothed_loss))

    def flushing(self) -> Any:
        """Return the context in which a CPU turns subnormal numbers, which are slow, to zero."""
        return nullcontext() if self.net.device.is_gpu else flush_denormals()

    def _iterate(self) -> None:
        self.net.debug_info = self.param.debug_info and self._displays(self.iter)
        self.net.await_input()  # data that cannot be read end the training between two updates
        self.in_update, done = True, self.iter
        if self.update_kernel is None or not update_at_once(self):
            self._iterate_in_parts()
        self.iter = done + 1  # which a subclass's own apply_update() may not count
        updated = getattr(self.trainer, "updated", None)  # which third parties' may lack
        if updated is not None:
            updated()
        self.in_update = False

    def _iterate_in_parts(self) -> None:
        with self.flushing():
            self.net.clear_param_diffs()
            for on_start, _ in self.callbacks:
                on_start()
            self.passes.begin_update()
            for _ in range(self.param.iter_size):
                if self.trainer is not None:
                    self.trainer.prepare()
                self.passes.run()
                if self.trainer is not None:
                    self.trainer.collect()
            self.passes.end_update()
            for _, on_gradients_ready in self.callbacks:
                on_gradients_ready()
            self.apply_update()

    def _displays(self, iteration: int) -> bool:
        return bool(self.param.display) and iteration % self.param.display == 0

    def _announce(self) -> None:
        listeners = self._listening()
        if not listeners:
            return
        self._read_losses()
        trainer = self.trainer
        metrics = {"loss": math.nan, **(metrics_of(trainer) if trainer is not None else {})}
        metrics["loss"] = self.smoothed_loss
        display = self._displays(self.iter - 1)
        event = StepDone(
            iteration=self.iter,
            metrics=metrics,
            learning_rate=self.last_lr,
            display=display,
            sample=sample_of(trainer) if trainer is not None else {},
            outputs=self.net.outputs_of_pass(),
            loss_is_output=self._loss_is_output,
            elements=self.net.printed_elements() if display else {},
        )
        for listener in listeners:
            listener(event)

    def _listening(self) -> list[Callable[[Event], None]]:
        """Return the listeners that want to know of the update that was just made.

        On a GPU those with a true attribute ``only_displayed`` are left out between two lines of the log: their event
        would have to be fetched.
        """
        if self.net.device.is_host or self._displays(self.iter - 1):
            return list(self.listeners)
        return [one for one in self.listeners if not getattr(one, "only_displayed", False)]

    def emit(self, event: Event) -> None:
        """Pass an event to every listener."""
        for listener in self.listeners:
            listener(event)

    # The update.

    def apply_update(self) -> None:
        """Make one update from the gradients of now: the last part of :meth:`step`, for loops of your own.

        Clips, divides by ``iter_size``, regularises, applies the rule, subtracts and advances ``iter``, as Caffe does.
        What it leaves to the loop: ``net.clear_param_diffs()``, callbacks, tests and snapshots.
        """
        self.net.device.activate()
        by_hand, self.in_update = not self.in_update, True
        send_writes()
        rate = self.last_lr = self.set_rate.of(self.schedule.take(self.updates_made))
        if by_hand and self._displays(self.iter):
            self.emit(Log(f"Iteration {self.iter}, lr = {rate:g}"))
        if self.update_kernel is not None:
            self.update_kernel.prepare(rate)
            self.update_kernel.launch()
        else:
            self._update_plainly(rate)
        refresh_views()
        self.iter += 1
        if by_hand:
            self.in_update = False

    def _update_plainly(self, rate: float) -> None:
        xp, param = self.net.device.xp, self.param
        clip_gradients(xp, self.net.parameters.diff, self.settings.clip_gradients)
        for group in self.param_groups:
            if param.iter_size > 1:
                group.diff /= param.iter_size
            decay = self.settings.weight_decay * group.decay_mult
            regularize(xp, group, decay, param.regularization_type)
            apply_rule(self, group, rate * group.lr_mult)
            group.data -= group.diff

    # Tests and snapshots.

    def _test_is_due(self) -> bool:
        interval = self.param.test_interval
        return bool(interval) and bool(self.param.test_iter) and self.iter % interval == 0

    def _stopped_in_test(self) -> bool:
        """Test if a test is due; return whether it was stopped, in which case it is rolled back."""
        if not self._test_is_due() or not (self.iter > 0 or self.param.test_initialization):
            return False
        self._read_losses()
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

    @noting_plugins()
    def test(self, index: int = 0) -> dict[str, float]:
        """Run one test net with the train net's weights and return its mean outputs; none if ``test_iter`` is 0."""
        net = self.test_nets[index]
        net.share_trained_layers_with(self.net)
        iterations = self.param.test_iter[min(index, len(self.param.test_iter) - 1)]
        if not iterations:
            return {}
        elements: Mapping[str, np.ndarray] = {}
        if self.trainer is not None:
            metrics = test_of(self.trainer, net, iterations)
        else:
            means = OutputMeans(net, elements=bool(self.listeners), settings=self.param)
            metrics = means.over(iterations, self._stops_test, self.param.test_compute_loss)
            elements = means.elements
        if metrics:  # none if a stop came before the last pass
            self.emit(TestDone(self.iter, index, metrics, elements))
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
        self._read_losses()
        if self.snapshot_action is not None:
            self.snapshot_action(reason)
            return
        from mycaffe_py.weights import save_snapshot

        weights, state = save_snapshot(self, self.prefix_of_snapshots())
        self.emit(SnapshotWritten(self.iter, weights, state, reason))

    def _snapshot_if_due(self) -> None:
        due = self.param.snapshot > 0 and self.iter % self.param.snapshot == 0
        if due or "snapshot" in self._requests:
            self._requests.discard("snapshot")
            self.snapshot("interval" if due else "request")
