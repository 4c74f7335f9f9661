"""What a solver asks of the trainer that is attached to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mycaffe_py.net.net import Net


class AttachedTrainer(Protocol):
    """The part of :class:`mycaffe_py.trainer.Trainer` that a solver calls."""

    def prepare(self) -> None:
        """Fill the train net's inputs for the next forward pass."""

    def collect(self) -> None:
        """Take what the pass that just ended produced."""

    def metrics(self) -> dict[str, float]:
        """Return the trainer's own figures after an update, by name."""

    def sample(self) -> dict[str, float]:
        """Return what a live view draws of the last update."""

    def test(self, net: Net, iterations: int) -> dict[str, float]:
        """Run ``net`` with its weights as they are and return the mean figures by name."""

    def state(self) -> dict[str, Any]:
        """Return all that changes while training, beside net and solver."""

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`state` returned."""

    def close(self) -> None:
        """Release what the trainer holds open."""
