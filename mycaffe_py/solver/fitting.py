"""Training on a program's own arrays: epochs over a feed, with the solver's own loop."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.events.events import Event, StepDone
from mycaffe_py.net.feeding import (
    ArrayFeed,
    Arrays,
    named_arrays,
    refuse_shuffled_steps,
    sources_of,
)
from mycaffe_py.net.net import Net
from mycaffe_py.net.predicting import mean_over_rows
from mycaffe_py.net.row_means import RowMeans
from mycaffe_py.seeding import named_generator

from .averaging import mean_outputs
from .callbacks import Callback, call_all, calls_of, finishing_updates
from .history import History


class FedFromArrays:
    """What feeds the solver while it fits: one batch for each forward pass."""

    type = "arrays"

    def __init__(self, solver: Any, feed: ArrayFeed):
        self._solver, self._feed = solver, feed
        self._batches: Sequence[np.ndarray] = ()
        self._passes = self._done = 0
        self._means = RowMeans(solver.net)

    def begin(self, batches: Sequence[np.ndarray], passes: int) -> None:
        """Start an epoch of these batches; if there are more passes, the first batches come again."""
        self._batches, self._passes, self._done = batches, passes, 0
        self._means = RowMeans(self._solver.net)

    def prepare(self) -> None:
        """Give the net its next batch."""
        if self._done == self._passes:
            raise ConfigError(
                "fit() makes the updates of its epochs itself: step() and solve() cannot be called in a callback"
            )
        self._feed.fill(self._batches[self._done % len(self._batches)])
        self._done += 1

    def collect(self) -> None:
        """Add up what the pass gave; batches that come again in the epoch count once."""
        if self._done <= len(self._batches):
            self._means.add(self._solver.pass_loss, len(self._batches[self._done - 1]))

    def updated(self) -> None:
        """Do nothing more after an update."""

    def collects_outputs_only(self) -> bool:
        """Return True: loss and outputs."""
        return True

    def means(self) -> dict[str, float]:
        """Return the means over the epoch's rows so far."""
        return self._means.means()

    def metrics(self) -> dict[str, float]:
        """Return no metrics beyond the net's outputs."""
        return {}

    def sample(self) -> dict[str, Any]:
        """Return nothing for a live view."""
        return {}

    def test(self, net: Net, iterations: int) -> dict[str, float]:
        """Test as a solver without a trainer does: test nets have their own data."""
        solver = self._solver
        return mean_outputs(
            net,
            iterations,
            lambda: solver.stop_requested,
            solver.param.test_compute_loss,
            settings=solver.param,
        )

    def state(self) -> dict[str, Any]:
        """Return nothing: the order of the rows follows from the seed and the iteration."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Do nothing."""


def fit(
    solver: Any,
    x: Arrays,
    y: Arrays,
    epochs: int,
    batch_size: int | None,
    validation: Any,
    callbacks: Sequence[Callback],
    shuffle: bool,
) -> History:
    """Train on arrays: see :meth:`mycaffe_py.Solver.fit`."""
    if solver.trainer is not None:
        raise ConfigError(
            f"fit() gives the net its data, but trainer {solver.trainer.type} does so already",
            hint="call step(), or leave the trainer out of the solver's settings",
        )
    if isinstance(epochs, bool) or not isinstance(epochs, int | np.integer) or epochs < 0:
        raise ConfigError(f"epochs must be a whole number, at least 0, not {epochs!r:.40}")
    calls = calls_of(callbacks)
    arrays = _complete(solver.net, x, y)
    if shuffle:
        refuse_shuffled_steps(solver.net, arrays)
    feed = ArrayFeed(solver.net, arrays, batch_size)
    held_out = None if validation is None else _validation_feed(solver.net, validation, batch_size)
    history: History = solver.record()
    fed = FedFromArrays(solver, feed)

    def listen(event: Event) -> None:
        if isinstance(event, StepDone):
            call_all(solver, calls["after_update"], history.last)

    solver.clear_requests()
    solver.trainer = fed
    solver.listeners.append(listen)
    try:
        with finishing_updates(solver) as interrupted:
            for _ in range(epochs):
                _run_epoch(solver, fed, feed, shuffle)
                if solver.stop_requested:
                    break
                history.epochs.append(_figures(solver, fed, held_out, len(history.epochs) + 1))
                call_all(solver, calls["after_epoch"], history.epochs[-1])
                if solver.stop_requested:
                    break
    finally:
        solver.trainer = None
        solver.listeners.remove(listen)
        solver.clear_requests()
        feed.close()
        if held_out is not None:
            held_out.close()
    if interrupted:
        raise KeyboardInterrupt
    return history


def _run_epoch(solver: Any, fed: FedFromArrays, feed: ArrayFeed, shuffle: bool) -> None:
    """Run one epoch; with ``iter_size``, the last update is filled up with the epoch's first batches."""
    order = np.arange(feed.rows)
    if shuffle:
        named_generator(solver.net.device.seed, "fit", solver.iter).shuffle(order)
    batches = feed.batches(order)
    passes = solver.param.iter_size
    updates = math.ceil(len(batches) / passes)
    fed.begin(batches, updates * passes)
    solver.step(updates)


def _figures(
    solver: Any, fed: FedFromArrays, held_out: ArrayFeed | None, epoch: int
) -> dict[str, float]:
    found: dict[str, float] = {"epoch": epoch, "iteration": solver.iter} | fed.means()
    if held_out is not None:
        with solver.flushing():
            measured = mean_over_rows(held_out.net, held_out)
        found |= {f"validation {name}": value for name, value in measured.items()}
    return found


def _complete(net: Any, x: Arrays, y: Arrays) -> dict[str, np.ndarray]:
    arrays = named_arrays(net, x, y)
    missing = [name for name in sources_of(net) if name not in arrays]
    if missing:
        raise ConfigError(
            f'no array is given for input "{missing[0]}" of net "{net.name}"',
            hint=f"its inputs: {', '.join(sources_of(net))}; give a dict, or x and y",
        )
    return arrays


def _validation_feed(net: Net, validation: Any, batch_size: int | None) -> ArrayFeed:
    pair = (validation, None) if isinstance(validation, Mapping) else validation
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise ConfigError("validation takes (x, y), or a dict of input blobs")
    test_net = net.test_net()
    return ArrayFeed(test_net, _complete(test_net, *pair), batch_size)
