"""RNN.SUPER_SIMPLE: one forward pass, one backward pass and one update for each new point of a gym."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.trainer import GymTrainer


class TrainerRNNSimple(GymTrainer):
    """Trains a net to follow a gym, one point at a time.

    Each update: ask the gym for the next point; fill x, tt and mask with the latest points and target with
    that of the last one; forward; backward; one solver step; return the prediction, made before the update, to
    the gym. A batch of N uses N gyms with different seeds.

    Metrics: rolling ``accuracy`` (share of predictions closer to the target than ``accuracy_tolerance``),
    ``mean_abs_error``, and both for the baseline that repeats the last target; ``abs_error`` of this update.
    """

    type = "RNN.SUPER_SIMPLE"
    aliases = ("RNN.SUPER.SIMPLE", "TrainerRNNSimple")
    parameters = ("rnn_simple_param",)

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError unless the window is at least one update and the tolerance is above 0."""
        settings = param.rnn_simple_param
        if settings.accuracy_window < 1:
            raise ConfigError(
                "rnn_simple_param.accuracy_window must be at least 1, got 0",
                field="rnn_simple_param.accuracy_window",
            )
        if not 0 < settings.accuracy_tolerance < float("inf"):
            raise ConfigError(
                "rnn_simple_param.accuracy_tolerance must be a number above 0, got "
                f"{settings.accuracy_tolerance:g}",
                field="rnn_simple_param.accuracy_tolerance",
            )

    @property
    def accuracy_window(self) -> int:
        """The setting of this name."""
        return int(self.param.rnn_simple_param.accuracy_window)

    @property
    def accuracy_tolerance(self) -> float:
        """The setting of this name."""
        return float(self.param.rnn_simple_param.accuracy_tolerance)
