"""SolverUse: what a program at a prompt does with a solver, apart from the loop itself."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from mycaffe_py.errors import ConfigError
from mycaffe_py.events.events import Event
from mycaffe_py.net.net import Net
from mycaffe_py.refusing import Refuses
from mycaffe_py.showing import html_line, html_picture, number_text, one_line, shows, shows_html

from .attached_trainer import AttachedTrainer
from .history import History
from .param_groups import ParamGroup
from .passes import HostPasses
from .schedule import RateSchedule
from .set_rate import SetRate, checked_rate


class SolverUse(Refuses):
    """The part of :class:`~mycaffe_py.solver.Solver` that shows, records and steers it."""

    type: ClassVar[str]
    param: Any
    settings: Any
    net: Net
    iter: int
    began: int = 0
    """The iteration at which the count of updates began: 0, or where :meth:`restart_updates` was called last."""
    history: list[Any]
    _requests: set[str]
    _finished: bool
    passes: HostPasses
    trainer: AttachedTrainer | None
    listeners: list[Callable[[Event], None]]
    recorded: History | None
    schedule: RateSchedule
    set_rate: SetRate
    last_lr: float
    param_groups: list[ParamGroup]
    snapshot_prefix: Path | None
    snapshot_action: Callable[[str], None] | None

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("base_lr", "learning_rate") and not hasattr(type(self), name):
            raise ConfigError(
                f'a solver has no "{name}" to be set', hint=f"write solver.lr = {value}"
            )
        super().__setattr__(name, value)

    @shows
    def __repr__(self) -> str:
        return one_line(
            type(self).__name__,
            f"iteration {self.iter}"
            + (f" of {self.param.max_iter}" if self.param.max_iter else ""),
            lr=number_text(self.lr),
            loss=number_text(self.loss) if self._has_run() else None,
            net=repr(self.net.name),
            trainer=getattr(self.trainer, "type", None),
        )

    def _has_run(self) -> bool:
        """Whether the solver knows a loss: one that only makes updates for a loop of others knows none."""
        return bool(self.iter) and not (math.isnan(self.loss) and not self.passes.window.values())

    @property
    def loss(self) -> float:
        """The loss of the latest update; NaN before the first. On a GPU, asking for it waits for the GPU."""
        self.passes.read()
        return self.passes.loss

    @loss.setter
    def loss(self, loss: float) -> None:
        self.passes.loss = loss

    @property
    def pass_loss(self) -> float:
        """The loss of the latest pass, of which there are ``iter_size`` for each update."""
        self.passes.read()
        return self.passes.pass_loss

    @property
    def recent_losses(self) -> list[float]:
        """The losses that ``average_loss`` averages. Caffe's window starts again with each :meth:`step`."""
        self.passes.read()
        return self.passes.window.values()

    def resume_losses(self, losses: Iterable[float]) -> None:
        """Make the next :meth:`step` continue with the loss window of an earlier run."""
        self.passes.window.resume(losses)

    @property
    def smoothed_loss(self) -> float:
        """Mean of the last ``average_loss`` losses."""
        self.passes.read()
        return self.passes.window.mean

    @property
    def lr(self) -> float:
        """The learning rate of the next update.

        Set, it is the rate from the next update on, from which ``lr_policy`` continues: a rate that the policy would
        halve later is still halved then. During a warm-up it ends the warm-up. Snapshots contain it.
        """
        return self.set_rate.of(self.schedule.rate(self.updates_made))

    @lr.setter
    def lr(self, rate: float) -> None:
        wanted = checked_rate(rate)
        before = self.schedule.warmup_ended
        self.schedule.end_warmup(self.updates_made)
        try:
            self.set_rate.set(wanted, self.schedule.rate(self.updates_made))
        except ConfigError:
            self.schedule.warmup_ended = before
            raise

    def request(self, action: str) -> None:
        """Request ``stop`` or ``snapshot`` after the current iteration (safe in signal handlers)."""
        self._requests.add(action)

    @property
    def stop_requested(self) -> bool:
        """Whether a stop was requested and not yet cleared."""
        return "stop" in self._requests

    def finish(self) -> None:
        """End :meth:`step` and :meth:`solve` after the current iteration: what was to be learned has been learned.

        Called by a trainer in ``updated()``. Unlike a stop, the training counts as complete.
        """
        self._finished = True

    def clear_requests(self) -> None:
        """Discard pending requests."""
        self._requests.clear()

    @property
    def updates_made(self) -> int:
        """The updates since :attr:`began`: what learning-rate policies and rules such as Adam's count.

        A program that sets ``iter`` to less than ``began`` counts from 0.
        """
        return self.iter - self.began if self.iter >= self.began else self.iter

    def restart_updates(self) -> None:
        """Make the next update as a new solver would its first, from the weights of now.

        The history (moments and such) becomes zero; the learning rate begins its course again, warm-up included,
        without a rate that was set by :attr:`lr`; rules that count their updates count from here. ``iter``, tests,
        snapshots and the settings are as before: a policy that needs ``max_iter`` still has a course of that length.
        Call it between two updates, or in a trainer's ``prepare()``. Snapshots contain it.
        """
        for array in self.history:
            array[...] = 0
        self.began = self.iter
        self.schedule.restart()
        self.set_rate.load_state(None)

    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        epochs: int = 1,
        batch_size: int | None = None,
        validation: Any = None,
        callbacks: Any = (),
        shuffle: bool = True,
    ) -> History:
        """Train on arrays, ``epochs`` times over all rows, and return the solver's history (see :meth:`record`).

        The net gets its data from Input or MemoryData layers, all of whose blobs must be given: ``x`` is the array of
        the first input and ``y`` of the second, or either is a dict of blob names. The rows of an array have the shape
        of the blob's items, (rows, ...), axes of length 1 apart. Learning rate, tests and snapshots follow the
        settings; ``max_iter`` does not matter.

        - Rows are shuffled anew for each epoch, in an order that the seed and the iteration determine.
        - ``batch_size`` (default: the net's) rows make a batch; the last one of an epoch is smaller if rows are left.
          With ``iter_size``, the last update is filled up with the epoch's first batches.
        - ``validation``, (x, y) or a dict, is measured after each epoch by the net in phase TEST.
        - ``callbacks``: functions that get the figures of each epoch, or objects with ``after_epoch(figures)`` and
          ``after_update(row)``. One that returns True ends the training; so does ``request("stop")``.

        Figures of epochs are in ``history.epochs``, means over the rows. Ctrl-C finishes the update and raises
        KeyboardInterrupt; solver and history can be used afterwards. Raises ConfigError and ShapeError for arrays that
        do not fit, before anything changes, and DivergedError for a loss that is no number.
        """
        from .fitting import fit

        return fit(self, x, y, epochs, batch_size, validation, callbacks, shuffle)

    def record(self) -> History:
        """Return the table of this solver's updates, which begins with the first call and then grows with each update.

        Its memory is bounded: see :class:`~mycaffe_py.solver.History`.
        """
        if self.recorded is None:
            self.recorded = History()
            self.listeners.append(self.recorded.observe)
        return self.recorded

    @property
    def rate(self) -> float:
        """The former name of :attr:`last_lr`."""
        return self.last_lr

    @property
    def segments(self) -> list[ParamGroup]:
        """The former name of :attr:`param_groups`."""
        return self.param_groups

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
        return prefix / own.name if os.path.isdir(prefix) else prefix

    def restore(self, path: str | Path) -> None:
        """Continue from a ``.solverstate`` file: weights, iteration, history, and whatever else it contains."""
        from mycaffe_py.weights import restore

        restore(self, path)

    def _try_snapshots(self) -> None:
        """Raise PluginError or such if a snapshot by Caffe's rule is due that could not be written."""
        if self.snapshot_action is None and (
            self.param.snapshot_after_train or self.param.snapshot
        ):
            from mycaffe_py.weights import try_state

            try_state(self)

    def share_weights(self, net: Net) -> None:
        """Share this solver's weights with the layers of ``net`` that have the same names."""
        net.share_with(self.net)

    @shows_html
    def _repr_html_(self) -> str | None:
        history = self.recorded
        return None if history is None else html_line(repr(self)) + html_picture(history.svg())
