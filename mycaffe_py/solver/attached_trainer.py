"""The interface between a solver and the trainer attached to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mycaffe_py.net.net import Net


class AttachedTrainer(Protocol):
    """The part of :class:`mycaffe_py.trainer.Trainer` that a solver calls."""

    def prepare(self) -> None:
        """Fill the train net's inputs for the next forward pass."""

    def collect(self) -> None:
        """Collect the results of the pass that just ended."""

    def updated(self) -> None:
        """Look at the weights after an update."""

    def metrics(self) -> dict[str, float]:
        """Return the trainer's own metrics after an update, by name."""

    def sample(self) -> dict[str, Any]:
        """Return the values of the last update for a live view."""

    def test(self, net: Net, iterations: int) -> dict[str, float]:
        """Run ``net`` without changing its weights and return the mean metrics by name."""

    def state(self) -> dict[str, Any]:
        """Return everything that changes while training, besides net and solver."""

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned."""
