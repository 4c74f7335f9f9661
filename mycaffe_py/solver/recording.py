"""Recorded updates: passes and updates of a solver on a GPU, replayed as a CUDA graph where the net allows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mycaffe_py.blob.host_blob import refresh_views, send_writes, views_in_use
from mycaffe_py.cuda import KernelUnavailable, kernels_wanted, products_of
from mycaffe_py.device.graphs import GraphStream
from mycaffe_py.events.events import Log

WARM_UP = 3
"""Updates that run as usual before one is recorded: kernels are compiled and buffers allocated then."""


@dataclass
class _Recorded:
    """A graph, with what must be as it was when it was recorded."""

    graph: Any
    losses: list[Any]
    arrays: list[Any]
    """Held so that their memory stays what the graph takes it for."""


class Recorder:
    """Decides whether a solver's work is recorded, records it and replays it.

    Everything else, the caller's plain path, runs ``action`` itself. What was recorded is dropped when a blob changes
    its shape or memory, and is recorded anew after another warm-up.
    """

    def __init__(self, solver: Any):
        self._solver, self._net = solver, solver.net
        self._stream = GraphStream(self._net.device.xp)
        self._products: Any = products_of(self._net.device)
        self._key: Any = None
        self._found: dict[str, _Recorded] = {}
        self._warm = 0
        self.refused = ""
        """Why nothing is recorded any more."""

    def run(self, name: str, action: Callable[[], None]) -> None:
        """Do ``action``, which runs the net once: replay it if it was recorded, record it if it is time to."""
        if self.refused or self._is_observed():
            action()
            return
        self._drop_if_changed()
        with self._stream.use():
            if name in self._found:
                self._replay(self._found[name])
            elif self._warm < WARM_UP or views_in_use() or not self._is_ready():
                self._warm_up(action)
            elif self._record(name, action):
                self._replay(self._found[name])
            else:
                action()

    def _is_observed(self) -> bool:
        net = self._net
        return bool(net.debug_info or net.has_callbacks)

    def _is_ready(self) -> bool:
        return all(layer.ready_to_record() for layer in self._net.device_layers)

    def _drop_if_changed(self) -> None:
        key = (self._net.memory_key(), _settings_of(self._solver))
        if key != self._key:
            self._key, self._warm = key, 0
            self._found.clear()

    def _warm_up(self, action: Callable[[], None]) -> None:
        """Run as it will be recorded: with the same kernels and the same memory."""
        own = self._net.device.own
        own.products = self._products
        try:
            with self._stream.preparing():
                action()
        finally:
            own.products = None
        if self._is_ready():
            self._warm += 1

    def _record(self, name: str, action: Callable[[], None]) -> bool:
        """Record an action, computing nothing; return whether that worked."""
        net, own = self._net, self._net.device.own
        own.products = self._products
        try:
            graph = self._stream.record(action)
        except Exception as error:  # of CuPy, of the driver: there are many kinds
            self._refuse(f"{type(error).__name__}: {error}")
            return False
        finally:
            own.products = None
        self._drop_if_changed()  # buffers that were allocated only now
        self._found[name] = _Recorded(graph, net.readings.losses, net.arrays_in_use())
        self._say(f"Updates are replayed as a CUDA graph from iteration {self._solver.iter} on.")
        return True

    def _replay(self, recorded: _Recorded) -> None:
        net = self._net
        send_writes()
        net.readings.begin_pass()
        net.readings.losses = recorded.losses
        self._stream.launch(recorded.graph)
        refresh_views()

    def _refuse(self, why: str) -> None:
        self.refused = why
        self._found.clear()
        self._say(f"Updates are not replayed as a CUDA graph: {why}")

    def _say(self, text: str) -> None:
        self._solver.emit(Log(text))


def why_not_recorded(solver: Any) -> str:
    """Return why a solver's work cannot be recorded, whatever happens; "" if it can."""
    for layer in solver.net.device_layers:
        why = layer.why_not_recorded()
        if why:
            return f'layer "{layer.name}" ({layer.type}) {why}'
    return ""


def recorder_of(solver: Any) -> Recorder | None:
    """Return what records a solver's work on a GPU, or None where nothing is to be recorded."""
    if not kernels_wanted(solver.net.device):
        return None
    why = why_not_recorded(solver)
    if not why:
        try:
            return Recorder(solver)
        except KernelUnavailable as error:
            why = str(error)
    solver.emit(Log(f"Updates are not replayed as a CUDA graph: {why}"))
    return None


def _settings_of(solver: Any) -> tuple[Any, ...]:
    """Return the settings on which the work of an update depends, and not only its numbers."""
    return solver.param.regularization_type, solver.settings.clip_gradients > 0


def update_at_once(solver: Any) -> bool:
    """Make an update as one piece of recorded work, if nothing has to come in between; return whether it was made."""
    kernel, trainer = solver.update_kernel, solver.trainer
    if kernel is None or solver.callbacks or solver.param.iter_size > 1:
        return False
    if trainer is not None and not getattr(trainer, "collects_outputs_only", bool)():
        return False
    if not solver.passes.may_replay:
        return False
    if trainer is not None:
        trainer.prepare()
    solver.last_lr = solver.set_rate.of(solver.schedule.take(solver.updates_made))
    kernel.prepare(solver.last_lr)
    solver.passes.whole_update(kernel.launch)
    if trainer is not None:
        trainer.collect()
    return True
