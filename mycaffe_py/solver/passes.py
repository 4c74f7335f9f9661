"""The passes of an update and their losses: known at once on a CPU, fetched at intervals from a GPU."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from weakref import proxy

from .diverging import not_finite
from .losses import LossWindow
from .recording import Recorder, recorder_of

_UNDECIDED = object()
CHECK_EVERY = 100
"""On a GPU, losses are fetched and checked at least every so many updates."""


class HostPasses:
    """Runs the passes of each update, and knows each loss as soon as its pass has ended."""

    def __init__(self, solver: Any):
        # A weak reference, so that a solver is freed at once.
        self.solver, self.net = proxy(solver), solver.net
        self.window = LossWindow(solver.param.average_loss)
        self.loss = self.pass_loss = math.nan
        """The loss of the latest update, and of its latest pass."""
        self._sum = 0.0

    def begin_update(self) -> None:
        """Begin an update."""
        self._sum = 0.0

    def run(self) -> None:
        """Run the net forward and backward."""
        self.pass_loss = loss = self.net.forward_backward()
        self._sum += loss

    def end_update(self) -> None:
        """Add the update's loss to the window; raise DivergedError or DataError if it is not finite."""
        self.loss = loss = self._sum / self.solver.param.iter_size
        self.window.add(loss)
        if not math.isfinite(loss):
            raise not_finite(self.solver, self.solver.iter, loss)

    @property
    def may_replay(self) -> bool:
        """Whether updates may be recorded and replayed: see :meth:`whole_update`."""
        return False

    def whole_update(self, update: Callable[[], None]) -> None:
        """Make an update of a single pass as one piece of recorded work; ``update`` is its last part."""
        raise TypeError("on the CPU nothing is recorded")

    def read(self) -> None:
        """Make ``loss``, ``pass_loss`` and ``window`` those of the latest pass."""


class DevicePasses(HostPasses):
    """Leaves the losses of the passes on the device until somebody asks for them, or for CHECK_EVERY updates.

    An update whose loss is not finite, or a layer whose inputs are wrong, is therefore noticed a little later; the
    error names the update.
    """

    def __init__(self, solver: Any):
        super().__init__(solver)
        self._rows: Any = None
        """The weighted losses of each pass, (passes, terms)."""
        self._done = self._start = self._read = 0
        """How many rows are filled, belong to updates that were read, and have been fetched."""
        self._recorder: Any = _UNDECIDED
        self._updates: list[tuple[int, int]] = []
        """The updates that were not read yet: iteration, and the row after their last."""

    @property
    def recorder(self) -> Recorder | None:
        """What replays passes and updates as CUDA graphs; None if they are not recorded. Decided at the first pass."""
        if self._recorder is _UNDECIDED:
            self._recorder = recorder_of(self.solver)
        found: Recorder | None = self._recorder
        return found

    def begin_update(self) -> None:
        """Begin an update; fetch the losses if there is no room for more."""
        if self._updates:
            self._done = self._updates[-1][1]  # without the passes of an update that failed
        else:
            self._done = self._start = self._read = 0
        passes = self.solver.param.iter_size
        if self._rows is not None and self._done + passes > len(self._rows):
            self.read()
            self._done = self._start = self._read = 0

    def run(self) -> None:
        """Run the net forward and backward, and keep its losses on the device."""
        recorder = self.recorder
        if recorder is None:
            self.pass_once()
        else:
            recorder.run("pass", self.pass_once)
        self.note_pass()

    def pass_once(self) -> None:
        """Run the net forward and backward, without waiting for it."""
        self.net.run_forward()
        self.net.backward_layers()

    def note_pass(self) -> None:
        """Keep the losses of the latest pass on the device."""
        losses = self.net.readings.losses
        if self._rows is None or self._done == len(self._rows):
            self._allocate(len(losses))
        row = self._rows[self._done]
        for index, loss in enumerate(losses):
            row[index] = loss
        self._done += 1

    def _allocate(self, terms: int) -> None:
        rows = self.solver.xp.zeros(
            (CHECK_EVERY * self.solver.param.iter_size + self._done, terms), dtype=self.net.dtype
        )
        if self._rows is not None:
            rows[: self._done] = self._rows
        self.net.readings.share("losses", rows)
        self._rows = rows

    def end_update(self) -> None:
        """Note that the passes so far belong to this update."""
        self._updates.append((self.solver.iter, self._done))

    @property
    def may_replay(self) -> bool:
        """Whether updates may be recorded and replayed: see :meth:`whole_update`."""
        return self.recorder is not None and not self.recorder.refused

    def whole_update(self, update: Callable[[], None]) -> None:
        """Make an update of a single pass as one piece of recorded work.

        ``update`` makes the update from the gradients. The losses are noted as by :meth:`run`.
        """

        def action() -> None:
            self.net.clear_param_diffs()
            self.pass_once()
            update()

        self.begin_update()
        recorder: Any = self.recorder
        recorder.run("update", action)
        self.note_pass()
        self.end_update()

    def read(self) -> None:
        """Fetch the losses since the last time; raise the error of the first update that went wrong."""
        if self._done > self._read:
            self._read = self._done
            rows = self.net.readings.shared("losses")[: self._done]
            self._sums = [sum(row.tolist()) for row in rows]
            self.pass_loss = self._sums[-1]
        updates, self._updates = self._updates, []
        for iteration, end in updates:
            self.loss = sum(self._sums[self._start : end]) / (end - self._start)
            self._start = end
            self.window.add(self.loss)
            if not math.isfinite(self.loss):
                raise not_finite(self.solver, iteration, self.loss)


def passes_of(solver: Any) -> HostPasses:
    """Return what runs the passes of a solver on its device."""
    return HostPasses(solver) if solver.net.device.is_host else DevicePasses(solver)
